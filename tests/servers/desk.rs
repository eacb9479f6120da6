//! A settled demo beside a node that knows the same story, and the commands between them.

use super::anvil::Anvil;
use crate::demo::{copy, stderr};
use alloy::primitives::{Address, U256, keccak256};
use alloy::providers::Provider;
use alloy::rpc::types::TransactionRequest;
use alloy::signers::local::PrivateKeySigner;
use alloy::sol_types::SolCall;
use std::path::Path;
use std::process::{Command, Output};

pub const DAY_S: u64 = 86_400;
const WINDOW_S: u64 = 3_600;

/// A copy of the settled demo that knows the node.
pub struct Desk {
    pub folder: tempfile::TempDir,
    pub node: Anvil,
}

impl Desk {
    pub async fn open() -> Option<Self> {
        let node = Anvil::with_story().await?;
        let folder = copy();
        let config = folder.path().join("openbooks.toml");
        let text = std::fs::read_to_string(&config).unwrap();
        let chain = format!(
            "\n[chain]\nrpc = [\"{}\"]\npassword_file = \"password\"\nreplace_after_s = 2\ndeadline_s = 60\n",
            node.url()
        );
        std::fs::write(config, text + &chain).unwrap();
        for name in ["Proposer", "Guardian"] {
            node.keystore(folder.path(), name).await;
        }
        Some(Self { folder, node })
    }

    pub fn command(&self, key: Option<&str>, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_openbooks"));
        command.current_dir(env!("CARGO_MANIFEST_DIR")).env("RUST_BACKTRACE", "0");
        command.args(["--kernel", "cpu", "--config"]).arg(self.path().join("openbooks.toml")).args(arguments);
        if let Some(key) = key {
            command.arg("--keystore").arg(self.path().join(key));
        }
        command
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Runs a command that must end with `code`; what it said.
    pub fn run(&self, code: i32, key: Option<&str>, arguments: &[&str]) -> Output {
        let output = self.command(key, arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", stderr(&output));
        output
    }

    pub fn commit(&self, code: i32, epoch: &str) -> Output {
        self.run(code, Some("Proposer"), &["epoch", "commit", "--epoch", epoch])
    }

    pub fn finalize(&self, code: i32, epoch: &str) -> Output {
        self.run(code, Some("Proposer"), &["epoch", "finalize", "--epoch", epoch])
    }

    pub async fn pass_window(&self) {
        self.node.warp(self.node.now().await + WINDOW_S).await;
    }

    pub async fn read<C: SolCall>(&self, to: Address, call: C) -> C::Return {
        let request = TransactionRequest::default().to(to).input(call.abi_encode().into());
        C::abi_decode_returns(&self.node.provider.call(request).await.unwrap()).unwrap()
    }

    pub fn vault(&self) -> Address {
        address_of(self.path(), "vault")
    }

    pub fn token(&self) -> Address {
        address_of(self.path(), "token")
    }

    /// The address of one of the recording's names.
    pub fn name(&self, name: &str) -> Address {
        let key = keccak256(format!("openbooks demo key: {name}"));
        PrivateKeySigner::from_bytes(&key).unwrap().address()
    }

    /// The vault refuses the call.
    pub async fn must_revert<C: SolCall>(&self, from: Address, call: C) {
        let request = TransactionRequest::default().from(from).to(self.vault()).input(call.abi_encode().into());
        assert!(self.node.provider.call(request).await.is_err(), "{} went through", C::SIGNATURE);
    }

    pub async fn balance(&self, of: Address) -> U256 {
        self.read(address_of(self.path(), "token"), balanceOfCall { account: of }).await
    }
}

alloy::sol! { function balanceOf(address account) returns (uint256); }

pub fn address_of(folder: &Path, name: &str) -> Address {
    let text = std::fs::read_to_string(folder.join("network.toml")).unwrap();
    let line = text.lines().find(|line| line.starts_with(&format!("{name} = "))).unwrap();
    line.split('"').nth(1).unwrap().parse().unwrap()
}
