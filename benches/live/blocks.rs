//! The indexer over a chain of empty blocks, which it must hash and link, beside a plain read of the same headers.

use super::Line;
use super::demo::unsettled;
use super::servers::anvil::Anvil;
use super::servers::kafka::Kafka;
use serde_json::json;
use std::process::{Command, Stdio};
use std::time::Instant;

const BLOCKS: u64 = 5_000;

pub(crate) async fn run() -> Vec<Line> {
    let (Some(kafka), Some(node)) = (Kafka::start(), Anvil::with_story().await) else { return Vec::new() };
    let folder = unsettled();
    let config = folder.path().join("openbooks.toml");
    let text = std::fs::read_to_string(&config).expect("settings");
    let chain = format!("\n[chain]\nrpc = [\"{}\"]\npassword_file = \"password\"\n", node.url());
    std::fs::write(&config, text + &kafka.settings() + &chain).expect("settings");
    node.keystore(folder.path(), "Settler").await;
    let openbooks = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_openbooks"));
        command.arg("--config").arg(&config).args(arguments).stdout(Stdio::null());
        assert!(command.status().expect("it starts").success(), "{arguments:?}");
    };
    openbooks(&["ingest", "topics"]);
    let keystore = folder.path().join("Settler").display().to_string();
    let index = ["ingest", "chain", "--once", "--finality", "0", "--keystore", &keystore];
    openbooks(&index);
    node.ask("anvil_mine", json!([BLOCKS, 1])).await;
    // What the command takes before it walks: the key and the start.
    let began = Instant::now();
    openbooks(&["ingest", "close", "--epoch", "1", "--keystore", &keystore]);
    let start = began.elapsed().as_secs_f64();
    let began = Instant::now();
    openbooks(&index);
    let ours = BLOCKS as f64 / (began.elapsed().as_secs_f64() - start).max(0.001);

    let head = node.ask("eth_blockNumber", json!([])).await;
    let head = u64::from_str_radix(head.as_str().expect("a number").trim_start_matches("0x"), 16).expect("a number");
    let began = Instant::now();
    for number in head - BLOCKS + 1..=head {
        let block = node.ask("eth_getBlockByNumber", json!([format!("{number:#x}"), false])).await;
        assert!(block.is_object(), "block {number}");
    }
    let theirs = BLOCKS as f64 / began.elapsed().as_secs_f64();
    let peer = "each header asked for in turn, nothing checked";
    vec![Line {
        work: format!("indexer, {BLOCKS} blocks"),
        ours,
        peer,
        theirs: Some(theirs),
        unit: "blocks/s",
        aim: None,
    }]
}
