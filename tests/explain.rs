//! `openbooks explain` on the recorded nights: every account adds up, everyone who got nothing is told why,
//! and a receipt's rows are proven under the manifest.

mod demo;

use alloy::primitives::{B256, hex};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use warehouse::merkle::root_of;

fn rows(query: &str) -> Vec<Value> {
    let Value::Array(rows) = demo::json_on(demo::settled_demo(), &["sql", query]) else { panic!("{query}") };
    rows
}

fn text<'v>(row: &'v Value, column: &str) -> &'v str {
    row[column].as_str().unwrap()
}

fn amount(node: &Value) -> u128 {
    text(node, "amount").parse().unwrap()
}

fn explain(arguments: &[&str]) -> Value {
    let mut all = vec!["explain"];
    all.extend(arguments);
    demo::json_on(demo::settled_demo(), &all)
}

/// The address behind a name of the recording.
fn account(name: &str) -> String {
    let labels = std::fs::read_to_string(demo::settled_demo().join("labels.csv")).unwrap();
    let line = labels.lines().find(|line| line.split_once(',').is_some_and(|(_, label)| label == name));
    line.unwrap_or_else(|| panic!("{name}")).split_once(',').unwrap().0.to_owned()
}

/// Fails unless parts add up, shares lie within their whole, and every branch ends in receipts or ledger entries.
fn check_sums(node: &Value) {
    if let Some(parts) = node["parts"].as_array() {
        let taken = |part: &&Value| part["taken"] == true;
        let given: u128 = parts.iter().filter(|part| !taken(part)).map(amount).sum();
        let taken: u128 = parts.iter().filter(taken).map(amount).sum();
        assert_eq!(given - taken, amount(node), "{}", node["label"]);
        assert!(!parts.is_empty(), "{}", node["label"]);
        parts.iter().for_each(check_sums);
    } else if node["whole"].is_object() {
        assert!(amount(node) <= amount(&node["whole"]), "{}", node["label"]);
        check_sums(&node["whole"]);
    } else {
        let leaves = ["receipt", "more_receipts", "refund", "unstake", "correction", "assignment", "withholding"];
        assert!(leaves.contains(&text(node, "kind")), "{} ends in {}", node["label"], node["kind"]);
    }
}

fn roles(tree: &Value) -> BTreeMap<String, u128> {
    let parts = tree["parts"].as_array().unwrap().iter();
    let earned = parts.filter(|part| part["kind"] == "earned").flat_map(|part| part["parts"].as_array().unwrap());
    earned.map(|role| (text(&role["facts"], "role").to_owned(), amount(role))).collect()
}

#[test]
fn every_account_adds_up_to_its_payout_role_by_role() {
    let posted = "select account, role, cast(sum(amount) as varchar) as amount from earnings \
                  where epoch = 2 and role is not null and account is not null group by account, role";
    let mut by_account: BTreeMap<String, BTreeMap<String, u128>> = BTreeMap::new();
    for row in rows(posted) {
        let amount = text(&row, "amount").parse().unwrap();
        by_account.entry(text(&row, "account").into()).or_default().insert(text(&row, "role").into(), amount);
    }
    let payouts = rows("select account, amount_text as amount, cumulative_text from accounts where epoch = 2");
    assert!(payouts.len() > 50);
    std::thread::scope(|scope| {
        for payouts in payouts.chunks(payouts.len().div_ceil(4)) {
            let by_account = &by_account;
            scope.spawn(move || {
                for payout in payouts {
                    let account = text(payout, "account");
                    let explained = explain(&[account, "--epoch", "2"]);
                    assert_eq!(amount(&explained), amount(payout), "{account}");
                    assert_eq!(amount(&explained["tree"]), amount(payout), "{account}");
                    assert_eq!(explained["cumulative"], payout["cumulative_text"], "{account}");
                    check_sums(&explained["tree"]);
                    let posted = by_account.get(account).cloned().unwrap_or_default();
                    assert_eq!(roles(&explained["tree"]), posted, "{account}");
                }
            });
        }
    });
}

#[test]
fn receipts_beyond_the_bound_are_one_line_with_their_exact_sum() {
    fn models(node: &Value, found: &mut Vec<(String, u128, usize, usize)>) {
        let parts = node["parts"].as_array().map_or(&[][..], Vec::as_slice);
        if node["kind"] == "model" {
            let more = parts.iter().find(|part| part["kind"] == "more_receipts");
            let hidden = more.map_or(0, |more| text(&more["facts"], "receipts").parse().unwrap());
            let shown = parts.len() - usize::from(more.is_some());
            found.push((text(node, "label").to_owned(), amount(node), shown, hidden));
        }
        parts.iter().for_each(|part| models(part, found));
        if node["whole"].is_object() {
            models(&node["whole"], found);
        }
    }
    let owner = account("Valle Digit Archive");
    let under = |max: &str| {
        let mut found = Vec::new();
        models(&explain(&[&owner, "--epoch", "2", "--receipts-max", max])["tree"], &mut found);
        found
    };
    let all = under("0");
    assert!(!all.is_empty() && all.iter().all(|(_, _, shown, hidden)| *shown > 2 && *hidden == 0));
    for ((label, sum, shown, hidden), (all_label, all_sum, all_shown, _)) in under("2").into_iter().zip(&all) {
        assert_eq!((&label, sum, shown, hidden), (all_label, *all_sum, 2, all_shown - 2));
    }
}

#[test]
fn whoever_got_nothing_is_told_why() {
    for (name, epoch, reason, said) in [
        ("Milan Kovač", "1", "copies", "all 14 items are copies of Hana Nováková's in Digits West"),
        ("Milan Kovač", "2", "copies", "all 14 items are copies of Hana Nováková's in Digits West"),
        ("Petra Vogel", "2", "rejected", "2 of 3 votes against it"),
        ("Kofi Mensah", "2", "withdrawn", "before a decision"),
        ("Wanjiru Kamau", "2", "not_a_beneficiary", "for its beneficiaries, Kamau Family Trust"),
    ] {
        let explained = explain(&[&account(name), "--epoch", epoch]);
        let nothing = explained["nothing"].as_array().unwrap();
        assert_eq!(nothing.len(), 1, "{name}");
        assert_eq!(text(&nothing[0], "reason"), reason, "{name}");
        assert!(text(&nothing[0], "text").contains(said), "{name}: {}", nothing[0]["text"]);
    }
}

#[test]
fn accounts_without_pay_or_contributions_are_told_as_what_they_are_known() {
    for (name, word) in
        [("Clinic Sundarbans", "payer"), ("Cedar Serving, signing key 1", "key"), ("Ulrich Brandt", "chain_event")]
    {
        let labels = std::fs::read_to_string(demo::settled_demo().join("labels.csv")).unwrap();
        let line = labels.lines().find(|line| line.trim_end_matches('"').ends_with(name)).unwrap();
        let explained = explain(&[line.split_once(',').unwrap().0, "--epoch", "2"]);
        assert_eq!(text(&explained, "amount"), "0", "{name}");
        let words = explained["capacities"].as_array().unwrap().iter().map(|capacity| text(capacity, "capacity"));
        assert!(words.collect::<Vec<_>>().contains(&word), "{name}: {}", explained["capacities"]);
    }
}

/// Follows a proof from the row's bytes to the digest that the manifest names, as docs/formats.md says.
fn check_proof(proof: &Value, manifest: &Value) {
    let bytes = |column: &str| hex::decode(text(proof, column)).unwrap();
    let number = |column: &str| text(proof, column).parse::<usize>().unwrap();
    let row_hash = Sha256::digest(bytes("row"));
    assert_eq!(row_hash.as_slice(), bytes("row_hash"));
    let siblings: Vec<B256> =
        proof["proof"].as_array().unwrap().iter().map(|sibling| sibling.as_str().unwrap().parse().unwrap()).collect();
    let root = root_of(&row_hash, number("index"), number("rows"), &siblings).unwrap();
    let table = text(proof, "table");
    let mut bound = Sha256::new();
    bound.update(b"openbooks.table.v1");
    bound.update(u32::try_from(table.len()).unwrap().to_be_bytes());
    bound.update(table);
    bound.update(1u32.to_be_bytes());
    bound.update((number("rows") as u64).to_be_bytes());
    bound.update(root);
    let outputs = manifest["outputs"].as_array().unwrap();
    let named = outputs.iter().find(|output| output["table"] == table).unwrap();
    assert_eq!(hex::encode_prefixed(bound.finalize()), text(named, "digest"), "{table}");
}

#[test]
fn a_receipt_is_explained_in_full_and_its_rows_are_proven() {
    let documents = rows("select epoch, document from warehouse.epochs where state = 'settled'");
    let any = account("Chiamaka Eze");
    for (epoch, which, outcome, tables) in [
        (2, "outcome = 'charged' and adapter is not null", "charged", 3),
        (2, "outcome = 'charged' and partition = 0 and \"offset\" = 29 and index = 3", "charged", 3),
        (2, "outcome = 'evidence_malformed'", "evidence_malformed", 1),
        (1, "outcome = 'beyond_deposit'", "beyond_deposit", 1),
        (1, "outcome = 'invalid_key'", "invalid_key", 1),
    ] {
        let query = format!(
            "select receipt, fee_text from receipts where epoch = {epoch} and {which} order by receipt limit 1"
        );
        let found = &rows(&query)[0];
        let receipt = text(found, "receipt");
        let explained = explain(&[&any, "--epoch", &epoch.to_string(), "--receipt", receipt, "--proof"]);
        assert_eq!(text(&explained, "outcome"), outcome);
        assert!(text(&explained, "meaning").ends_with('.'));
        let lines = explained["fee"]["lines"].as_array().unwrap();
        assert_eq!(lines.iter().map(amount).sum::<u128>(), amount(&explained["fee"]), "{which}");
        if outcome == "charged" {
            assert_eq!(explained["fee"]["amount"], found["fee_text"], "{which}");
            assert_eq!(explained["tree"]["amount"], found["fee_text"], "{which}");
            assert_eq!(explained["tree"]["parts"].as_array().unwrap().len(), 10, "{which}");
        } else {
            assert!(explained["tree"].is_null(), "{which}");
        }
        let document = documents.iter().find(|row| row["epoch"] == epoch).unwrap();
        let manifest: Value = serde_json::from_str(text(document, "document")).unwrap();
        let proofs = explained["proofs"].as_array().unwrap();
        assert_eq!(proofs.len(), tables, "{which}");
        proofs.iter().for_each(|proof| check_proof(proof, &manifest));
    }
}

#[test]
fn a_replayed_receipt_shows_both_its_occurrences() {
    let query = "select receipt from receipts where epoch = 1 and outcome = 'replayed' limit 1";
    let receipt = text(&rows(query)[0], "receipt").to_owned();
    let explained = explain(&[&account("Chiamaka Eze"), "--epoch", "1", "--receipt", &receipt]);
    assert_eq!(text(&explained, "outcome"), "charged");
    assert_eq!(text(&explained["again"][0], "outcome"), "replayed");
    assert!(explained["proofs"].as_array().unwrap().is_empty());
}

#[test]
fn what_does_not_exist_is_not_ready_and_named() {
    let known = account("Chiamaka Eze");
    let (stranger, receipt) = (format!("0x{}", "9".repeat(40)), format!("0x{}", "9".repeat(64)));
    for (arguments, said) in [
        (vec![stranger.as_str(), "--epoch", "2"], "unknown in epoch 2: no event, payout or receipt names it"),
        (vec![stranger.as_str(), "--epoch", "2", "--receipt", &receipt], "unknown in epoch 2"),
        (vec![&known, "--epoch", "2", "--receipt", &receipt], "no batch of epoch 2 holds receipt 0x9999"),
        (vec![&known, "--epoch", "3"], "epoch 3 is not settled; run `openbooks epoch run --epoch 3`"),
    ] {
        let mut all = vec!["explain"];
        all.extend(&arguments);
        let output = demo::on(demo::settled_demo(), &all);
        assert_eq!(output.status.code(), Some(4), "{arguments:?}");
        assert!(demo::stderr(&output).contains(said), "{}", demo::stderr(&output));
    }
}

#[test]
fn text_draws_the_tree_and_says_why_nothing() {
    for (name, lines) in [
        (
            "Chiamaka Eze",
            vec!["└─ as contributor", "7,000 of 10,000 basis points", "└─ the whole earned by the contribution"],
        ),
        ("Quispe Mamani", vec!["−0.012345678   └─ withheld", "correction: “two labels were swapped”"]),
        ("Milan Kovač", vec!["why nothing", "    all 14 items are copies of Hana Nováková's"]),
        ("Ravi Shankar", vec!["as staker", "stake taken out of Pine Serving", "= amount"]),
    ] {
        let output = demo::on(demo::settled_demo(), &["explain", &account(name), "--epoch", "2"]);
        assert!(output.status.success(), "{}", demo::stderr(&output));
        let text = String::from_utf8(output.stdout).unwrap();
        for line in lines {
            assert!(text.contains(line), "{name}: {line:?} is not in\n{text}");
        }
    }
}
