//! The indexer at a real chain and a real broker (faults 19 and 20): the topic holds exactly the canonical chain,
//! whatever is reorganised, killed, or told by a node that lies.

mod demo;
mod live;
mod servers;

use alloy::primitives::{Address, U256};
use alloy::sol_types::SolCall;
use demo::{json_on, on, settled_demo, stderr, unsettled};
use live::Running;
use serde_json::{Value, json};
use servers::anvil::{Anvil, GENESIS_S};
use servers::desk::{DAY_S, address_of};
use servers::free_address;
use servers::http::get;
use servers::kafka::Kafka;
use servers::liar::{Liar, Lie};
use std::process::{Command, Output, Stdio};
use std::time::Duration;
use tempfile::TempDir;

const SOMEBODY: Address = Address::repeat_byte(0x51);

/// A chain with the story, a broker with empty topics, and settings between them.
struct Desk {
    folder: TempDir,
    node: Anvil,
    /// It ends with the desk.
    _kafka: Kafka,
}

impl Desk {
    async fn open() -> Option<Self> {
        let kafka = Kafka::start()?;
        let node = Anvil::with_story().await?;
        let folder = unsettled();
        let config = folder.path().join("openbooks.toml");
        let text = std::fs::read_to_string(&config).unwrap();
        let chain = format!("\n[chain]\nrpc = [\"{}\"]\npassword_file = \"password\"\n", node.url());
        std::fs::write(config, text + &kafka.settings() + &chain).unwrap();
        node.keystore(folder.path(), "Settler").await;
        let this = Self { folder, node, _kafka: kafka };
        this.ok(&["ingest", "topics"]);
        Some(this)
    }

    fn command(&self, rpc: Option<&str>, finality: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_openbooks"));
        command.arg("--config").arg(self.folder.path().join("openbooks.toml"));
        command.args(["ingest", "chain", "--once", "--finality", finality, "--keystore"]);
        command.arg(self.folder.path().join("Settler"));
        rpc.map(|rpc| command.args(["--rpc", rpc]));
        command
    }

    fn index(&self, finality: &str) -> Output {
        self.command(None, finality).output().unwrap()
    }

    fn ok(&self, arguments: &[&str]) {
        let output = on(self.folder.path(), arguments);
        assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
    }

    /// What the tables hold of the chain, once the sink has taken everything.
    fn events(&self) -> Value {
        self.ok(&["ingest", "sink", "--once"]);
        events_of(self.folder.path())
    }

    /// A block with a log of ours: the token moves nothing.
    async fn transfer(&self) {
        let call = transferCall { to: address_of(self.folder.path(), "vault"), amount: U256::ZERO };
        let calldata = alloy::hex::encode_prefixed(call.abi_encode());
        self.node.act_as(SOMEBODY, address_of(self.folder.path(), "token"), &calldata).await;
    }

    /// (block hash, log index) of every log of ours on the canonical chain, in order.
    async fn canonical(&self) -> Vec<(String, u64)> {
        let names = ["vault", "token", "datanets", "models", "operators", "splits", "governance"];
        let addresses: Vec<_> = names.iter().map(|name| address_of(self.folder.path(), name)).collect();
        let filter = json!([{ "fromBlock": "0x0", "toBlock": "latest", "address": addresses }]);
        let logs = self.node.ask("eth_getLogs", filter).await;
        let number = |value: &Value| u64::from_str_radix(&value.as_str().unwrap()[2..], 16).unwrap();
        let logs = logs.as_array().unwrap().iter();
        logs.map(|log| (log["blockHash"].as_str().unwrap()[2..].to_owned(), number(&log["logIndex"]))).collect()
    }

    fn stored(&self) -> Vec<(String, u64)> {
        let of = |row: &Value| (row["block"].as_str().unwrap().to_owned(), row["log_index"].as_u64().unwrap());
        self.events().as_array().unwrap().iter().map(of).collect()
    }
}

alloy::sol! { function transfer(address to, uint256 amount) returns (bool); }

fn events_of(folder: &std::path::Path) -> Value {
    let query = "SELECT encode(block_hash, 'hex') AS block, log_index, block_number, block_time, event, \
                 encode(address, 'hex') AS address, encode(data, 'hex') AS data, \
                 encode(transaction_hash, 'hex') AS transaction FROM raw_chain_events ORDER BY offset, index";
    json_on(folder, &["sql", query])
}

#[tokio::test(flavor = "multi_thread")]
async fn the_nights_come_through_chain_and_broker_into_the_tables_and_are_settled() {
    let Some(desk) = Desk::open().await else { return };
    desk.node.warp(GENESIS_S + 2 * DAY_S).await;
    // Killed a few times on its way, it goes on from what the topic holds.
    for turn in 0..6 {
        let mut process = desk.command(None, "0").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        tokio::time::sleep(Duration::from_millis(150 + 250 * turn)).await;
        process.kill().unwrap();
        process.wait().unwrap();
    }
    let output = desk.index("0");
    assert!(output.status.success(), "{}", stderr(&output));
    let again = desk.index("0");
    let said = String::from_utf8_lossy(&again.stdout);
    assert!(said.contains("0 published with 0 logs, 0 epochs closed"), "{said}{}", stderr(&again));
    desk.ok(&["ingest", "replay", "--to-kafka", "demo/receipts.rec"]);
    assert_eq!(desk.events(), events_of(settled_demo()), "the recording's events are the chain's");
    desk.ok(&["epoch", "run", "--epoch", "1"]);
    desk.ok(&["epoch", "run", "--epoch", "2"]);
    desk.ok(&["verify", "--epoch", "2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn any_sequence_of_reorganisations_above_finality_indexes_to_the_canonical_chain() {
    let Some(desk) = Desk::open().await else { return };
    let mut seed = 7_u64;
    for _ in 0..12 {
        // A fixed walk over forks: some blocks with logs, then some of them are replaced.
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (mine, depth) = (1 + (seed >> 33) % 4, (seed >> 40) % 4);
        for _ in 0..mine {
            desk.transfer().await;
        }
        if depth > 0 {
            desk.node.ask("anvil_reorg", json!([depth, []])).await;
        }
        let output = desk.index("3");
        assert!(output.status.success(), "{}", stderr(&output));
    }
    let output = desk.index("0");
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(desk.stored(), desk.canonical().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_above_finality_is_shown_as_the_chain_has_it_now() {
    let Some(desk) = Desk::open().await else { return };
    let address = free_address();
    let mut command = Command::new(env!("CARGO_BIN_EXE_openbooks"));
    command.arg("--config").arg(desk.folder.path().join("openbooks.toml")).args(["ingest", "chain", "--finality", "6"]);
    command.args(["--questions-per-second", "500", "--listen", &address.to_string(), "--keystore"]);
    command.arg(desk.folder.path().join("Settler")).stdout(Stdio::null());
    let process = Running::start(command);
    for depth in [0, 2, 4, 1] {
        for _ in 0..3 {
            desk.transfer().await;
        }
        if depth > 0 {
            desk.node.ask("anvil_reorg", json!([depth, []])).await;
        }
        let head = desk.node.ask("eth_blockNumber", json!([])).await;
        let head = u64::from_str_radix(head.as_str().unwrap().trim_start_matches("0x"), 16).unwrap();
        let (mut expected, ours) = (Vec::new(), desk.canonical().await);
        for number in head - 5..=head {
            let block = desk.node.ask("eth_getBlockByNumber", json!([format!("{number:#x}"), false])).await;
            let hash = block["hash"].as_str().unwrap().to_owned();
            let logs = ours.iter().filter(|(block, _)| *block == hash[2..]).count();
            expected.push((hash, logs));
        }
        let mut found = Vec::new();
        for _ in 0..200 {
            found = get(address, "/window").map_or(Vec::new(), |answer| {
                let of = |block: &Value| {
                    (block["hash"].as_str().unwrap().to_owned(), block["logs"].as_array().unwrap().len())
                };
                answer.json().as_array().unwrap().iter().map(of).collect()
            });
            if found == expected {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(found, expected, "after a reorganisation of {depth} blocks");
    }
    assert_eq!(process.stop(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reorganisation_below_finality_halts_with_both_hashes() {
    let Some(desk) = Desk::open().await else { return };
    for _ in 0..4 {
        desk.transfer().await;
    }
    assert!(desk.index("0").status.success());
    let before = desk.stored();
    let lost = desk.node.ask("eth_getBlockByNumber", json!(["latest", false])).await["hash"].clone();
    desk.node.ask("anvil_reorg", json!([3, []])).await;
    desk.transfer().await;
    let output = desk.index("0");
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(5), "{said}");
    assert!(said.contains(lost.as_str().unwrap()) && said.contains("reorganisation below finality"), "{said}");
    assert_eq!(said.matches("0x").count(), 2, "both hashes: {said}");
    assert_eq!(desk.stored(), before, "nothing more was published");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_lies_never_makes_a_wrong_row() {
    let Some(desk) = Desk::open().await else { return };
    let node = desk.node.url().trim_start_matches("http://").parse().unwrap();
    let liar = Liar::before(node);
    for (lie, code, word) in [
        (Lie::OtherChain, 5, "chain 1"),
        (Lie::AlteredHeader, 5, "the header hashes to"),
        (Lie::DroppedLogs, 5, "the receipts give the root"),
        (Lie::AlteredLogs, 5, "the receipts give the root"),
        (Lie::OtherReceipts, 5, "block"),
        (Lie::NullBlock, 75, "no block"),
        (Lie::Busy, 75, "429"),
        (Lie::HalfABody, 75, "eth_getBlockReceipts"),
    ] {
        liar.tell(lie);
        let output = desk.command(Some(&liar.url()), "0").output().unwrap();
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(code), "{lie:?}: {said}");
        assert!(said.contains(word), "{lie:?}: {said}");
    }
    assert!(desk.stored().is_empty(), "nothing of what it said was believed");
    // Beside an honest one it does no harm: where one fails, the other is asked.
    liar.tell(Lie::DroppedLogs);
    let both = format!("{},{}", liar.url(), desk.node.url());
    let output = desk.command(Some(&both), "0").output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(desk.stored(), desk.canonical().await);
}
