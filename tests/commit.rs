//! A root is committed once: killed at every step, at random moments, by eight processes at the same time.

mod demo;
mod servers;

use alloy::primitives::B256;
use alloy::providers::Provider;
use alloy::rpc::types::Filter;
use alloy::sol_types::{SolCall, SolEvent};
use demo::{copy_folder, stderr};
use serde_json::json;
use servers::desk::Desk;
use std::process::Stdio;
use std::time::Duration;
use warehouse::chain_events::vault;

/// Every place at which the command can be made to die, in order.
const POINTS: [&str; 6] = ["planned", "signed", "written as sent", "sent", "mined", "cost written"];
/// Processes that are killed at random moments.
const KILLS: u64 = 50;

async fn proposals(desk: &Desk) -> usize {
    let filter = Filter::new().address(desk.vault()).from_block(0).event_signature(vault::RootProposed::SIGNATURE_HASH);
    desk.node.provider.get_logs(&filter).await.unwrap().len()
}

/// The node and the tables as they were.
async fn fresh(desk: &Desk, tables: &std::path::Path, snapshot: &mut serde_json::Value) {
    assert_eq!(desk.node.ask("evm_revert", json!([snapshot])).await, json!(true));
    *snapshot = desk.node.ask("evm_snapshot", json!([])).await;
    let warehouse = desk.path().join("warehouse");
    std::fs::remove_dir_all(&warehouse).unwrap();
    copy_folder(tables, &warehouse);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_step_a_root_is_proposed_once() {
    let Some(desk) = Desk::open().await else { return };
    let tables = tempfile::tempdir().unwrap();
    copy_folder(&desk.path().join("warehouse"), tables.path());
    let mut snapshot = desk.node.ask("evm_snapshot", json!([])).await;
    let commit = ["epoch", "commit", "--epoch", "1"];
    for point in POINTS {
        fresh(&desk, tables.path(), &mut snapshot).await;
        let died = desk.command(Some("Proposer"), &commit).env("OPENBOOKS_DIE_AT", point).output().unwrap();
        assert_eq!(died.status.code(), None, "{point}: it did not die: {}", stderr(&died));
        desk.commit(0, "1");
        desk.commit(3, "1");
        assert_eq!(proposals(&desk).await, 1, "{point}");
    }
    let whole = Duration::from_millis(2_500);
    for kill in 0..KILLS {
        fresh(&desk, tables.path(), &mut snapshot).await;
        let mut command = desk.command(Some("Proposer"), &commit);
        let mut process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // Spread over the whole run by a fixed walk.
        tokio::time::sleep(whole * u32::try_from(kill * 37 % KILLS).unwrap() / u32::try_from(KILLS).unwrap()).await;
        process.kill().unwrap();
        process.wait().unwrap();
        let output = desk.command(Some("Proposer"), &commit).output().unwrap();
        assert!(matches!(output.status.code(), Some(0 | 3)), "kill {kill}: {}", stderr(&output));
        assert_eq!(proposals(&desk).await, 1, "kill {kill}");
        assert_ne!(desk.read(desk.vault(), vault::pendingRootCall {}).await.root.payoutRoot, B256::ZERO);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_eight_processes_one_commits_and_seven_find_it_done() {
    let Some(desk) = Desk::open().await else { return };
    let processes: Vec<_> = (0..8)
        .map(|_| {
            let mut command = desk.command(Some("Proposer"), &["epoch", "commit", "--epoch", "1"]);
            command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    let mut codes: Vec<_> = processes
        .into_iter()
        .map(|process| {
            let output = process.wait_with_output().unwrap();
            (output.status.code(), stderr(&output))
        })
        .collect();
    codes.sort();
    let found: Vec<_> = codes.iter().map(|(code, _)| code.unwrap()).collect();
    assert_eq!(found, [0, 3, 3, 3, 3, 3, 3, 3], "{codes:?}");
    assert_eq!(proposals(&desk).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stuck_transaction_is_replaced_under_the_same_nonce() {
    let Some(desk) = Desk::open().await else { return };
    desk.node.ask("evm_setAutomine", json!([false])).await;
    let mut command = desk.command(Some("Proposer"), &["epoch", "commit", "--epoch", "1"]);
    let process = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    // Longer than replace_after_s, twice.
    tokio::time::sleep(Duration::from_secs(8)).await;
    desk.node.ask("evm_mine", json!([])).await;
    desk.node.ask("evm_setAutomine", json!([true])).await;
    let output = process.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(proposals(&desk).await, 1);
    let sent = "SELECT count(*) AS sent, count(DISTINCT nonce) AS nonces FROM outbox WHERE step = 'sent'";
    let rows = demo::json_on(desk.path(), &["sql", sent]);
    assert!(rows[0]["sent"].as_i64().unwrap() >= 2 && rows[0]["nonces"] == 1, "{rows}");
}

/// The Proposer's key signs something else meanwhile, outside of the books.
async fn sign_something_else(desk: &Desk) {
    desk.node.act_as(desk.name("Proposer"), desk.name("Proposer"), "0x").await;
}

async fn die_at(desk: &Desk, point: &str) {
    let mut command = desk.command(Some("Proposer"), &["epoch", "commit", "--epoch", "1"]);
    let died = command.env("OPENBOOKS_DIE_AT", point).output().unwrap();
    assert_eq!(died.status.code(), None, "{point}: it did not die: {}", stderr(&died));
}

/// Steps of the outbox for a purpose, by nonce and sequence.
fn steps(desk: &Desk, purpose: &str) -> Vec<String> {
    let rows = demo::json_on(desk.path(), &["sql", "SELECT purpose, step FROM outbox ORDER BY nonce, sequence"]);
    let of_it = rows.as_array().unwrap().iter().filter(|row| row["purpose"] == purpose);
    of_it.map(|row| row["step"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_transaction_is_sent_again() {
    let Some(desk) = Desk::open().await else { return };
    desk.node.ask("evm_setAutomine", json!([false])).await;
    die_at(&desk, "sent").await;
    desk.node.ask("anvil_dropAllTransactions", json!([])).await;
    desk.node.ask("evm_setAutomine", json!([true])).await;
    assert_eq!(proposals(&desk).await, 0);
    desk.commit(0, "1");
    desk.commit(3, "1");
    assert_eq!(proposals(&desk).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nonce_that_went_to_another_transaction_is_given_up() {
    let Some(desk) = Desk::open().await else { return };
    die_at(&desk, "written as sent").await;
    sign_something_else(&desk).await;
    desk.commit(0, "1");
    desk.commit(3, "1");
    assert_eq!(proposals(&desk).await, 1);
    assert_eq!(steps(&desk, "propose"), ["planned", "sent", "dropped", "planned", "sent", "mined"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nonce_gap_is_closed() {
    let Some(desk) = Desk::open().await else { return };
    let before = desk.node.ask("evm_snapshot", json!([])).await;
    sign_something_else(&desk).await;
    desk.node.ask("evm_setAutomine", json!([false])).await;
    die_at(&desk, "sent").await;
    // A reorganisation takes the other transaction back, and the node forgets both.
    assert_eq!(desk.node.ask("evm_revert", json!([before])).await, json!(true));
    desk.node.ask("anvil_dropAllTransactions", json!([])).await;
    desk.node.ask("evm_setAutomine", json!([true])).await;
    desk.commit(0, "1");
    desk.commit(3, "1");
    assert_eq!(proposals(&desk).await, 1);
    assert_eq!(steps(&desk, "gap"), ["planned", "sent", "mined"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reverted_transaction_is_told_and_a_later_one_takes_its_place() {
    let Some(desk) = Desk::open().await else { return };
    desk.node.ask("evm_setAutomine", json!([false])).await;
    die_at(&desk, "sent").await;
    let sent = "SELECT '0x' || encode(transaction, 'hex') AS hash FROM outbox WHERE step = 'sent'";
    let hash = &demo::json_on(desk.path(), &["sql", sent])[0]["hash"];
    let raw = desk.node.ask("eth_getRawTransactionByHash", json!([hash])).await;
    // The guardian's pause comes into a block before it.
    desk.node.ask("anvil_dropAllTransactions", json!([])).await;
    desk.node.ask("evm_setAutomine", json!([true])).await;
    let pause = alloy::hex::encode_prefixed(vault::pauseCall {}.abi_encode());
    desk.node.act_as(desk.name("Guardian"), desk.vault(), &pause).await;
    desk.node.ask("eth_sendRawTransaction", json!([raw])).await;
    let reverted = desk.commit(4, "1");
    assert!(stderr(&reverted).contains("reverted"), "{}", stderr(&reverted));
    assert_eq!(proposals(&desk).await, 0);
    let refused = desk.commit(4, "1");
    assert!(stderr(&refused).contains("PausedNow"), "{}", stderr(&refused));
    let until = desk.read(desk.vault(), vault::pausedUntilCall {}).await;
    desk.node.warp(until).await;
    desk.commit(0, "1");
    assert_eq!(proposals(&desk).await, 1);
    let steps = steps(&desk, "propose");
    assert!(steps.contains(&"reverted".to_owned()) && steps.last().unwrap() == "mined", "{steps:?}");
}
