//! Callers that go away: half a head, half a body, or a whole request and no ear for the answer.

use std::io;

use futures::StreamExt;
use futures::stream;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::load::Sent;
use crate::client::Client;

/// Sockets that are open at the same time.
const SOCKETS_MAX: usize = 500;

/// When a caller goes away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaves {
    /// In the middle of the headers.
    InTheHead,
    /// In the middle of the body.
    InTheBody,
    /// As soon as all was sent.
    Unheard,
    /// With the first byte of the answer.
    AtTheFirstByte,
}

const KINDS: [Leaves; 4] = [Leaves::InTheHead, Leaves::InTheBody, Leaves::Unheard, Leaves::AtTheFirstByte];

/// Sends so many messages of ana's and leaves each half way. Gives back what was sent as a whole: it may have been
/// applied.
pub async fn storm(client: &Client, callers: usize) -> Vec<Sent> {
    let address = client.base().trim_start_matches("http://");
    let caller = |index: usize| async move {
        let leaves = KINDS[index % KINDS.len()];
        let command = Sent::message(format!("storm-{index}"));
        // A server may refuse or cut off whoever it likes; what counts is what is left afterwards.
        let _ = call(address, client.key(), &command, leaves).await;
        matches!(leaves, Leaves::Unheard | Leaves::AtTheFirstByte).then_some(command)
    };
    stream::iter(0..callers).map(caller).buffer_unordered(SOCKETS_MAX).filter_map(std::future::ready).collect().await
}

async fn call(address: &str, key: &str, command: &Sent, leaves: Leaves) -> io::Result<()> {
    let body = command.body.to_string();
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {key}\r\nIdempotency-Key: {}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        command.path,
        command.key,
        body.len()
    );
    let request = [head.as_bytes(), body.as_bytes()].concat();
    let sent = match leaves {
        Leaves::InTheHead => head.len() / 2,
        Leaves::InTheBody => head.len() + body.len() / 2,
        Leaves::Unheard | Leaves::AtTheFirstByte => request.len(),
    };
    let mut socket = TcpStream::connect(address).await?;
    socket.write_all(&request[..sent]).await?;
    if leaves == Leaves::AtTheFirstByte {
        socket.read_u8().await?;
    }
    Ok(())
}
