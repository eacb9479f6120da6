//! A node's answers, altered on their way: a small HTTP server between a client and a node.

use super::free_address;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// How it lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lie {
    /// It does not.
    None,
    /// A receipt lacks its logs.
    DroppedLogs,
    /// A log carries other data.
    AlteredLogs,
    /// The receipts are those of another block.
    OtherReceipts,
    /// A header's time is another one.
    AlteredHeader,
    /// A block is null.
    NullBlock,
    /// The chain is another one.
    OtherChain,
    /// Too many requests.
    Busy,
    /// The answer is cut off.
    HalfABody,
}

/// The server; it ends with the process.
pub struct Liar {
    pub address: SocketAddr,
    lie: Arc<Mutex<Lie>>,
}

impl Liar {
    /// Between a client and the node.
    pub fn before(node: SocketAddr) -> Self {
        let address = free_address();
        let listener = TcpListener::bind(address).unwrap();
        let lie = Arc::new(Mutex::new(Lie::None));
        let told = lie.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let told = told.clone();
                std::thread::spawn(move || serve(client, node, &told));
            }
        });
        Self { address, lie }
    }

    pub fn tell(&self, lie: Lie) {
        *self.lie.lock().unwrap() = lie;
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

fn serve(mut client: TcpStream, node: SocketAddr, lie: &Mutex<Lie>) -> Option<()> {
    let mut reader = BufReader::new(client.try_clone().ok()?);
    loop {
        let question = body(&mut reader)?;
        let lie = *lie.lock().unwrap();
        if lie == Lie::Busy {
            client.write_all(b"HTTP/1.1 429 Too Many Requests\r\ncontent-length: 0\r\n\r\n").ok()?;
            continue;
        }
        let mut answer: Value = serde_json::from_slice(&forward(node, &question)?).ok()?;
        let question: Value = serde_json::from_slice(&question).ok()?;
        alter(lie, &question, &mut answer, node);
        let text = serde_json::to_vec(&answer).ok()?;
        let head =
            format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", text.len());
        client.write_all(head.as_bytes()).ok()?;
        if lie == Lie::HalfABody && question["method"] == "eth_getBlockReceipts" {
            client.write_all(&text[..text.len() / 2]).ok()?;
            return None;
        }
        client.write_all(&text).ok()?;
    }
}

fn alter(lie: Lie, question: &Value, answer: &mut Value, node: SocketAddr) {
    let method = question["method"].as_str().unwrap_or_default();
    let result = &mut answer["result"];
    match (lie, method) {
        (Lie::OtherChain, "eth_chainId") => *result = json!("0x1"),
        (Lie::NullBlock, "eth_getBlockByNumber") if question["params"][0] != "latest" => *result = Value::Null,
        (Lie::AlteredHeader, "eth_getBlockByNumber") if result["number"] != "0x0" => {
            result["timestamp"] = json!("0x77777777")
        }
        (Lie::DroppedLogs, "eth_getBlockReceipts") => {
            result.as_array_mut().into_iter().flatten().for_each(|receipt| receipt["logs"] = json!([]));
        }
        (Lie::AlteredLogs, "eth_getBlockReceipts") => {
            for receipt in result.as_array_mut().into_iter().flatten() {
                for log in receipt["logs"].as_array_mut().into_iter().flatten() {
                    log["data"] = json!(format!("0x{}", "77".repeat(32)));
                }
            }
        }
        (Lie::OtherReceipts, "eth_getBlockReceipts") => {
            let other = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": ["0x1"] });
            let found = forward(node, &serde_json::to_vec(&other).unwrap()).unwrap();
            let found: Value = serde_json::from_slice(&found).unwrap();
            *result = found["result"].clone();
        }
        _ => {}
    }
}

fn forward(node: SocketAddr, question: &[u8]) -> Option<Vec<u8>> {
    let mut stream = TcpStream::connect(node).ok()?;
    let head = format!(
        "POST / HTTP/1.1\r\nhost: {node}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        question.len()
    );
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(question).ok()?;
    body(&mut BufReader::new(stream))
}

/// The body of a message with a length.
fn body(reader: &mut impl BufRead) -> Option<Vec<u8>> {
    let mut length = None;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse::<usize>().ok();
        }
        if line.is_empty() {
            break;
        }
    }
    let mut bytes = vec![0; length?];
    reader.read_exact(&mut bytes).ok()?;
    Some(bytes)
}
