//! A real Kafka broker of one node.

use super::{Server, free_address};
use ingest::kafka::Broker;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// The broker; it ends when this is dropped.
pub struct Kafka {
    server: Option<Server>,
    folder: TempDir,
    address: SocketAddr,
    controller: SocketAddr,
    properties: Vec<String>,
}

impl Kafka {
    /// Starts it, or says that it is not installed.
    pub fn start() -> Option<Self> {
        Self::start_with(|_, _| Vec::new())
    }

    /// Starts it with more properties, which may name its folder and its address.
    pub fn start_with(properties: impl Fn(&Path, [SocketAddr; 2]) -> Vec<String>) -> Option<Self> {
        if !Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/kafka/done").exists() {
            println!("skipped: target/tools/kafka is missing; `make install-tests` makes it");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let (address, controller) = (free_address(), free_address());
        let properties = properties(folder.path(), [address, controller]);
        let mut kafka = Self { server: None, folder, address, controller, properties };
        kafka.restart();
        Some(kafka)
    }

    /// Starts it again, on the log that it left.
    pub fn restart(&mut self) {
        self.kill();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/servers/kafka.sh");
        let mut command = Command::new(script);
        command.arg(self.folder.path());
        command.args([self.address.port().to_string(), self.controller.port().to_string()]).args(&self.properties);
        let log = self.folder.path().join("kafka.log");
        let started = std::panic::catch_unwind(AssertUnwindSafe(|| Server::start(&mut command, self.address)));
        self.server = Some(started.unwrap_or_else(|_| panic!("{}", std::fs::read_to_string(log).unwrap_or_default())));
    }

    /// Kills it (-9), in whatever it does.
    pub fn kill(&mut self) {
        self.server = None;
    }

    /// What the settings' [kafka] needs.
    pub fn settings(&self) -> String {
        format!("\n[kafka]\n\"bootstrap.servers\" = \"{}\"\n", self.address)
    }

    /// Where it keeps its files.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The broker as its clients see it.
    pub fn broker(&self) -> Broker {
        Broker { options: [("bootstrap.servers".to_owned(), self.address.to_string())].into() }
    }
}
