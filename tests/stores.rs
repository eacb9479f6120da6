//! Tables and artifacts in a bucket: the same nights, the same manifests.

mod demo;
mod servers;

use demo::{on, settled_demo, stderr, told, unsettled};
use object_store::ObjectStoreExt;
use object_store::aws::AmazonS3Builder;
use servers::{S3, S3_KEY};
use std::path::Path;
use std::process::{Command, Output};

/// The settings of the demo, with everything in the bucket.
fn settings(s3: &S3, folder: &Path) {
    let text = std::fs::read_to_string(settled_demo().join("openbooks.toml")).unwrap();
    let text = text
        .replace("warehouse = \"warehouse\"", "warehouse = \"s3://books/tables\"")
        .replace("artifacts = \"artifacts\"", "artifacts = \"s3://books/artifacts\"");
    let options: String = s3.options().iter().map(|(key, value)| format!("{key} = \"{value}\"\n")).collect();
    std::fs::write(folder.join("openbooks.toml"), format!("{text}\n[store]\n{options}")).unwrap();
}

/// Runs the command with the secret in its environment.
fn with_secret(folder: &Path, secret: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_openbooks"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).env("AWS_SECRET_ACCESS_KEY", secret);
    command.arg("--config").arg(folder.join("openbooks.toml")).args(["--kernel", "cpu"]).args(arguments);
    command.output().unwrap()
}

#[tokio::test]
async fn the_nights_settle_in_a_bucket_to_the_same_manifests() {
    let Some(s3) = S3::start() else { return };
    let folder = unsettled();
    settings(&s3, folder.path());
    let bucket = s3
        .options()
        .into_iter()
        .fold(AmazonS3Builder::new().with_bucket_name("books"), |builder, (key, value)| {
            builder.with_config(key.parse().unwrap(), value)
        })
        .with_secret_access_key(S3_KEY.1)
        .build()
        .unwrap();
    for entry in std::fs::read_dir(folder.path().join("artifacts")).unwrap() {
        let entry = entry.unwrap();
        let path = format!("artifacts/{}", entry.file_name().to_string_lossy());
        bucket.put(&path.into(), std::fs::read(entry.path()).unwrap().into()).await.unwrap();
    }
    let run = |arguments: &[&str]| with_secret(folder.path(), S3_KEY.1, arguments);
    for arguments in [
        &["ingest", "replay", "demo/chain-events.rec", "demo/receipts.rec"][..],
        &["epoch", "run", "--epoch", "1"],
        &["epoch", "run", "--epoch", "2"],
        &["verify", "--epoch", "2"],
    ] {
        let output = run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
    }
    let query = "SELECT encode(manifest_hash, 'hex') AS manifest FROM epochs WHERE state = 'settled' ORDER BY epoch";
    let output = run(&["--output", "json", "sql", query]);
    let rows: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let found: Vec<String> =
        rows.as_array().unwrap().iter().map(|row| format!("0x{}", row["manifest"].as_str().unwrap())).collect();
    let nights = told()["nights"].as_array().unwrap();
    let expected: Vec<&str> = nights.iter().map(|night| night["manifest_hash"].as_str().unwrap()).collect();
    assert_eq!(found, expected);

    let again = run(&["epoch", "run", "--epoch", "2"]);
    assert_eq!(again.status.code(), Some(3), "{}", stderr(&again));
    assert_eq!(run(&["export", "payouts", "--epoch", "2", "--format", "csv"]).stdout, {
        on(settled_demo(), &["export", "payouts", "--epoch", "2", "--format", "csv"]).stdout
    });

    let refused = with_secret(folder.path(), "wrong", &["verify", "--epoch", "2"]);
    assert_eq!(refused.status.code(), Some(1), "{}", stderr(&refused));
    assert!(stderr(&refused).contains("403 Forbidden"), "{}", stderr(&refused));
}

#[test]
fn an_option_of_no_store_is_refused() {
    let folder = unsettled();
    let config = folder.path().join("openbooks.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, format!("{text}\n[store]\naws_endpiont = \"x\"\n")).unwrap();
    let output = on(folder.path(), &["verify", "--epoch", "1"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("store.aws_endpiont"), "{}", stderr(&output));
}
