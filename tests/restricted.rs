//! Restricted evidence never leaves in a bundle; verifiers then take attributions as given, and say so.

mod demo;

use demo::{json_on, on, openbooks, python, stderr, unsettled};
use ingest::wire::chain_events::v1::{ChainRecord, chain_record::Body};
use ingest::{RecordingReader, RecordingWriter};
use prost::Message;
use std::path::Path;
use std::process::Command;

/// Rewrites the chain's recording so that every model version and adapter keeps its evidence restricted:
/// `evidencePublic` is the last word of the events' fixed part.
fn restrict(recording: &Path) {
    let reader = RecordingReader::open(recording).unwrap();
    let records: Vec<_> = reader.map(Result::unwrap).collect();
    let mut writer = RecordingWriter::create(recording, records[0].topic, 1).unwrap();
    let mut changed = 0;
    for mut record in records {
        let mut message = ChainRecord::decode(record.value.clone()).unwrap();
        if let Some(Body::Block(block)) = &mut message.body {
            for log in &mut block.logs {
                let name = warehouse::chain_events::ChainEvent::decode(
                    warehouse::chain_events::Contract::Models,
                    &log.topics.iter().map(|topic| topic.as_ref().try_into().unwrap()).collect::<Vec<_>>(),
                    &log.data,
                );
                let word = match name {
                    Ok((_, "ModelVersionPublished")) => 5,
                    Ok((_, "AdapterRegistered")) => 6,
                    _ => continue,
                };
                let mut data = log.data.to_vec();
                assert_eq!(data[word * 32..][..32], [[0; 31].as_slice(), &[1]].concat(), "evidencePublic is true");
                data[word * 32 + 31] = 0;
                log.data = data.into();
                changed += 1;
            }
        }
        record.value = message.encode_to_vec().into();
        writer.write(&record).unwrap();
    }
    writer.finish().unwrap();
    assert_eq!(changed, 3, "two model versions and an adapter");
}

#[test]
fn restricted_evidence_stays_out_of_bundles_and_the_level_is_money() {
    let folder = unsettled();
    let chain = folder.path().join("events/chain-events.rec");
    restrict(&chain);
    assert!(on(folder.path(), &["ingest", "replay", chain.to_str().unwrap(), "demo/receipts.rec"]).status.success());
    let output = on(folder.path(), &["epoch", "run", "--epoch", "1"]);
    assert!(output.status.success(), "{}", stderr(&output));

    let bundle = folder.path().join("1.bundle");
    json_on(folder.path(), &["export", "bundle", "--epoch", "1", "--to", bundle.to_str().unwrap()]);
    let bytes = std::fs::metadata(&bundle).unwrap().len();
    assert!(bytes < 2_700_000, "{bytes} bytes: the sketches of 383 receipts are not in it");
    let output = openbooks(&["--kernel", "cpu", "--output", "json", "verify", "--bundle"], &[&bundle]);
    assert!(output.status.success(), "{}", stderr(&output));
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["level"], "money");
    assert!(told["believed"].to_string().contains("restricted"), "{told}");

    let Some(python) = python() else { return };
    let verifier = Path::new(env!("CARGO_MANIFEST_DIR")).join("verify/openbooks_verify.py");
    let output = Command::new(python).arg(verifier).arg(&bundle).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("money"), "{said}{}", stderr(&output));
}
