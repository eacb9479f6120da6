//! Bad input: one clear error that names what and where, the right exit code, and tables as they were.

mod demo;

use demo::{copy, on, openbooks, settled_demo, stderr, unsettled};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Every file below a folder with its bytes.
fn snapshot(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(folder) else { continue };
        for path in entries.map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path)
            } else {
                drop(files.insert(path.clone(), std::fs::read(path).unwrap()))
            }
        }
    }
    files
}

/// Runs a command that must fail with `code` and say `words`, once, and leave the tables as they were.
fn refused(folder: &Path, arguments: &[&str], code: i32, words: &[&str]) {
    let before = snapshot(&folder.join("warehouse"));
    let output = on(folder, arguments);
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
    for word in words {
        assert!(said.contains(word), "{arguments:?} does not say {word:?}: {said}");
    }
    assert_eq!(said.lines().filter(|line| line.starts_with("openbooks: ")).count(), 1, "{said}");
    assert!(before == snapshot(&folder.join("warehouse")), "{arguments:?} changed the tables");
}

/// A demo folder whose recorded receipts file was changed.
fn with_receipts(change: impl FnOnce(&mut Vec<u8>)) -> (tempfile::TempDir, PathBuf) {
    let folder = unsettled();
    let path = folder.path().join("events/receipts.rec");
    let mut bytes = std::fs::read(&path).unwrap();
    change(&mut bytes);
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

#[test]
fn a_missing_recording_is_named() {
    refused(settled_demo(), &["ingest", "replay", "no/such.rec"], 2, &["no/such.rec"]);
}

#[test]
fn a_truncated_recording_is_refused_and_says_where() {
    let (folder, path) = with_receipts(|bytes| bytes.truncate(bytes.len() - 100));
    let output = on(folder.path(), &["ingest", "replay", path.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(5), "{}", stderr(&output));
    assert!(stderr(&output).contains("receipts.rec"), "{}", stderr(&output));
}

#[test]
fn a_corrupted_recording_is_refused_and_says_where() {
    let (folder, path) = with_receipts(|bytes| {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 4;
    });
    let output = on(folder.path(), &["ingest", "replay", path.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(5), "{}", stderr(&output));
    assert!(stderr(&output).contains("receipts.rec"), "{}", stderr(&output));
    // Bringing the right file afterwards completes the tables.
    assert!(on(folder.path(), &["ingest", "replay", "demo/chain-events.rec", "demo/receipts.rec"]).status.success());
    assert!(on(folder.path(), &["epoch", "run", "--epoch", "1"]).status.success());
}

/// The ingested demo with one artifact changed.
fn with_artifact(change: impl FnOnce(&Path)) -> tempfile::TempDir {
    let folder = unsettled();
    assert!(on(folder.path(), &["ingest", "replay", "demo/chain-events.rec", "demo/receipts.rec"]).status.success());
    for job in ["freeze", "registry", "charge"] {
        assert!(on(folder.path(), &["epoch", job, "--epoch", "1"]).status.success(), "{job}");
    }
    let mut largest: Vec<PathBuf> =
        std::fs::read_dir(folder.path().join("artifacts")).unwrap().map(|entry| entry.unwrap().path()).collect();
    largest.sort_by_key(|path| std::fs::metadata(path).unwrap().len());
    change(largest.last().unwrap());
    folder
}

#[test]
fn an_artifact_with_a_wrong_hash_is_refused() {
    let folder = with_artifact(|path| {
        let mut bytes = std::fs::read(path).unwrap();
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        std::fs::write(path, bytes).unwrap();
    });
    refused(
        folder.path(),
        &["epoch", "clusters", "--epoch", "1"],
        4,
        &["artifact 0x", "SHA-256 is another one", "bring the file again"],
    );
}

#[test]
fn a_missing_artifact_is_named() {
    let folder = with_artifact(|path| std::fs::remove_file(path).unwrap());
    refused(folder.path(), &["epoch", "clusters", "--epoch", "1"], 4, &["artifact 0x", "missing in", "artifacts"]);
}

#[test]
fn an_unknown_key_in_the_settings_is_refused_with_its_line() {
    let folder = copy();
    let config = folder.path().join("openbooks.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace("labels =", "lables =")).unwrap();
    refused(folder.path(), &["proof", "0x0000000000000000000000000000000000000001"], 2, &["openbooks.toml", "lables"]);
}

#[test]
fn missing_settings_say_what_to_do() {
    let output = openbooks(&["--config", "no/openbooks.toml", "verify", "--epoch", "1"], &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("no/openbooks.toml") && stderr(&output).contains("openbooks demo"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "in the way").unwrap();
    let output = openbooks(&["demo", "--out"], &[&file.join("demo")]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(stderr(&output).contains("cannot be made"), "{}", stderr(&output));
    let output = openbooks(&["demo", "--out"], &[folder.path()]);
    assert_eq!(output.status.code(), Some(2), "a folder of somebody else's is not replaced");
    std::fs::write(folder.path().join("openbooks.toml"), "# my own settings").unwrap();
    let output = openbooks(&["demo", "--out"], &[folder.path()]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(file.exists(), "somebody's own folder is never removed");
}

/// Flips a bit in every Parquet file of a table.
fn flip(folder: &Path, table: &str) {
    for (path, mut bytes) in snapshot(&folder.join("warehouse").join(table)) {
        if path.extension().is_some_and(|extension| extension == "parquet") {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 16;
            std::fs::write(path, bytes).unwrap();
        }
    }
}

#[test]
fn a_flipped_byte_in_a_parquet_file_stops_the_settlement_and_names_the_file() {
    let jobs = ["freeze", "registry", "charge", "clusters", "attribute", "settle", "prove", "reconcile"];
    let cases = [
        ("raw_receipts", "freeze"),
        ("splits", "charge"),
        ("charges", "settle"),
        ("attributions", "settle"),
        ("payouts", "prove"),
        ("ledger", "reconcile"),
    ];
    let folder = unsettled();
    assert!(on(folder.path(), &["ingest", "replay", "demo/chain-events.rec", "demo/receipts.rec"]).status.success());
    for job in jobs {
        for (table, _) in cases.iter().filter(|(_, reader)| *reader == job) {
            let broken = tempfile::tempdir().unwrap();
            demo::copy_folder(folder.path(), broken.path());
            flip(broken.path(), table);
            refused(broken.path(), &["epoch", job, "--epoch", "1"], 5, &[table, "part-", ".parquet", "corrupted"]);
        }
        assert!(on(folder.path(), &["epoch", job, "--epoch", "1"]).status.success(), "{job}");
    }
    for table in ["raw_receipts", "charges", "payouts"] {
        let broken = copy();
        flip(broken.path(), table);
        refused(broken.path(), &["verify", "--epoch", "2"], 5, &[table, "part-", ".parquet", "corrupted"]);
    }
}

#[test]
fn an_epoch_before_the_one_ahead_of_it_is_not_frozen() {
    let folder = unsettled();
    assert!(on(folder.path(), &["ingest", "replay", "demo/chain-events.rec", "demo/receipts.rec"]).status.success());
    refused(
        folder.path(),
        &["epoch", "freeze", "--epoch", "2"],
        4,
        &["epoch 2", "epoch 1 is not settled", "openbooks epoch run --epoch 1"],
    );
}

#[test]
fn an_epoch_that_is_not_closed_in_every_partition_is_not_frozen() {
    let folder = unsettled();
    assert!(on(folder.path(), &["ingest", "replay", "demo/chain-events.rec"]).status.success());
    let said = ["openbooks.receipts.v1/0 (of 2 partitions)", "Close(1)", "ingest the rest"];
    refused(folder.path(), &["epoch", "freeze", "--epoch", "1"], 4, &said);
    refused(settled_demo(), &["epoch", "freeze", "--epoch", "3"], 4, &["Close(3)"]);
}

#[test]
fn a_job_before_its_predecessor_says_which() {
    let folder = unsettled();
    refused(
        folder.path(),
        &["epoch", "settle", "--epoch", "1"],
        4,
        &["freeze is not done", "openbooks epoch freeze --epoch 1"],
    );
}

#[test]
fn an_account_that_does_not_exist_has_no_proof() {
    let account = "0x00000000000000000000000000000000000000ff";
    refused(settled_demo(), &["proof", account], 4, &[account, "no leaf"]);
    refused(settled_demo(), &["explain", account, "--epoch", "2"], 4, &[account]);
}

#[test]
fn wrong_sql_is_a_usage_error() {
    for (query, word) in [
        ("SELEC 1", "Expected"),
        ("SELECT nothing FROM accounts", "nothing"),
        ("SELECT * FROM no_such_table", "no_such_table"),
        ("DROP TABLE warehouse.payouts", "not supported"),
        ("INSERT INTO warehouse.payouts SELECT * FROM warehouse.payouts", "not supported"),
        ("COPY (SELECT 1) TO '/tmp/openbooks-copy.csv'", "not supported"),
        ("SET datafusion.execution.batch_size = 1", "not supported"),
    ] {
        refused(settled_demo(), &["sql", query], 2, &[word]);
    }
}

#[test]
fn wrong_arguments_are_usage_errors() {
    for arguments in [
        &["proof", "0x12"][..],
        &["epoch", "run", "--epoch", "0"],
        &["verify"],
        &["explain", "0x0000000000000000000000000000000000000001"],
        &["export", "payouts", "--epoch", "2", "--format", "xml"],
    ] {
        assert_eq!(on(settled_demo(), arguments).status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn a_folder_of_items_is_hashed_as_the_documents_say() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = |path: &str| {
        let [datanet, salt] = ["11", "22"].map(|byte| format!("0x{}", byte.repeat(32)));
        let contributor = format!("0x{}", "33".repeat(20));
        let fixed = ["--output", "json", "contribution", "hash", path, "--datanet", &datanet, "--salt", &salt];
        let mut all: Vec<String> = fixed.map(str::to_owned).into();
        all.extend(["--contributor".to_owned(), contributor]);
        all
    };
    let path = folder.path().to_str().unwrap().to_owned();
    let run = || {
        let all = arguments(&path);
        openbooks(&all.iter().map(String::as_str).collect::<Vec<_>>(), &[])
    };
    assert_eq!(run().status.code(), Some(2), "an empty folder holds no item");
    for (name, bytes) in [("b", "second"), ("a", "first"), ("c", "third")] {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    let output = run();
    let told: serde_json::Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", stderr(&output)));
    // python: leaf(x) = sha256(0 + sha256(x)), node = sha256(1 + left + right); node(node(first, second), third)
    assert_eq!(told["content_hash"], "0xe84565fb69fe4b39a51cd524afe2a892dbfb512b6931764bf485e921c08da909");
    assert_eq!(told["items"], "3");
}
