//! Which servers are accepted.

use nats::Link;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A server that says who it is, answers pings, and has nobody behind any request, JetStream included.
async fn server(version: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, version));
        }
    });
    address
}

async fn serve(mut stream: TcpStream, version: &str) {
    let info = format!(
        "INFO {{\"server_id\":\"old\",\"version\":\"{version}\",\"headers\":true,\"proto\":1,\"max_payload\":1048576}}\r\n"
    );
    stream.write_all(info.as_bytes()).await.unwrap();
    let (mut heard, mut buffer, mut subscription) = (String::new(), [0; 4_096], String::new());
    while let Ok(length @ 1..) = stream.read(&mut buffer).await {
        heard.push_str(&String::from_utf8_lossy(&buffer[..length]));
        while let Some((line, rest)) = heard.split_once("\r\n") {
            let answer = match line.split_whitespace().collect::<Vec<_>>().as_slice() {
                ["PING"] => "PONG\r\n".to_owned(),
                ["SUB", _, id] => {
                    subscription = (*id).to_owned();
                    String::new()
                }
                // Nobody listens there: an empty message with status 503, as a real server sends it.
                ["PUB", _, inbox, _] => format!("HMSG {inbox} {subscription} 16 16\r\nNATS/1.0 503\r\n\r\n\r\n"),
                _ => String::new(),
            };
            heard = rest.to_owned();
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_server_that_is_too_old_is_named() {
    let address = server("2.9.10").await;
    let refused = Link::open(&format!("nats://engine:secret@{address}"), "test").await.unwrap_err();
    assert_eq!(refused.to_string(), format!("nats-server 2.9.10 at {address} is older than 2.10"));
}

#[tokio::test]
async fn a_server_without_jetstream_is_named() {
    let address = server("2.15.1").await;
    let refused = Link::open(&format!("nats://{address}"), "test").await.unwrap_err();
    let expected = format!("nats-server at {address} does not offer jetstream to this user: ");
    assert!(refused.to_string().starts_with(&expected), "{refused}");
}

#[tokio::test]
async fn an_address_that_is_none_is_refused() {
    assert!(Link::open("http://127.0.0.1:4222", "test").await.is_err());
}
