//! The tree of `make bench-merkle` by merkrs: prints {"root", "seconds"} of a tree over so many leaves, with all proofs.

use merkrs::bytes::encode_hex;
use merkrs::{StandardMerkleTree, standard};
use serde_json::{Value, json};
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let count: u64 = std::env::args().nth(1).ok_or("usage: bench-merkrs LEAVES")?.parse()?;
    let vault = "0x5f00000000000000000000000000000000000001";
    let leaf = |number: u64| -> Vec<Value> {
        let cumulative = (u128::from(number) * 1_000_000_007).to_string();
        vec![json!("31337"), json!(vault), json!(format!("0x{number:040x}")), json!(cumulative)]
    };
    let values: Vec<Vec<Value>> = (1..=count).map(leaf).collect();
    let types = ["uint256", "address", "address", "uint256"].map(str::to_owned).to_vec();
    let started = Instant::now();
    let tree = StandardMerkleTree::new(values, types, standard::Options::default())?;
    let proofs = (0..usize::try_from(count)?).map(|index| tree.proof_by_index(index)).collect::<Result<Vec<_>, _>>()?;
    let seconds = started.elapsed().as_secs_f64();
    println!("{}", json!({ "root": encode_hex(tree.root()), "seconds": seconds, "proofs": proofs.len() }));
    Ok(())
}
