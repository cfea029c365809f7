//! An HTTP client that costs next to nothing: one connection that is kept, one request at a time, nothing parsed but the
//! status and the length. What it leaves out would be measured as if the server had done it.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::measure::Fault;

/// Largest head that is understood.
const HEAD_BYTES_MAX: usize = 16 * 1024;

/// One kept connection.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    /// Connects.
    pub async fn open(address: SocketAddr) -> Result<Self, Fault> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(4 * 1024) })
    }

    /// Sends a request and waits for the whole answer; gives its body. Anything but a 2xx is a fault.
    pub async fn call(&mut self, request: &[u8]) -> Result<&[u8], Fault> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let body = loop {
            self.read_more().await?;
            if let Some(end) = find(&self.buffer, b"\r\n\r\n") {
                break end + 4;
            }
            if self.buffer.len() > HEAD_BYTES_MAX {
                return Err("the answer has no end of its head".into());
            }
        };
        let head = String::from_utf8_lossy(self.buffer.get(..body).unwrap_or_default()).into_owned();
        let end = body + content_length(&head).ok_or("the answer has no Content-Length")?;
        while self.buffer.len() < end {
            self.read_more().await?;
        }
        let content = self.buffer.get(body..end).unwrap_or_default();
        if !head.starts_with("HTTP/1.1 2") {
            return Err(
                format!("{}: {}", head.lines().next().unwrap_or_default(), String::from_utf8_lossy(content)).into()
            );
        }
        Ok(content)
    }

    async fn read_more(&mut self) -> Result<(), Fault> {
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err("the server closed the connection".into()),
            _ => Ok(()),
        }
    }
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}

fn content_length(head: &str) -> Option<usize> {
    let line = |line: &str| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    };
    head.lines().find_map(line)
}

/// A request to read.
pub fn get(path: &str, key: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {key}\r\n\r\n").into_bytes()
}

/// A command under a name.
pub fn post(path: &str, key: &str, command_id: &str, body: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {key}\r\nIdempotency-Key: {command_id}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}
