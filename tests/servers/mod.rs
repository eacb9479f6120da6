//! Real servers on free loopback ports in temporary folders, stopped by process id when dropped.
#![allow(dead_code, unreachable_pub, reason = "each file of tests uses a part of it")]

pub mod anvil;
pub mod desk;
pub mod http;
pub mod kafka;
pub mod liar;
pub mod s3_faults;

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A program that `make install-tests` put into `target/tools`, or `None` (said aloud) where it is not installed.
pub fn tool(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools").join(name);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {} is missing; `make install-tests` makes it", path.display());
    None
}

/// A process that ends when this is dropped.
pub struct Server {
    process: Child,
    pub address: SocketAddr,
}

impl Server {
    /// Starts the command and waits until it accepts connections at the address.
    pub fn start(command: &mut Command, address: SocketAddr) -> Self {
        let process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let mut server = Self { process, address };
        let began = Instant::now();
        while TcpStream::connect(address).is_err() {
            if let Some(status) = server.process.try_wait().unwrap() {
                panic!("{command:?} ended by itself: {status}");
            }
            assert!(began.elapsed() < Duration::from_secs(30), "{command:?} does not listen at {address}");
            std::thread::sleep(Duration::from_millis(20));
        }
        server
    }
}

impl Server {
    /// Kills it (-9).
    pub fn kill(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A loopback address that was free a moment ago, and that no other test of this process got. It lies below the ports
/// that systems give to outgoing connections, so that a server that starts again finds its port free.
pub fn free_address() -> SocketAddr {
    static NEXT: Mutex<u16> = Mutex::new(0);
    let mut next = NEXT.lock().unwrap();
    if *next == 0 {
        *next = 10_000 + u16::try_from(std::process::id() % 20_000).unwrap();
    }
    loop {
        *next += 1;
        if let Ok(listener) = TcpListener::bind((Ipv4Addr::LOCALHOST, *next)) {
            return listener.local_addr().unwrap();
        }
    }
}

/// An S3 gateway with one bucket, `books`.
pub struct S3 {
    pub server: Server,
    folder: TempDir,
}

/// The gateway's key, as id and secret.
pub const S3_KEY: (&str, &str) = ("books", "books-secret");

impl S3 {
    /// Starts it, or says that it is not installed.
    pub fn start() -> Option<Self> {
        tool("versitygw")?;
        let (folder, address) = (tempfile::tempdir().unwrap(), free_address());
        std::fs::create_dir_all(folder.path().join("root/books")).unwrap();
        std::fs::create_dir_all(folder.path().join("side")).unwrap();
        Some(Self { server: Self::serve(folder.path(), address), folder })
    }

    fn serve(folder: &Path, address: SocketAddr) -> Server {
        let mut command = Command::new(tool("versitygw").unwrap());
        command.env("ROOT_ACCESS_KEY", S3_KEY.0).env("ROOT_SECRET_KEY", S3_KEY.1);
        command.args(["--port", &address.to_string(), "posix", "--sidecar"]);
        command.args([folder.join("side"), folder.join("root")]);
        Server::start(&mut command, address)
    }

    /// Kills it (-9), in whatever it does, and starts it again after a while.
    pub fn restart(&mut self, after: Duration) {
        self.server.kill();
        std::thread::sleep(after);
        self.server = Self::serve(self.folder.path(), self.server.address);
    }

    /// The options that `[store]` needs, without the secret.
    pub fn options(&self) -> [(&'static str, String); 4] {
        [
            ("aws_endpoint", format!("http://{}", self.server.address)),
            ("aws_allow_http", "true".into()),
            ("aws_region", "us-east-1".into()),
            ("aws_access_key_id", S3_KEY.0.into()),
        ]
    }
}
