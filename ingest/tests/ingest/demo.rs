//! The demo's recording, which an independent writer made: only the records that its story breaks are refused.

use alloy::primitives::Address;
use ingest::{Network, RawRows, RecordingReader, check, rebuild};
use std::path::{Path, PathBuf};
use warehouse::chain_events::Contract;
use warehouse::tables::quarantine::QuarantineReason::{self, *};
use warehouse::tables::raw_log::RecordKind;
use warehouse::types::Topic;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../demo")
}

fn network() -> Network {
    let text = std::fs::read_to_string(folder().join("network.toml")).expect("demo/network.toml");
    let network: toml::Table = text.parse().expect("TOML");
    let address = |name: &str| -> Address { network[name].as_str().expect(name).parse().expect(name) };
    let number = |name: &str| network[name].as_integer().expect(name);
    let contracts = [
        ("datanets", Contract::Datanets),
        ("models", Contract::Models),
        ("operators", Contract::Operators),
        ("splits", Contract::Splits),
        ("governance", Contract::Governance),
        ("vault", Contract::Vault),
        ("token", Contract::Token),
    ];
    Network {
        chain_id: number("chain_id").try_into().expect("chain_id"),
        vault: address("vault"),
        contracts: contracts.into_iter().map(|(name, contract)| (address(name), contract)).collect(),
        receipts_partitions: number("receipts_partitions").try_into().expect("receipts_partitions"),
    }
}

/// Partition, offset, part and reason of what the story breaks.
fn broken(topic: Topic) -> Vec<(u64, i64, Option<u64>, String)> {
    let text = std::fs::read_to_string(folder().join("story.json")).expect("demo/story.json");
    let story: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let words = [Undecodable, Malformed, Signature, UnknownContract, UnknownEvent].map(QuarantineReason::word);
    let cases = story.as_array().expect("cases").iter().filter(|case| case["topic"] == topic.name());
    cases
        .filter_map(|case| {
            let word = words.into_iter().find(|word| case["expect"] == *word)?;
            let (partition, offset) = (case["partition"].as_u64()?, case["offset"].as_i64()?);
            Some((partition, offset, case["index"].as_u64(), word.to_owned()))
        })
        .collect()
}

fn checked(file: &str, topic: Topic) -> RawRows {
    let network = network();
    let reader = RecordingReader::open(&folder().join(file)).expect(file);
    assert_eq!((reader.topic(), reader.partitions()), (topic, network.partitions(topic)));
    let mut rows = RawRows::default();
    for record in reader {
        rows.append(check(&network, &record.expect("a record")));
    }
    rows
}

#[test]
fn of_the_demo_only_what_its_story_breaks_is_refused() {
    for (file, topic) in [("receipts.rec", Topic::Receipts), ("chain-events.rec", Topic::ChainEvents)] {
        let rows = checked(file, topic);
        let refused = rows
            .quarantined
            .iter()
            .map(|row| (row.partition.0.into(), row.offset.0, row.index.map(u64::from), row.reason.word().to_owned()));
        assert_eq!(refused.collect::<Vec<_>>(), broken(topic), "{file}");
        let closes = rows.log.iter().filter(|row| row.kind == RecordKind::Close).count();
        assert!(closes > 0 && rows.log.len() > closes, "{file}");
        let network = network();
        let mut again = RawRows::default();
        rebuild(&rows).expect(file).iter().for_each(|record| again.append(check(&network, record)));
        let counts = |rows: &RawRows| (rows.log.len(), rows.batches.len(), rows.receipts.len(), rows.evidence.len());
        assert_eq!(counts(&again), counts(&rows), "{file}");
    }
}
