//! Bundles: verified in an empty folder, and refused when one byte differs, wherever it is.

mod demo;

use demo::{json_on, openbooks, settled_demo, stderr};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use tempfile::TempDir;

struct Exported {
    folder: TempDir,
    manifest: String,
}

static EXPORTED: LazyLock<Exported> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("2.bundle");
    let told = json_on(settled_demo(), &["export", "bundle", "--epoch", "2", "--to", path.to_str().unwrap()]);
    Exported { folder, manifest: told["manifest_hash"].as_str().unwrap().to_owned() }
});

fn bundle() -> PathBuf {
    EXPORTED.folder.path().join("2.bundle")
}

fn verify(path: &Path, hash: &str) -> std::process::Output {
    openbooks(&["--kernel", "cpu", "verify", "--manifest-hash", hash, "--bundle"], &[path])
}

/// Writes bytes as a bundle whose trailer is right again.
fn sealed(folder: &Path, mut bytes: Vec<u8>) -> PathBuf {
    bytes.truncate(bytes.len() - 32);
    let trailer = Sha256::digest(&bytes);
    bytes.extend(trailer);
    let path = folder.join("altered.bundle");
    std::fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn a_bundle_is_verified_from_itself_alone() {
    let output = verify(&bundle(), &EXPORTED.manifest);
    assert!(output.status.success(), "{}", stderr(&output));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("level full") && text.contains("taken as given"), "{text}");
}

#[test]
fn the_same_epoch_gives_the_same_bundle() {
    let folder = tempfile::tempdir().unwrap();
    let again = folder.path().join("again.bundle");
    json_on(settled_demo(), &["export", "bundle", "--epoch", "2", "--to", again.to_str().unwrap()]);
    assert_eq!(std::fs::read(again).unwrap(), std::fs::read(bundle()).unwrap());
}

#[test]
fn a_changed_byte_anywhere_is_refused() {
    let bytes = std::fs::read(bundle()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for at in (0..bytes.len()).step_by(bytes.len() / 60).chain([bytes.len() - 1, bytes.len() - 32]) {
        let mut altered = bytes.clone();
        altered[at] ^= 1;
        let path = folder.path().join("altered.bundle");
        std::fs::write(&path, altered).unwrap();
        let output = verify(&path, &EXPORTED.manifest);
        assert_eq!(output.status.code(), Some(5), "byte {at}: {}", stderr(&output));
    }
}

#[test]
fn a_changed_byte_under_a_new_checksum_is_refused_too() {
    let bytes = std::fs::read(bundle()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut archive = tar::Archive::new(&bytes[..bytes.len() - 32]);
    let mut places =
        vec![("padding of the first member's header".to_owned(), 300), ("the end".to_owned(), bytes.len() - 40)];
    let mut artifacts = 0;
    for entry in archive.entries().unwrap() {
        let entry = entry.unwrap();
        let name = entry.path().unwrap().display().to_string();
        artifacts += usize::from(name.starts_with("artifacts/"));
        let (start, size) =
            (usize::try_from(entry.raw_file_position()).unwrap(), usize::try_from(entry.size()).unwrap());
        // Two artifacts stand for all: each is hashed as it is read.
        if size > 0 && (!name.starts_with("artifacts/") || artifacts <= 2) {
            places.push((name, start + size / 2));
        }
    }
    assert!(places.len() > 10, "{places:?}");
    for (name, at) in places {
        let mut altered = bytes.clone();
        altered[at] ^= 1;
        let path = sealed(folder.path(), altered);
        let output = openbooks(&["--kernel", "cpu", "verify", "--bundle"], &[&path]);
        assert!(
            matches!(output.status.code(), Some(4 | 5)),
            "{name}, byte {at}: {:?} {}",
            output.status,
            stderr(&output)
        );
    }
}

#[test]
fn another_manifest_hash_than_the_committed_one_is_refused() {
    let output = verify(&bundle(), &format!("0x{}", "11".repeat(32)));
    assert_eq!(output.status.code(), Some(5));
    assert!(stderr(&output).contains("expected 0x1111"), "{}", stderr(&output));
}
