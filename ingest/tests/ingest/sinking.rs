//! The sink: exactly once, whatever the bounds, the threads, and the moment of a crash.

use crate::signed::*;
use crate::stories;
use ingest::{Bounds, Error, RawRows, Record, Report, Sink};
use std::collections::HashMap;
use std::path::Path;
use tempfile::TempDir;
use warehouse::encoding::{TableDigest, digest_of};
use warehouse::tables::quarantine::QuarantineReason::*;
use warehouse::types::{KafkaOffset, Partition, Topic};
use warehouse::{Slice, Warehouse};

/// The raw tables in the order of their commits.
const TABLES: [&str; 6] = ["raw_batches", "raw_receipts", "raw_evidence", "raw_chain_events", "quarantine", "raw_log"];

const EVERYTHING: Bounds = Bounds { rows_max: usize::MAX, bytes_max: usize::MAX, threads: 1 };

fn warehouse(folder: &Path) -> Warehouse {
    Warehouse::at(&folder.display().to_string(), HashMap::new()).expect("a folder")
}

fn sink(folder: &Path, bounds: Bounds) -> Sink {
    Sink::new(warehouse(folder), network(), bounds)
}

async fn drain(sink: &mut Sink, records: &[Record]) -> Result<Report, Error> {
    sink.drain(&mut records.iter().cloned().map(Ok)).await
}

async fn rows(folder: &Path) -> RawRows {
    let warehouse = warehouse(folder);
    RawRows {
        log: warehouse.read(Slice::All).await.expect("raw_log"),
        batches: warehouse.read(Slice::All).await.expect("raw_batches"),
        receipts: warehouse.read(Slice::All).await.expect("raw_receipts"),
        evidence: warehouse.read(Slice::All).await.expect("raw_evidence"),
        events: warehouse.read(Slice::All).await.expect("raw_chain_events"),
        quarantined: warehouse.read(Slice::All).await.expect("quarantine"),
    }
}

async fn digests(folder: &Path) -> [TableDigest; 6] {
    let rows = rows(folder).await;
    [
        digest_of(&rows.batches),
        digest_of(&rows.receipts),
        digest_of(&rows.evidence),
        digest_of(&rows.events),
        digest_of(&rows.quarantined),
        digest_of(&rows.log),
    ]
}

fn story() -> Vec<Record> {
    [stories::receipts(), stories::chain()].concat()
}

/// Digests of an undisturbed run.
async fn undisturbed() -> [TableDigest; 6] {
    let folder = TempDir::new().expect("a folder");
    drain(&mut sink(folder.path(), EVERYTHING), &story()).await.expect("an undisturbed run");
    digests(folder.path()).await
}

#[tokio::test]
async fn every_record_is_stored_once_and_the_report_says_what_it_was() {
    let folder = TempDir::new().unwrap();
    let report = drain(&mut sink(folder.path(), EVERYTHING), &story()).await.unwrap();
    assert_eq!((report.records, report.already_stored, report.flushes), (18, 0, 1));
    assert_eq!((report.batches, report.receipts, report.evidence), (8, 22, 21));
    assert_eq!((report.chain_events, report.closes), (5, 3));
    let reasons = [(Undecodable, 2), (Malformed, 3), (UnknownContract, 2), (UnknownEvent, 1)];
    assert_eq!(report.quarantined, reasons.into());
    let rows = rows(folder.path()).await;
    assert_eq!((rows.log.len(), rows.batches.len(), rows.receipts.len()), (18, 8, 22));
    assert!(rows.evidence.iter().all(|row| !row.evidence.is_empty()));
}

#[tokio::test]
async fn a_replay_adds_nothing() {
    let folder = TempDir::new().unwrap();
    let mut first = sink(folder.path(), EVERYTHING);
    drain(&mut first, &story()).await.unwrap();
    let before = digests(folder.path()).await;
    let again = Report { already_stored: 18, ..Report::default() };
    assert_eq!(drain(&mut first, &story()).await.unwrap(), again, "by the same sink");
    assert_eq!(drain(&mut sink(folder.path(), EVERYTHING), &story()).await.unwrap(), again, "by another sink");
    assert_eq!(digests(folder.path()).await, before);
}

#[tokio::test]
async fn bounds_and_threads_change_nothing_that_is_stored() {
    let expected = undisturbed().await;
    for (bounds, flushes) in [
        (Bounds { rows_max: 1, ..EVERYTHING }, 18),
        (Bounds { bytes_max: 1, threads: 2, ..EVERYTHING }, 18),
        (Bounds { rows_max: 12, threads: 3, ..EVERYTHING }, 7),
        (Bounds { threads: 64, ..EVERYTHING }, 1),
        (Bounds { threads: 0, ..EVERYTHING }, 1),
    ] {
        let folder = TempDir::new().unwrap();
        let report = drain(&mut sink(folder.path(), bounds), &story()).await.unwrap();
        assert_eq!(report.flushes, flushes, "{bounds:?}");
        assert_eq!(digests(folder.path()).await, expected, "{bounds:?}");
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        match entry.file_type().expect("a type").is_dir() {
            true => copy(&entry.path(), &to.join(entry.file_name())),
            false => std::fs::copy(entry.path(), to.join(entry.file_name())).map(drop).expect("a copy"),
        }
    }
}

/// A crash in the middle of the second flush: the first tables have it, the others stand where the first flush left
/// them. Whatever the next run's bounds, it completes the tables.
#[tokio::test]
async fn after_a_crash_between_tables_nothing_is_lost_or_added_twice() {
    let expected = undisturbed().await;
    let (before, after) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let story = story();
    drain(&mut sink(before.path(), EVERYTHING), &story[..4]).await.unwrap();
    copy(before.path(), after.path());
    drain(&mut sink(after.path(), EVERYTHING), &story[..16]).await.unwrap();
    for committed in 0..=TABLES.len() {
        for rows_max in [1, 9, usize::MAX] {
            let crashed = TempDir::new().unwrap();
            for (at, table) in TABLES.into_iter().enumerate() {
                let from = if at < committed { &after } else { &before }.path().join(table);
                if from.exists() {
                    copy(&from, &crashed.path().join(table));
                }
            }
            let mut sink = sink(crashed.path(), Bounds { rows_max, ..EVERYTHING });
            drain(&mut sink, &story).await.unwrap();
            assert_eq!(digests(crashed.path()).await, expected, "{committed} tables committed, {rows_max} rows");
        }
    }
}

#[tokio::test]
async fn a_failed_commit_is_an_error_and_the_same_sink_goes_on_after_it() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("raw_log"), "in the way").unwrap();
    let mut sink = sink(folder.path(), EVERYTHING);
    let error = drain(&mut sink, &story()).await.unwrap_err();
    assert!(matches!(error, Error::Table { table: "raw_log", .. }), "{error:?}");
    std::fs::remove_file(folder.path().join("raw_log")).unwrap();
    assert_eq!(drain(&mut sink, &story()).await.unwrap().records, 18);
    assert_eq!(digests(folder.path()).await, undisturbed().await);
}

#[tokio::test]
async fn a_gap_or_a_step_back_is_an_error_that_names_both_offsets() {
    let at = |offset| record(Topic::Receipts, 1, offset, vec![0xff]);
    for (stored, offsets, expected, found) in [
        (0, vec![1], 0, 1),
        (3, vec![5], 3, 5),
        (3, vec![2, 3, 5], 4, 5),
        (3, vec![3, 4, 4], 5, 4),
        (3, vec![1, 0], 2, 0),
        (3, vec![3, 5], 4, 5),
    ] {
        let folder = TempDir::new().unwrap();
        let first: Vec<Record> = (0..stored).map(at).collect();
        drain(&mut sink(folder.path(), EVERYTHING), &first).await.unwrap();
        let records: Vec<Record> = offsets.iter().copied().map(at).collect();
        let error = drain(&mut sink(folder.path(), EVERYTHING), &records).await.unwrap_err();
        assert!(error.is_broken_invariant() && !error.is_retryable());
        assert_eq!(
            error.to_string(),
            format!("records of openbooks.receipts.v1/1 are not contiguous: {expected} was due, {found} came"),
            "{offsets:?} after {stored}"
        );
    }
}

#[tokio::test]
async fn a_partition_may_begin_where_a_bundle_does() {
    let folder = TempDir::new().unwrap();
    let records: Vec<Record> = (41..44).map(|offset| record(Topic::Receipts, 1, offset, vec![0xff])).collect();
    let (topic, partition, first) = (Topic::Receipts, Partition(1), KafkaOffset(41));
    let mut sink = sink(folder.path(), EVERYTHING).starting_at(topic, partition, first);
    assert_eq!(drain(&mut sink, &records).await.unwrap().records, 3);
    assert_eq!(drain(&mut sink, &records).await.unwrap().already_stored, 3);
}

#[tokio::test]
async fn a_record_that_cannot_stand_in_the_tables_is_an_error() {
    let folder = TempDir::new().unwrap();
    let good = record(Topic::Receipts, 0, 0, vec![]);
    let mut late = good.clone();
    late.taken_at.0 = ingest::TIME_US_MAX + 1;
    let cases = [
        record(Topic::Receipts, 2, 0, vec![]),
        record(Topic::ChainEvents, 1, 0, vec![]),
        record(Topic::Receipts, 0, -1, vec![]),
        record(Topic::Receipts, 0, i64::MAX, vec![]),
        late,
    ];
    for case in cases {
        let mut sink = sink(folder.path(), EVERYTHING);
        let error = drain(&mut sink, &[good.clone(), case]).await.unwrap_err();
        assert!(matches!(error, Error::Place { .. }), "{error:?}");
    }
    assert_eq!(rows(folder.path()).await, RawRows::default(), "nothing was stored");
}

#[tokio::test]
async fn two_sinks_cannot_both_store_a_record() {
    let folder = TempDir::new().unwrap();
    let story = story();
    let (mut one, mut other) = (sink(folder.path(), EVERYTHING), sink(folder.path(), EVERYTHING));
    drain(&mut one, &story[..2]).await.unwrap();
    drain(&mut other, &story[..2]).await.unwrap();
    drain(&mut one, &story[..4]).await.unwrap();
    let error = drain(&mut other, &story[..6]).await.unwrap_err();
    assert!(error.is_retryable(), "{error:?}");
    drain(&mut other, &story).await.unwrap();
    assert_eq!(digests(folder.path()).await, undisturbed().await);
}
