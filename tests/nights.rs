//! The two recorded nights, from the outside: what the demo tells, repetition, and peers that share no code with us.

mod demo;

use demo::{copy, json_on, on, openbooks, python, settled_demo, stderr, told, unsettled};
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

fn manifests(folder: &Path) -> Vec<Value> {
    let query = "SELECT encode(manifest_hash, 'hex') AS manifest FROM epochs WHERE state = 'settled' ORDER BY epoch";
    json_on(folder, &["sql", query]).as_array().unwrap().iter().map(|row| row["manifest"].clone()).collect()
}

#[test]
fn every_case_of_the_recording_ends_as_it_expects() {
    let mut checked = 0;
    for entry in told()["story"].as_array().unwrap() {
        let (expect, found) = (entry["expect"].as_str().unwrap(), entry["found"].as_array().unwrap());
        let is_outcome = !found.is_empty() && !["unattributed", "nothing"].contains(&expect);
        if is_outcome {
            assert_eq!(found, &[json!(expect)], "{entry}");
            checked += 1;
        }
    }
    assert!(checked > 15, "{checked} cases were looked up");
}

#[test]
fn cases_on_the_chain_left_their_traces() {
    for (what, query, rows) in [
        ("copies", "SELECT * FROM clusters WHERE epoch = 2 AND test = 'exact'", 28),
        ("rejected", "SELECT * FROM contributions WHERE epoch = 2 AND state = 'rejected'", 1),
        ("withdrawn", "SELECT * FROM contributions WHERE epoch = 2 AND state = 'withdrawn'", 1),
        ("refund", "SELECT * FROM ledger WHERE epoch = 2 AND reason = 'refund'", 1),
        ("no refund yet", "SELECT * FROM ledger WHERE epoch = 1 AND reason = 'refund'", 0),
        ("unstake", "SELECT * FROM ledger WHERE epoch = 2 AND reason = 'unstake'", 1),
        ("slash", "SELECT * FROM ledger WHERE epoch = 1 AND reason = 'slash'", 1),
        ("forfeited bond", "SELECT * FROM ledger WHERE epoch = 1 AND reason = 'forfeited_bond'", 1),
        ("correction", "SELECT * FROM ledger WHERE epoch = 2 AND reason = 'correction'", 1),
        ("withholding", "SELECT * FROM ledger WHERE epoch = 2 AND reason = 'withholding'", 1),
        ("assignment", "SELECT * FROM ledger WHERE epoch = 2 AND reason = 'assignment'", 1),
        ("old split", "SELECT * FROM splits WHERE epoch = 1 AND role = 'contributors' AND share = 3800", 1),
        ("new split", "SELECT * FROM splits WHERE epoch = 2 AND role = 'contributors' AND share = 4200", 1),
        ("late", "SELECT * FROM charges WHERE clock = 'late' AND outcome = 'charged'", 1),
        ("unknown contract", "SELECT * FROM quarantine WHERE reason = 'unknown_contract'", 1),
    ] {
        let found = json_on(settled_demo(), &["sql", query]);
        assert_eq!(found.as_array().unwrap().len(), rows, "{what}: {query}");
    }
}

#[test]
fn earnings_add_up_to_each_payout() {
    let query = "WITH posted AS (SELECT epoch, account, exact_sum(amount) AS amount FROM earnings \
                 WHERE account_kind = 'address' GROUP BY epoch, account) \
                 SELECT a.account FROM accounts a LEFT JOIN posted p ON a.epoch = p.epoch AND a.account = p.account \
                 WHERE a.amount <> coalesce(p.amount, 0)";
    assert_eq!(json_on(settled_demo(), &["sql", query]), json!([]));
    let all = json_on(settled_demo(), &["sql", "SELECT count(*) AS n FROM earnings WHERE receipt IS NULL"]);
    assert!(all[0]["n"].as_i64().unwrap() > 50, "roles that are divided once are there: {all}");
}

#[test]
fn a_job_that_runs_again_changes_nothing_and_exits_3() {
    let before = manifests(settled_demo());
    for job in ["freeze", "registry", "charge", "clusters", "attribute", "settle", "prove", "reconcile", "run"] {
        let output = on(settled_demo(), &["epoch", job, "--epoch", "2"]);
        assert_eq!(output.status.code(), Some(3), "{job}: {}", stderr(&output));
        assert!(stderr(&output).contains("done already"), "{job}: {}", stderr(&output));
    }
    let replayed = json_on(settled_demo(), &["ingest", "replay", "demo/receipts.rec"]);
    assert_eq!(replayed["records"], json!(0), "{replayed}");
    assert_eq!(manifests(settled_demo()), before);
}

#[test]
fn ten_runs_in_any_order_with_one_thread_or_two_give_one_manifest() {
    let expected = manifests(settled_demo());
    assert_eq!(expected.len(), 2);
    for attempt in 0..9 {
        let folder = unsettled();
        let mut files = ["demo/chain-events.rec", "demo/receipts.rec"];
        if attempt % 2 == 1 {
            files.reverse();
        }
        let threads = if attempt % 3 == 0 { "1" } else { "2" };
        let mut replay = vec!["--threads", threads, "ingest", "replay"];
        replay.extend(files);
        assert!(on(folder.path(), &replay).status.success());
        for epoch in ["1", "2"] {
            let output = on(folder.path(), &["--threads", threads, "epoch", "run", "--epoch", epoch]);
            assert!(output.status.success(), "{}", stderr(&output));
        }
        assert_eq!(manifests(folder.path()), expected, "run {attempt}");
    }
}

#[test]
fn the_root_and_five_proofs_match_openzeppelin() {
    let query = "SELECT account, cumulative_text FROM accounts WHERE epoch = 2 ORDER BY account";
    let accounts = json_on(settled_demo(), &["sql", query]);
    let leaves: Vec<Value> =
        accounts.as_array().unwrap().iter().map(|row| json!([row["account"], row["cumulative_text"]])).collect();
    let mut proofs = serde_json::Map::new();
    let mut document = Value::Null;
    for leaf in leaves.iter().step_by(leaves.len() / 5).take(5) {
        let account = leaf[0].as_str().unwrap();
        document = json_on(settled_demo(), &["proof", account]);
        proofs.insert(account.into(), document["proof"].clone());
    }
    let input =
        json!({ "chainId": document["chain_id"], "vault": document["vault"], "leaves": leaves, "proofs": proofs });
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/js");
    if !folder.join("node_modules").exists() {
        println!("skipped: tests/js/node_modules is missing; `make install-tests` makes it");
        return;
    }
    let mut node = Command::new("node")
        .arg("merkle.mjs")
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    node.stdin.take().unwrap().write_all(input.to_string().as_bytes()).unwrap();
    let answer: Value = serde_json::from_slice(&node.wait_with_output().unwrap().stdout).unwrap();
    assert_eq!(answer["root"], document["root"]);
    let checked: Vec<&Value> = answer["checked"].as_object().unwrap().values().collect();
    assert_eq!(checked, [&json!(true); 5], "{answer}");
}

#[test]
fn duckdb_polars_and_pyarrow_filter_payouts_by_amount_rightly() {
    let Some(python) = python() else { return };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/readers.py");
    let folder = copy();
    for pass in ["as written", "compacted"] {
        let output = Command::new(&python).arg(&script).arg(folder.path().join("warehouse")).output().unwrap();
        assert!(output.status.success(), "{pass}: {}{}", String::from_utf8_lossy(&output.stdout), stderr(&output));
        let compact = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/compact.py");
        assert!(Command::new(&python).arg(compact).arg(folder.path().join("warehouse")).status().unwrap().success());
    }
    // Compaction of every table leaves every digest equal.
    let output = on(folder.path(), &["verify", "--epoch", "2"]);
    assert!(output.status.success(), "{}", stderr(&output));
}

#[test]
fn the_python_verifier_reaches_the_same_from_a_bundle_alone() {
    let Some(python) = python() else { return };
    let empty = tempfile::tempdir().unwrap();
    for epoch in ["1", "2"] {
        let bundle = empty.path().join("a.bundle");
        let exported =
            json_on(settled_demo(), &["export", "bundle", "--epoch", epoch, "--to", bundle.to_str().unwrap()]);
        let output = Command::new(&python)
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("verify/openbooks_verify.py"))
            .arg(&bundle)
            .args(["--manifest-hash", exported["manifest_hash"].as_str().unwrap()])
            .current_dir(empty.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}{}", String::from_utf8_lossy(&output.stdout), stderr(&output));
    }
}

#[test]
fn a_lavapipe_adapter_gives_the_manifest_of_the_cpu() {
    let folder = unsettled();
    let config = folder.path().join("openbooks.toml");
    let config = config.to_str().unwrap();
    let replay = ["--config", config, "ingest", "replay", "demo/chain-events.rec", "demo/receipts.rec"];
    assert!(openbooks(&replay, &[]).status.success());
    for epoch in ["1", "2"] {
        let output = openbooks(&["--config", config, "--kernel", "wgpu", "epoch", "run", "--epoch", epoch], &[]);
        if stderr(&output).contains("adapter") && !output.status.success() {
            println!("skipped: {}", stderr(&output));
            return;
        }
        assert!(output.status.success(), "{}", stderr(&output));
    }
    assert_eq!(manifests(folder.path()), manifests(settled_demo()));
}
