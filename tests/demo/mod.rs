//! The demo, settled once for all tests of a file, and ways to run the command on it or on a copy.
#![allow(dead_code, unreachable_pub, reason = "each file of tests uses a part of it")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;
use tempfile::TempDir;

struct Settled {
    folder: TempDir,
    told: serde_json::Value,
}

static SETTLED: LazyLock<Settled> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("demo");
    let output = openbooks(&["demo", "--output", "json", "--kernel", "cpu", "--recording", "demo", "--out"], &[&out]);
    assert!(output.status.success(), "{}", stderr(&output));
    Settled { told: serde_json::from_slice(&output.stdout).unwrap(), folder }
});

/// The folder of the settled demo. Nothing may be changed in it; see [`copy`].
pub fn settled_demo() -> &'static Path {
    static PATH: LazyLock<PathBuf> = LazyLock::new(|| SETTLED.folder.path().join("demo"));
    &PATH
}

/// What the demo told, as JSON.
pub fn told() -> &'static serde_json::Value {
    &SETTLED.told
}

/// A copy of the settled demo that may be changed.
pub fn copy() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy_folder(settled_demo(), folder.path());
    folder
}

/// A folder as the demo makes it, before anything is ingested.
pub fn unsettled() -> TempDir {
    let folder = copy();
    std::fs::remove_dir_all(folder.path().join("warehouse")).unwrap();
    folder
}

pub fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Runs the command in the repository's folder.
pub fn openbooks(arguments: &[&str], paths: &[&Path]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_openbooks"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments).args(paths);
    command.output().unwrap()
}

/// Runs the command on a demo's folder.
pub fn on(folder: &Path, arguments: &[&str]) -> Output {
    let config = folder.join("openbooks.toml");
    let mut all = vec!["--kernel", "cpu", "--config", config.to_str().unwrap()];
    all.extend(arguments);
    openbooks(&all, &[])
}

/// Runs the command, which must succeed, and parses its JSON.
pub fn json_on(folder: &Path, arguments: &[&str]) -> serde_json::Value {
    let mut all = vec!["--output", "json"];
    all.extend(arguments);
    let output = on(folder, &all);
    assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The Python of the tests' environment, or `None` (said aloud) where it is not installed.
pub fn python() -> Option<PathBuf> {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/venv/bin/python");
    if python.exists() {
        return Some(python);
    }
    println!("skipped: {} is missing; `make install-tests` makes it", python.display());
    None
}
