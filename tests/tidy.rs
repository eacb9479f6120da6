//! The house rules that a machine can check: arrows between crates, sizes, headers, names, one copy of each engine,
//! and that a rule set, once posted with, never changes.

use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const LINES_MAX: usize = 400;

/// Files longer than the rule allows. This list may only shrink.
const LONG_FILES: &[&str] = &[];

/// SHA-256 over each rule set's files: a rule set with which an epoch was posted is never edited.
const RULE_SETS: &[(&str, &str)] = &[("0001", "48bf7a3a859009d191f70c6b2afe0a6f88274c9a844a598ce6e08659255b6ced")];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            files(&path, extension, found);
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
    found.sort();
}

fn rust_files() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in ["src", "tests", "benches", "api", "ingest", "kernels", "pipeline", "warehouse"] {
        files(&root().join(folder), "rs", &mut found);
    }
    assert!(found.len() > 100, "the search finds the sources");
    found
}

fn relative(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().display().to_string()
}

#[test]
fn crates_depend_only_along_the_arrows() {
    let members = ["api", "ingest", "kernels", "pipeline", "warehouse"];
    for (member, arrows) in [
        ("api", &["warehouse"][..]),
        ("ingest", &["warehouse"]),
        ("kernels", &[]),
        ("pipeline", &["kernels", "warehouse"]),
        ("warehouse", &[]),
    ] {
        let manifest = std::fs::read_to_string(root().join(member).join("Cargo.toml")).unwrap();
        for other in members.iter().filter(|other| **other != member && !arrows.contains(other)) {
            let depends = manifest.lines().any(|line| line.split(['.', ' ', '=']).next() == Some(*other));
            assert!(!depends, "{member} must not depend on {other}");
        }
    }
}

#[test]
fn domain_types_know_no_arrow_serde_or_runtime() {
    let mut found = Vec::new();
    files(&root().join("warehouse/src/types"), "rs", &mut found);
    for path in found {
        let text = std::fs::read_to_string(&path).unwrap();
        for word in ["use arrow", "use serde", "use tokio", "use datafusion"] {
            assert!(!text.contains(word), "{} has `{word}`", relative(&path));
        }
    }
}

#[test]
fn files_are_short_and_open_with_what_they_are_for() {
    for path in rust_files() {
        let (name, text) = (relative(&path), std::fs::read_to_string(&path).unwrap());
        assert!(text.starts_with("//! "), "{name} does not open with `//!`");
        let lines = text.lines().count();
        let allowed = LONG_FILES.contains(&name.as_str());
        assert!(lines <= LINES_MAX || allowed, "{name} has {lines} lines, {LINES_MAX} are allowed: split it by noun");
        assert!(lines > LINES_MAX || !allowed, "{name} is short now: take it off the list");
    }
}

#[test]
fn no_module_is_a_drawer_for_everything() {
    for path in rust_files() {
        let stem = path.file_stem().unwrap().to_str().unwrap();
        for word in ["utils", "util", "common", "helpers", "helper", "base", "manager"] {
            assert_ne!(stem, word, "{}", relative(&path));
        }
    }
}

#[test]
fn sql_is_never_assembled() {
    for path in rust_files().iter().filter(|path| !path.ends_with("tests/tidy.rs")) {
        for (at, line) in std::fs::read_to_string(path).unwrap().lines().enumerate() {
            let lower = line.to_lowercase();
            let assembled = lower.contains("format!(\"select ") || lower.contains("format!(\"with ");
            assert!(!assembled, "{}:{} assembles SQL", relative(path), at + 1);
        }
    }
}

#[test]
fn sql_files_open_with_grain_inputs_and_invariant() {
    let mut found = Vec::new();
    files(&root().join("pipeline/src/invariants"), "sql", &mut found);
    files(&root().join("warehouse/src/open"), "sql", &mut found);
    for path in found {
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("-- "), "{} has no header", relative(&path));
        assert!(text.contains("Grain:") && text.contains("Inputs:"), "{} names no grain or inputs", relative(&path));
    }
}

#[test]
fn each_engine_is_in_the_lock_once() {
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let mut versions: BTreeMap<&str, usize> = BTreeMap::new();
    for name in lock.lines().filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"')) {
        *versions.entry(name).or_default() += 1;
    }
    for (name, count) in versions {
        let engine =
            name.starts_with("arrow") || name.starts_with("datafusion") || ["parquet", "object_store"].contains(&name);
        assert!(!engine || count == 1, "{name} is in Cargo.lock {count} times");
    }
}

#[test]
fn posted_rule_sets_never_change() {
    for (number, expected) in RULE_SETS {
        let folder = root().join("pipeline/src/rules").join(number);
        let mut found = Vec::new();
        files(&folder, "rs", &mut found);
        let mut hasher = Sha256::new();
        for path in found {
            hasher.update(path.strip_prefix(&folder).unwrap().display().to_string());
            hasher.update(std::fs::read(&path).unwrap());
        }
        let hash: String = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hash, *expected, "rule set {number} changed: make a new rule set instead");
    }
}
