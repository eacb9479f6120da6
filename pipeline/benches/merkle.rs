//! The payout tree over a million leaves with all proofs: beside the keccak calls alone that it cannot do without, and
//! beside the libraries that a user would pick, each of which must reach the same root.
//! Prints a table and writes `target/bench/merkle.json`.
//! Usage: merkle BENCH_MERKRS NODE_SCRIPT [LEAVES]; `make bench-merkle` gives them.
#![expect(clippy::float_arithmetic, reason = "times are divided")]

use alloy::primitives::{Address, B256, address, keccak256};
use pipeline::payout_tree::{PayoutTree, leaf};
use serde_json::{Value, json};
use std::error::Error;
use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use warehouse::types::{Amount, Hash};

const CHAIN_ID: u64 = 31_337;
const VAULT: Address = address!("5f00000000000000000000000000000000000001");
const LEAVES: u64 = 1_000_000;
/// Ours is run so often, and the fastest counts. The peers run once: they take much longer than what varies.
const RUNS: usize = 5;
/// Most times the keccak calls that the tree may take.
const AIM: f64 = 1.5;

fn fastest<T>(mut run: impl FnMut() -> T) -> (Duration, T) {
    let mut timed = || {
        let started = Instant::now();
        let result = black_box(run());
        (started.elapsed(), result)
    };
    (1..RUNS).fold(timed(), |best, _| {
        let next = timed();
        if next.0 < best.0 { next } else { best }
    })
}

/// The hashes that no tree over so many leaves can do without: two a leaf, of 128 and of 32 bytes, and one a node.
fn keccak_alone(count: u64) -> u8 {
    let (mut encoded, mut pair) = ([7; 128], [9; 64]);
    let mut last = 0;
    for number in 0..count {
        encoded[..8].copy_from_slice(&number.to_be_bytes());
        pair[..32].copy_from_slice(keccak256(keccak256(encoded)).as_slice());
        last ^= keccak256(pair)[0];
    }
    last
}

/// The root and every proof: whoever asked frees them, as with the peers.
fn ours(payouts: &[(Address, Amount)]) -> (Hash, Vec<Vec<B256>>) {
    let leaves: Vec<Hash> =
        payouts.iter().map(|(account, cumulative)| leaf(CHAIN_ID, VAULT, *account, *cumulative)).collect();
    let tree = PayoutTree::new(&leaves);
    (tree.root(), tree.proofs())
}

/// Runs a peer, which must reach `root`: its seconds.
fn peer(command: &mut Command, count: u64, root: Hash) -> Result<f64, Box<dyn Error>> {
    let output = command.arg(count.to_string()).output()?;
    if !output.status.success() {
        return Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    let said: Value = serde_json::from_slice(&output.stdout)?;
    assert_eq!((&said["root"], &said["proofs"]), (&json!(root.to_string()), &json!(count)), "{command:?}");
    said["seconds"].as_f64().ok_or_else(|| "the peer says no seconds".into())
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let [merkrs, script, rest @ ..] = arguments.as_slice() else {
        return Err("usage: merkle BENCH_MERKRS NODE_SCRIPT [LEAVES]".into());
    };
    let count = rest.first().map_or(Ok(LEAVES), |text| text.parse())?;
    let amount = |number: u64| Amount::new(u128::from(number) * 1_000_000_007).unwrap_or_default();
    let account = |number: u64| Address::left_padding_from(&number.to_be_bytes());
    let payouts: Vec<_> = (1..=count).map(|number| (account(number), amount(number))).collect();

    let (hashes, _) = fastest(|| keccak_alone(count));
    let (tree, (root, proofs)) = fastest(|| ours(&payouts));
    assert_eq!(proofs.len() as u64, count);
    drop(proofs);
    let ours = tree.as_secs_f64();
    println!("{count} leaves with all proofs, one thread: {ours:.2} s, root {root}");
    println!("{:<28}{:>10}  {:>12}  aim", "peer", "seconds", "ours / peer");
    let mut rows = Vec::new();
    let mut compare = |name: &str, seconds: f64, aim: Option<f64>| {
        let ratio = ours / seconds;
        let said = aim.map_or(String::new(), |aim| format!("<= {aim}: {}", if ratio <= aim { "met" } else { "short" }));
        println!("{name:<28}{seconds:>10.2}  {ratio:>12.3}  {said}");
        rows.push(json!({
            "work": format!("tree over {count} leaves with all proofs"),
            "ours": (ours * 1000.0).round() / 1000.0, "peer": name, "theirs": (seconds * 1000.0).round() / 1000.0,
            "unit": "s", "ratio": (ratio * 1000.0).round() / 1000.0, "aim": aim, "met": aim.map(|aim| ratio <= aim),
        }));
    };
    compare("the keccak calls alone", hashes.as_secs_f64(), Some(AIM));
    compare("merkrs", peer(&mut Command::new(merkrs), count, root)?, None);
    let node = peer(Command::new("node").args(["--max-old-space-size=16000", script]), count, root)?;
    compare("@openzeppelin/merkle-tree", node, None);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/bench");
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("merkle.json"), serde_json::to_string_pretty(&rows)? + "\n")?;
    Ok(())
}
