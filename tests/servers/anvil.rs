//! A development node with the real contracts, on which the recording's story was played: every transaction of it.

use super::{Server, free_address};
use alloy::primitives::{Address, keccak256};
use alloy::providers::{DynProvider, Provider, ProviderBuilder};
use alloy::signers::local::PrivateKeySigner;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Two epochs of the recording, from its genesis.
pub const GENESIS_S: u64 = 1_767_225_600;
/// What the recording's node was started with, 40 days before genesis.
const FIRST_BLOCK_S: u64 = GENESIS_S - 40 * 86_400;
const DEPLOYER_KEY: &str = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
/// Password of every keystore here.
pub const PASSWORD: &str = "only for tests";

/// The node; it ends when this is dropped.
pub struct Anvil {
    server: Server,
    pub provider: DynProvider,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

impl Anvil {
    /// Starts it, deploys and plays the story; `None` (said aloud) where Foundry is not installed.
    pub async fn with_story() -> Option<Self> {
        let modules = root().join("contracts/node_modules");
        let anvil = modules.join("@foundry-rs/anvil-linux-amd64/bin/anvil");
        if !anvil.exists() {
            println!("skipped: {} is missing; `make install-tests` makes it", anvil.display());
            return None;
        }
        let address = free_address();
        let mut command = Command::new(anvil);
        command.args(["--host", "127.0.0.1", "--port", &address.port().to_string(), "--silent", "--order", "fifo"]);
        command.args(["--hardfork", "cancun", "--gas-limit", "300000000", "--timestamp", &FIRST_BLOCK_S.to_string()]);
        let server = Server::start(&mut command, address);
        let url = format!("http://{address}").parse().unwrap();
        let node = Self { server, provider: ProviderBuilder::default().connect_http(url).erased() };
        node.ask("anvil_setBlockTimestampInterval", json!([12])).await;
        let deployed = tempfile::tempdir().unwrap();
        let script = Command::new(modules.join(".bin/forge"))
            .current_dir(root().join("contracts"))
            .env("DEPLOY_FILE", root().join("demo/deploy.json"))
            .env("ADDRESSES_FILE", deployed.path().join("network.toml"))
            .args(["script", "script/Deploy.s.sol", "--broadcast", "--slow", "--legacy", "--quiet"])
            .args(["--with-gas-price", "10000000000", "--rpc-url", &node.url(), "--private-key", DEPLOYER_KEY])
            .status()
            .unwrap();
        assert!(script.success(), "the deploy script failed");
        let [made, recorded] = [deployed.path().join("network.toml"), root().join("demo/network.toml")]
            .map(|path| std::fs::read_to_string(path).unwrap());
        assert_eq!(made, recorded, "the same deployer deploys to the same addresses");
        node.play().await;
        Some(node)
    }

    async fn play(&self) {
        let text = std::fs::read_to_string(root().join("demo/transactions.json")).unwrap();
        let blocks: Vec<Value> = serde_json::from_str(&text).unwrap();
        self.ask("evm_setAutomine", json!([false])).await;
        for block in blocks {
            for transaction in block["transactions"].as_array().unwrap() {
                self.ask("eth_sendRawTransaction", json!([transaction])).await;
            }
            self.ask("evm_setNextBlockTimestamp", json!([block["time"]])).await;
            self.ask("evm_mine", json!([])).await;
        }
        self.ask("evm_setAutomine", json!([true])).await;
        self.ask("anvil_setBlockTimestampInterval", json!([1])).await;
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("http://{}", self.server.address)
    }

    /// An answer to any method.
    pub async fn ask(&self, method: &'static str, parameters: Value) -> Value {
        self.provider.raw_request::<_, Value>(method.into(), parameters).await.unwrap()
    }

    /// The next block stands at that time, and the clock goes on from there.
    pub async fn warp(&self, time_s: u64) {
        self.ask("evm_setNextBlockTimestamp", json!([time_s])).await;
        self.ask("evm_mine", json!([])).await;
    }

    /// The time of the last block.
    pub async fn now(&self) -> u64 {
        let block = self.ask("eth_getBlockByNumber", json!(["latest", false])).await;
        u64::from_str_radix(block["timestamp"].as_str().unwrap().trim_start_matches("0x"), 16).unwrap()
    }

    /// Sends a call in somebody's name, who gets something for gas; panics when it reverts.
    pub async fn act_as(&self, who: Address, to: Address, calldata: &str) {
        self.ask("anvil_setBalance", json!([who, "0xde0b6b3a7640000"])).await;
        self.ask("anvil_impersonateAccount", json!([who])).await;
        let sent = json!([{ "from": who, "to": to, "data": calldata, "gas": "0x2dc6c0" }]);
        let hash = self.ask("eth_sendTransaction", sent).await;
        let mut receipt = Value::Null;
        for _ in 0..100 {
            receipt = self.ask("eth_getTransactionReceipt", json!([hash])).await;
            if !receipt.is_null() {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        assert_eq!(receipt["status"], "0x1", "{who:#x} calling {calldata} reverted");
    }

    /// A keystore of one of the recording's names, who also gets something for gas.
    pub async fn keystore(&self, folder: &Path, name: &str) -> PathBuf {
        let key = keccak256(format!("openbooks demo key: {name}"));
        let file = name.replace(' ', "-");
        let (signer, _) =
            PrivateKeySigner::encrypt_keystore(folder, &mut rand::thread_rng(), key, PASSWORD, Some(&file)).unwrap();
        std::fs::write(folder.join("password"), PASSWORD).unwrap();
        self.ask("anvil_setBalance", json!([signer.address(), "0xde0b6b3a7640000"])).await;
        folder.join(file)
    }
}
