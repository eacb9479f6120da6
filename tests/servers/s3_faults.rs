//! An S3 gateway that fails: a small HTTP server between a client and the real one.

use super::free_address;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// How it fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It does not.
    None,
    /// Every fifth answer is a 503, every seventh a 429, every eleventh a 500, every thirteenth no answer.
    Flaky,
    /// A conditional write is said to have succeeded, whoever was there before.
    IgnoresConditions,
    /// The first reply to each commit is lost after the commit landed.
    LosesReplies,
}

/// The server; it ends with the process.
pub struct FailingS3 {
    pub address: SocketAddr,
    fault: Arc<Mutex<Fault>>,
    /// Replies that were lost, or answers that were errors.
    pub failures: Arc<AtomicU64>,
}

impl FailingS3 {
    pub fn before(real: SocketAddr) -> Self {
        let address = free_address();
        let listener = TcpListener::bind(address).unwrap();
        let this = Self { address, fault: Arc::new(Mutex::new(Fault::None)), failures: Arc::new(AtomicU64::new(0)) };
        let (fault, failures, asked) = (this.fault.clone(), this.failures.clone(), Arc::new(AtomicU64::new(0)));
        let lost = Arc::new(Mutex::new(Vec::new()));
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let fault = *fault.lock().unwrap();
                let count = asked.fetch_add(1, Ordering::Relaxed) + 1;
                let (failures, lost) = (failures.clone(), lost.clone());
                std::thread::spawn(move || serve(client, real, fault, count, &failures, &lost));
            }
        });
        this
    }

    pub fn fail(&self, fault: Fault) {
        *self.fault.lock().unwrap() = fault;
    }
}

fn serve(
    mut client: TcpStream,
    real: SocketAddr,
    fault: Fault,
    count: u64,
    failures: &AtomicU64,
    lost: &Mutex<Vec<String>>,
) -> Option<()> {
    let (head, body) = message(&mut BufReader::new(client.try_clone().ok()?))?;
    let line = head.lines().next()?.to_owned();
    let fails = |status: &str, client: &mut TcpStream| {
        failures.fetch_add(1, Ordering::Relaxed);
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        client.write_all(answer.as_bytes()).ok()
    };
    if fault == Fault::Flaky {
        match count {
            _ if count.is_multiple_of(5) => return fails("503 Slow Down", &mut client),
            _ if count.is_multiple_of(7) => return fails("429 Too Many Requests", &mut client),
            _ if count.is_multiple_of(11) => return fails("500 Internal Server Error", &mut client),
            _ if count.is_multiple_of(13) => {
                failures.fetch_add(1, Ordering::Relaxed);
                return None;
            }
            _ => {}
        }
    }
    let mut answer = forward(real, &head, &body)?;
    let conditional = head.to_ascii_lowercase().contains("if-none-match: *");
    if fault == Fault::IgnoresConditions && conditional && !answer.starts_with(b"HTTP/1.1 200") {
        failures.fetch_add(1, Ordering::Relaxed);
        answer = b"HTTP/1.1 200 OK\r\netag: \"0\"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_vec();
    }
    if fault == Fault::LosesReplies && conditional && line.contains("_delta_log") {
        let mut lost = lost.lock().unwrap();
        if !lost.contains(&line) {
            lost.push(line);
            failures.fetch_add(1, Ordering::Relaxed);
            return None;
        }
    }
    client.write_all(&answer).ok()?;
    client.shutdown(Shutdown::Both).ok()
}

/// The answer, whole; its connection ends with it.
fn forward(real: SocketAddr, head: &str, body: &[u8]) -> Option<Vec<u8>> {
    let mut server = TcpStream::connect(real).ok()?;
    let head: String = head.lines().filter(|line| !line.to_ascii_lowercase().starts_with("connection:")).fold(
        String::new(),
        |mut all, line| {
            all.push_str(line);
            all.push_str("\r\n");
            all
        },
    );
    server.write_all(format!("{head}connection: close\r\n\r\n").as_bytes()).ok()?;
    server.write_all(body).ok()?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).ok()?;
    Some(answer)
}

/// Head and body of a request with a length.
fn message(reader: &mut impl BufRead) -> Option<(String, Vec<u8>)> {
    let (mut head, mut length) = (String::new(), 0_usize);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line.trim_end().is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        head.push_str(line.trim_end());
        head.push('\n');
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((head, body))
}
