//! The whole way on a real node: roots proposed, watched, disputed, final; everybody claims; not a base unit is lost.

mod demo;
mod servers;

use alloy::primitives::{Address, B256, U256};
use alloy::sol_types::SolCall;
use demo::{json_on, stderr};
use serde_json::Value;
use servers::anvil::GENESIS_S;
use servers::desk::{DAY_S, Desk};
use warehouse::chain_events::vault;

fn units(value: &Value) -> U256 {
    value.as_str().unwrap().parse().unwrap()
}

/// Every earner of an epoch claims, with the calldata that the command gives; what was paid in all.
async fn claim_everything(desk: &Desk, epoch: u64) -> U256 {
    let query = format!(
        "SELECT account, amount_text AS amount, cumulative_text AS cumulative FROM accounts WHERE epoch = {epoch}"
    );
    let accounts = json_on(desk.path(), &["sql", &query]);
    let mut paid = U256::ZERO;
    for row in accounts.as_array().unwrap().iter().filter(|row| row["amount"] != "0") {
        let account: Address = row["account"].as_str().unwrap().parse().unwrap();
        let claim = desk.run(0, None, &["--output", "json", "claim", &format!("{account:#x}")]);
        let told: Value = serde_json::from_slice(&claim.stdout).unwrap();
        let recipient = desk.read(desk.vault(), vault::recipientOfCall { account }).await;
        let before = desk.balance(recipient).await;
        desk.node.act_as(account, desk.vault(), told["claim_calldata"].as_str().unwrap()).await;
        assert_eq!(desk.balance(recipient).await - before, units(&row["amount"]), "{account:#x} in epoch {epoch}");
        assert_eq!(desk.read(desk.vault(), vault::claimedCall { account }).await, units(&row["cumulative"]));
        paid += units(&told["claimable"]);
    }
    let again = accounts[0]["account"].as_str().unwrap();
    desk.run(3, None, &["claim", again]);
    paid
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nights_are_proposed_final_and_claimed_to_the_base_unit() {
    let Some(desk) = Desk::open().await else { return };
    desk.finalize(4, "1");
    desk.commit(0, "1");
    desk.commit(3, "1");
    desk.run(0, None, &["chain", "watch", "--once"]);
    assert!(stderr(&desk.finalize(4, "1")).contains("window"));
    desk.pass_window().await;
    desk.finalize(0, "1");
    desk.finalize(3, "1");
    desk.commit(3, "1");
    desk.run(0, None, &["verify", "--epoch", "1", "--chain"]);
    let first = claim_everything(&desk, 1).await;
    // Somebody has claims paid elsewhere from now on: what was paid before stays paid.
    let (mover, wallet) = (desk.name("Hana Nováková"), Address::repeat_byte(9));
    let set = vault::setRecipientCall { recipient: wallet }.abi_encode();
    desk.node.act_as(mover, desk.vault(), &alloy::hex::encode_prefixed(set)).await;

    let refused = stderr(&desk.commit(4, "2"));
    assert!(refused.contains("EpochInvalid"), "epoch 2 has not ended: {refused}");
    desk.node.warp(GENESIS_S + 2 * DAY_S).await;
    desk.commit(0, "2");
    desk.run(0, None, &["chain", "watch", "--once"]);
    desk.pass_window().await;
    desk.finalize(0, "2");

    let second = claim_everything(&desk, 2).await;
    let paid = first + second;
    let root = desk.read(desk.vault(), vault::finalRootCall {}).await;
    let received = desk.read(desk.vault(), vault::receivedCall {}).await;
    assert_eq!(paid, root.total, "everybody was paid everything, nobody twice");
    assert_eq!(desk.read(desk.vault(), vault::claimedTotalCall {}).await, root.total);
    let held = json_on(
        desk.path(),
        &["sql", "SELECT cast(exact_sum(amount) AS varchar) AS held FROM warehouse.balances WHERE epoch = 2"],
    );
    assert_eq!(
        desk.balance(desk.vault()).await,
        units(&held[0]["held"]),
        "the vault holds exactly what the ledger says"
    );
    assert_eq!(received, root.total + units(&held[0]["held"]), "what came in is owed or held");
    let movers = "SELECT amount_text AS amount FROM accounts WHERE epoch = 2 AND name = 'Hana Nováková'";
    let moved = json_on(desk.path(), &["sql", movers]);
    assert_eq!(
        desk.balance(wallet).await,
        units(&moved[0]["amount"]),
        "the new wallet got the second night's pay alone"
    );
    let costs = json_on(desk.path(), &["sql", "SELECT purpose, gas_used FROM network_costs"]);
    assert_eq!(costs.as_array().unwrap().len(), 4, "{costs}");
}

/// What the proposer's stolen key would do.
fn proposal(epoch: u64, previous: B256, root: B256, uri: &str) -> String {
    let call = vault::proposeRootCall {
        epoch,
        previousRoot: previous,
        payoutRoot: root,
        manifestHash: B256::repeat_byte(7),
        total: U256::from(1),
        bundleUri: uri.into(),
    };
    alloy::hex::encode_prefixed(call.abi_encode())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_root_is_watched_cancelled_and_proposed_rightly() {
    let Some(desk) = Desk::open().await else { return };
    let (proposer, guardian) = (desk.name("Proposer"), desk.name("Guardian"));
    let wrong = B256::repeat_byte(6);
    let bundles = format!("file://{}/bundles/none.bundle", desk.path().display());
    desk.node.act_as(proposer, desk.vault(), &proposal(1, B256::ZERO, wrong, &bundles)).await;
    assert!(stderr(&desk.commit(5, "1")).contains("ALARM"));
    assert!(stderr(&desk.run(5, None, &["chain", "watch", "--once"])).contains("no key was given"));
    let said = stderr(&desk.run(5, Some("Guardian"), &["chain", "watch", "--once"]));
    assert!(said.contains("is missing") && said.contains("cancelled by 0x"), "{said}");

    // Anyone may dispute with a bond, which is back when the root is cancelled.
    desk.node.act_as(proposer, desk.vault(), &proposal(1, B256::ZERO, wrong, &bundles)).await;
    let treasury = desk.name("Liquidity Treasury");
    desk.node.keystore(desk.path(), "Liquidity Treasury").await;
    let approve = approveCall { spender: desk.vault(), value: U256::MAX }.abi_encode();
    desk.node.act_as(treasury, desk.token(), &alloy::hex::encode_prefixed(approve)).await;
    let before = desk.balance(treasury).await;
    let evidence = B256::repeat_byte(8).to_string();
    desk.run(0, Some("Liquidity-Treasury"), &["chain", "dispute", "--evidence", &evidence]);
    assert_eq!(desk.read(desk.vault(), vault::disputeCall {}).await.disputer, treasury);
    assert!(desk.balance(treasury).await < before, "the bond is held");
    desk.run(5, Some("Guardian"), &["chain", "watch", "--once"]);
    assert_eq!(desk.balance(treasury).await, before, "the bond is back");

    // A bundle that a stranger chose is not even fetched.
    desk.node.act_as(proposer, desk.vault(), &proposal(1, B256::ZERO, wrong, "file:///etc/passwd")).await;
    let said = stderr(&desk.run(5, Some("Guardian"), &["chain", "watch", "--once"]));
    assert!(said.contains("is not under"), "{said}");

    desk.commit(0, "1");
    desk.run(0, None, &["chain", "watch", "--once"]);
    // Our own root, cancelled: the epoch is settled again as its next attempt.
    let ours = desk.read(desk.vault(), vault::pendingRootCall {}).await.root.payoutRoot;
    let cancel = alloy::hex::encode_prefixed(vault::cancelRootCall { payoutRoot: ours }.abi_encode());
    desk.node.act_as(guardian, desk.vault(), &cancel).await;
    let said = stderr(&desk.commit(4, "1"));
    assert!(said.contains("its root was cancelled"), "{said}");
    desk.run(0, None, &["epoch", "run", "--epoch", "1"]);
    desk.commit(0, "1");
    desk.pass_window().await;
    desk.finalize(0, "1");
    let again = desk.read(desk.vault(), vault::finalRootCall {}).await.payoutRoot;
    assert_eq!(again, ours, "the same inputs give the same root");
    // Whoever allows it is paid by others, once.
    let account = desk.name("Pine Serving");
    desk.run(3, Some("Guardian"), &["claim", "push"]);
    let allow = vault::setPushCall { allowed: true }.abi_encode();
    desk.node.act_as(account, desk.vault(), &alloy::hex::encode_prefixed(allow)).await;
    desk.run(0, Some("Guardian"), &["claim", "push", "--min", "1"]);
    assert!(desk.balance(account).await > U256::ZERO);
    desk.run(3, Some("Guardian"), &["claim", "push"]);
    let attempts = "SELECT attempt, state FROM warehouse.epochs WHERE epoch = 1 AND state IN ('cancelled', 'final')";
    assert_eq!(json_on(desk.path(), &["sql", attempts]).as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_dead_proposer_anyone_brings_the_root_with_a_bond() {
    let Some(desk) = Desk::open().await else { return };
    let treasury = desk.name("Liquidity Treasury");
    desk.node.keystore(desk.path(), "Liquidity Treasury").await;
    let key = Some("Liquidity-Treasury");
    let said = stderr(&desk.run(2, key, &["epoch", "commit", "--epoch", "1"]));
    assert!(said.contains("is not the vault's proposer"), "{said}");
    let approve = alloy::hex::encode_prefixed(approveCall { spender: desk.vault(), value: U256::MAX }.abi_encode());
    desk.node.act_as(treasury, desk.token(), &approve).await;
    desk.node.warp(GENESIS_S + 4 * DAY_S).await;
    let before = desk.balance(treasury).await;
    desk.run(0, key, &["epoch", "commit", "--epoch", "1"]);
    assert!(desk.balance(treasury).await < before, "the bond is held");
    let root = desk.read(desk.vault(), vault::pendingRootCall {}).await.root.payoutRoot;
    let cancel = vault::cancelRootCall { payoutRoot: root };
    desk.must_revert(desk.name("Guardian"), cancel).await;
    desk.pass_window().await;
    desk.run(0, key, &["epoch", "finalize", "--epoch", "1"]);
    assert_eq!(desk.balance(treasury).await, before, "the bond is back");
}

alloy::sol! { function approve(address spender, uint256 value) returns (bool); }

#[tokio::test(flavor = "multi_thread")]
async fn wrong_nodes_keys_and_addresses_are_named_and_nothing_is_sent() {
    let Some(desk) = Desk::open().await else { return };
    let commit = ["epoch", "commit", "--epoch", "1"];
    let with_rpc = |url: &'static str| [&commit[..], &["--rpc", url]].concat();
    assert!(stderr(&desk.run(75, Some("Proposer"), &with_rpc("http://127.0.0.1:9"))).contains("127.0.0.1:9"));
    // One that takes the question and never answers.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url: &'static str = Box::leak(format!("http://{}", silent.local_addr().unwrap()).into_boxed_str());
    let began = std::time::Instant::now();
    assert!(stderr(&desk.run(75, Some("Proposer"), &with_rpc(url))).contains("127.0.0.1"));
    assert!(began.elapsed().as_secs() < 60, "it does not wait for ever");
    std::fs::write(desk.path().join("password"), "wrong").unwrap();
    assert!(stderr(&desk.commit(2, "1")).contains("Proposer"));
    std::fs::write(desk.path().join("password"), servers::anvil::PASSWORD).unwrap();
    assert!(stderr(&desk.run(2, Some("Nobody"), &commit)).contains("is no file"));
    let said = stderr(&desk.run(2, Some("Guardian"), &commit));
    assert!(said.contains("is not the vault's proposer"), "{said}");
    for (key, value, code, word) in [
        ("genesis_hash", format!("\"{}\"", B256::ZERO), 2, "begins with block"),
        ("chain_id", "1".into(), 2, "is of chain 31337"),
        ("vault", "\"0x00000000000000000000000000000000000000aa\"".into(), 2, "no contract"),
        ("vault", "\"0x12\"".into(), 2, "network.toml"),
    ] {
        let path = desk.path().join("network.toml");
        let before = std::fs::read_to_string(&path).unwrap();
        let changed: Vec<String> = before
            .lines()
            .map(|line| if line.starts_with(&format!("{key} = ")) { format!("{key} = {value}") } else { line.into() })
            .collect();
        std::fs::write(&path, changed.join("\n")).unwrap();
        let said = stderr(&desk.commit(code, "1"));
        assert!(said.contains(word), "{key}: {said}");
        std::fs::write(&path, before).unwrap();
    }
    assert_eq!(desk.read(desk.vault(), vault::pendingRootCall {}).await.readyAt, 0);
    assert_eq!(json_on(desk.path(), &["sql", "SELECT * FROM outbox"]), serde_json::json!([]));
}
