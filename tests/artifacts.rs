//! Artifacts that are missing: what anybody can publish stops nobody, what the settler lost costs nobody.

mod demo;

use demo::{json_on, on, openbooks, python, stderr, unsettled};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// A demo folder with everything ingested and nothing settled.
fn ingested() -> TempDir {
    let folder = unsettled();
    assert!(on(folder.path(), &["ingest", "replay", "demo/chain-events.rec", "demo/receipts.rec"]).status.success());
    folder
}

/// The largest artifact: the index of the model version that most receipts use.
fn index(folder: &Path) -> PathBuf {
    let files = std::fs::read_dir(folder.join("artifacts")).unwrap().map(|entry| entry.unwrap().path());
    files.max_by_key(|path| std::fs::metadata(path).unwrap().len()).unwrap()
}

fn inputs(folder: &Path, epoch: &str) -> Value {
    let query = "SELECT document FROM epochs WHERE state = 'frozen'";
    let rows = json_on(folder, &["sql", query]);
    let documents = rows.as_array().unwrap().iter().map(|row| row["document"].as_str().unwrap());
    documents.map(|text| serde_json::from_str::<Value>(text).unwrap()).find(|inputs| inputs["epoch"] == epoch).unwrap()
}

/// The epochs in which receipts were refused for it.
fn unusable(folder: &Path) -> Value {
    let query = "SELECT epoch, COUNT(*) > 0 AS some FROM charges WHERE outcome = 'artifact_unusable' GROUP BY epoch";
    json_on(folder, &["sql", query])
}

#[test]
fn a_version_whose_artifacts_nobody_has_is_refused_and_the_night_is_settled() {
    let folder = ingested();
    let (there, away) = (index(folder.path()), folder.path().join("away"));
    std::fs::rename(&there, &away).unwrap();
    let output = on(folder.path(), &["epoch", "run", "--epoch", "1"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("is refused: artifact 0x") && said.contains("it is missing in"), "{said}");
    assert_eq!(inputs(folder.path(), "1")["refused"].as_array().unwrap().len(), 1);
    let in_the_first_night = json!([{ "epoch": 1, "some": true }]);
    assert_eq!(unusable(folder.path()), in_the_first_night);

    // Both verifiers reach the same without the file, and say who was refused.
    let bundle = folder.path().join("a.bundle");
    let export = ["export", "bundle", "--epoch", "1", "--to", bundle.to_str().unwrap()];
    let exported = json_on(folder.path(), &export);
    let again = openbooks(&["verify", "--bundle"], &[&bundle]);
    assert!(again.status.success(), "{}", stderr(&again));
    assert!(String::from_utf8_lossy(&again.stdout).contains("refused"), "{}", String::from_utf8_lossy(&again.stdout));
    if let Some(python) = python() {
        let mut verify = Command::new(python);
        let verify = verify.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("verify/openbooks_verify.py")).arg(&bundle);
        let output = verify.args(["--manifest-hash", exported["manifest_hash"].as_str().unwrap()]).output().unwrap();
        assert!(output.status.success(), "{}{}", String::from_utf8_lossy(&output.stdout), stderr(&output));
    }

    // Once the file is there, the version is settled like any other.
    std::fs::rename(&away, &there).unwrap();
    let output = on(folder.path(), &["epoch", "run", "--epoch", "2"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(inputs(folder.path(), "2")["refused"], json!([]));
    assert_eq!(unusable(folder.path()), in_the_first_night);
}

#[test]
fn what_the_epoch_before_had_and_is_lost_stops_the_night() {
    let folder = ingested();
    assert!(on(folder.path(), &["epoch", "run", "--epoch", "1"]).status.success());
    let (there, away) = (index(folder.path()), folder.path().join("away"));
    std::fs::rename(&there, &away).unwrap();
    let output = on(folder.path(), &["epoch", "run", "--epoch", "2"]);
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(4), "{said}");
    assert!(said.contains("it is missing in") && said.contains("bundle of an earlier epoch"), "{said}");
    std::fs::rename(&away, &there).unwrap();
    assert!(on(folder.path(), &["epoch", "run", "--epoch", "2"]).status.success());
}

#[test]
fn a_place_without_any_artifact_stops_the_night() {
    let folder = ingested();
    let artifacts = folder.path().join("artifacts");
    std::fs::rename(&artifacts, folder.path().join("away")).unwrap();
    let output = on(folder.path(), &["epoch", "freeze", "--epoch", "1"]);
    assert_eq!(output.status.code(), Some(4), "{}", stderr(&output));
    assert!(stderr(&output).contains("holds no artifact at all"), "{}", stderr(&output));
}
