//! One HTTP request, as plain as it gets.

use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// What was answered.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&self.body)))
    }

    /// The code of a problem.
    pub fn code(&self) -> String {
        assert!(self.head.contains("application/problem+json"), "{}", self.head);
        self.json()["code"].as_str().unwrap().to_owned()
    }
}

/// A connection that is kept.
pub struct Connection(BufReader<TcpStream>, SocketAddr);

impl Connection {
    pub fn open(address: SocketAddr) -> Option<Self> {
        let stream = TcpStream::connect(address).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(90))).ok()?;
        stream.set_nodelay(true).ok()?;
        Some(Self(BufReader::new(stream), address))
    }

    /// Asks; `None` when nobody answers in full.
    pub fn ask(&mut self, method: &str, path: &str, kind: &str, body: &[u8]) -> Option<Answer> {
        let (address, length) = (self.1, body.len());
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {address}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n"
        );
        self.0.get_mut().write_all(head.as_bytes()).ok()?;
        // Who is refused may be told before all was sent.
        let _ = self.0.get_mut().write_all(body);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            (self.0.read_line(&mut head).ok()? > 0).then_some(())?;
        }
        let status = head.split(' ').nth(1)?.parse().ok()?;
        let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        self.0.read_exact(&mut body).ok()?;
        Some(Answer { status, head, body })
    }
}

/// Asks on a connection of its own; `None` when nobody answers in full.
pub fn ask(address: SocketAddr, method: &str, path: &str, kind: &str, body: &[u8]) -> Option<Answer> {
    Connection::open(address)?.ask(method, path, kind, body)
}

pub fn get(address: SocketAddr, path: &str) -> Option<Answer> {
    ask(address, "GET", path, "text/plain", b"")
}
