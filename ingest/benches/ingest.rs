//! Events (receipts) a second from a recorded file into the raw tables, stage by stage, beside a plain decode of the
//! same records with the recovery of every signature and nothing else.
//! Prints a table and writes `target/bench/ingest.json`; every stage's count of receipts is compared with the number made.
#![expect(clippy::float_arithmetic, reason = "times are divided")]

#[path = "../tests/ingest/signed.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod signed;

use alloy::primitives::{Address, B256, keccak256};
use bytes::Bytes;
use ingest::wire::receipts::v1::{BatchContent, Evidence, ReceiptRecord, receipt_record};
use ingest::{Bounds, Network, Record, RecordingReader, RecordingWriter, Sink, check, recover};
use prost::Message;
use std::collections::HashMap;
use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};
use warehouse::Warehouse;
use warehouse::types::{Amount, Topic};

/// Receipts in each workload.
const RECEIPTS: u32 = 24_000;
/// Sketches of each receipt's evidence, and their length.
const CHECKPOINTS: u32 = 3;
const VALUES: usize = 256;
/// Payers in a batch: each brings a Spend.
const PAYERS: u32 = 4;
/// Each stage is run so often; the fastest counts.
const RUNS: usize = 3;

/// A way through some of the stages, and how long it took.
struct Stage {
    name: &'static str,
    fastest: Duration,
}

impl Stage {
    fn events_a_second(&self) -> f64 {
        f64::from(RECEIPTS) / self.fastest.as_secs_f64()
    }
}

/// Runs `run`, which says how many receipts it saw.
fn measure(name: &'static str, run: impl FnMut() -> usize) -> Stage {
    let mut run = run;
    let mut fastest = Duration::MAX;
    for _ in 0..RUNS {
        let started = Instant::now();
        let receipts = run();
        fastest = fastest.min(started.elapsed());
        assert_eq!(receipts, RECEIPTS as usize, "{name}");
    }
    Stage { name, fastest }
}

/// One lane's batches of `size` receipts.
fn batches(size: u32) -> Vec<Record> {
    let batch = |number: u32| {
        let seeds = number * size..(number + 1) * size;
        let blobs: Vec<Bytes> = seeds.clone().map(|seed| signed::evidence(seed, CHECKPOINTS, VALUES)).collect();
        let receipts = seeds.zip(&blobs).map(|(seed, blob)| signed::receipt(seed, blob)).collect();
        let mut content = signed::content(u64::from(number) + 1, B256::ZERO, receipts);
        let spend = signed::spend(signed::PAYER_KEY, signed::address(signed::PAYER_KEY), u128::from(number));
        content.spends = vec![spend; PAYERS as usize];
        let value = signed::batch_value(signed::envelope(&content.encode_to_vec(), blobs));
        signed::record(Topic::Receipts, 0, i64::from(number), value)
    };
    (0..RECEIPTS / size).map(batch).collect()
}

fn recorded(records: &[Record]) -> Result<Vec<u8>, ingest::Error> {
    let mut writer = RecordingWriter::new(Vec::new(), Path::new("bench.rec"), Topic::Receipts, 2)?;
    records.iter().try_for_each(|record| writer.write(record))?;
    writer.finish()
}

fn reader(file: &[u8]) -> impl Iterator<Item = Result<Record, ingest::Error>> + Send {
    RecordingReader::new(file, Path::new("bench.rec")).into_iter().flatten()
}

/// What anybody must do to believe a record: decode all of it and recover every signature.
fn decode_and_recover(network: &Network, file: &[u8]) -> usize {
    let mut receipts = 0;
    for record in reader(file).flatten() {
        let Ok(ReceiptRecord { body: Some(receipt_record::Body::Batch(envelope)) }) =
            ReceiptRecord::decode(record.value)
        else {
            continue;
        };
        let hash = network.batch_hash(keccak256(&envelope.content));
        let Ok(content) = BatchContent::decode(envelope.content) else { continue };
        let signer = recover(hash, &envelope.signature);
        assert_eq!(signer.map(|signer| Bytes::copy_from_slice(signer.as_slice())), Some(content.signer));
        for spend in &content.spends {
            let payer = Address::from_slice(&spend.payer);
            let cumulative = spend.cumulative.iter().fold(0, |sum, byte| sum << 8 | u128::from(*byte));
            let hash = network.spend_hash(payer, signed::OPERATOR, Amount::new(cumulative).unwrap_or_default());
            assert_eq!(recover(hash, &spend.signature), Some(payer));
        }
        assert!(envelope.evidence.into_iter().all(|blob| Evidence::decode(blob).is_ok()));
        receipts += content.receipts.len();
    }
    receipts
}

fn stored(runtime: &tokio::runtime::Runtime, network: &Network, file: &[u8], threads: usize) -> usize {
    let stored = || -> Result<u64, Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        let warehouse = Warehouse::at(&folder.path().display().to_string(), HashMap::new())?;
        let mut sink = Sink::new(warehouse, network.clone(), Bounds { threads, ..Bounds::default() });
        Ok(runtime.block_on(sink.drain(&mut reader(file)))?.receipts)
    };
    stored().map_or(0, |receipts| usize::try_from(receipts).unwrap_or_default())
}

/// The stages over batches of `size` receipts: reading, the peer, checking, storing with one thread and with two.
fn stages(runtime: &tokio::runtime::Runtime, size: u32) -> Result<[Stage; 5], ingest::Error> {
    let network = signed::network();
    let records = batches(size);
    let file = recorded(&records)?;
    println!("{} batches of {size} receipts, {PAYERS} spends each, {} bytes", records.len(), file.len());
    let per_record = size as usize;
    let stages = [
        measure("read the file", || reader(&file).flatten().count() * per_record),
        measure("peer: read, decode, recover", || decode_and_recover(&network, &file)),
        measure("read, decode, check", || {
            reader(&file).flatten().map(|record| check(&network, &record).receipts.len()).sum()
        }),
        measure("read, decode, check, store", || stored(runtime, &network, &file, 1)),
        measure("the same, two threads check", || stored(runtime, &network, &file, 2)),
    ];
    for stage in &stages {
        println!("  {:<30} {:>10.0} events/s", stage.name, stage.events_a_second());
    }
    Ok(stages)
}

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let mut comparisons = Vec::new();
    for (size, aims) in [(20, [0.5, 0.2]), (400, [0.5, 0.2])] {
        let [_, peer, checked, _, stored] = stages(&runtime, size)?;
        for (stage, aim) in [checked, stored].into_iter().zip(aims) {
            let (ours, theirs) = (stage.events_a_second(), peer.events_a_second());
            comparisons.push(serde_json::json!({
                "work": format!("{}, {size} receipts a batch", stage.name),
                "ours": ours.round(),
                "peer": peer.name,
                "theirs": theirs.round(),
                "unit": "events/s",
                "ratio": (100.0 * ours / theirs).round() / 100.0,
                "aim": aim,
                "met": ours / theirs >= aim,
            }));
        }
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/bench");
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("ingest.json"), serde_json::to_string_pretty(&comparisons)? + "\n")?;
    Ok(())
}
