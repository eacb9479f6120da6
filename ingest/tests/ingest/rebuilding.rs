//! The way back: records made again from rows give the very same rows.

use crate::signed::*;
use crate::stories;
use alloy::primitives::B256;
use bytes::Bytes;
use ingest::wire::receipts::v1::{ReceiptRecord, receipt_record};
use ingest::{Error, RawRows, Record, check, rebuild};
use proptest::prelude::*;
use prost::Message;
use warehouse::types::Topic;

fn checked(records: &[Record]) -> RawRows {
    let mut rows = RawRows::default();
    records.iter().for_each(|record| rows.append(check(&network(), record)));
    rows
}

fn story() -> Vec<Record> {
    [stories::chain(), stories::receipts()].concat()
}

#[test]
fn records_made_again_give_the_same_rows() {
    let rows = checked(&story());
    let again = rebuild(&rows).unwrap();
    assert_eq!(again.len(), rows.log.len());
    let mut expected = rows.clone();
    expected.log.sort_by_key(|row| (row.topic, row.partition, row.offset));
    expected.batches.sort_by_key(|row| (row.topic, row.partition, row.offset));
    expected.receipts.sort_by_key(|row| (row.topic, row.partition, row.offset, row.index));
    expected.evidence.sort_by_key(|row| (row.topic, row.partition, row.offset, row.index));
    expected.quarantined.sort_by_key(|row| (row.topic, row.partition, row.offset, row.index));
    assert_eq!(checked(&again), expected);
    assert_eq!(rebuild(&expected).unwrap(), again, "the order of rows does not matter");
}

#[test]
fn records_that_hold_nothing_more_come_back_byte_for_byte() {
    for record in [
        record(Topic::Receipts, 0, 0, batch(1, 3, 2, 8)),
        record(Topic::ChainEvents, 0, 0, stories::chain()[1].value.clone()),
        record(Topic::Receipts, 1, 0, close_value(Topic::Receipts, close(Topic::Receipts, 1, 1))),
        record(Topic::Receipts, 1, 0, vec![0xff; 5]),
        record(Topic::Receipts, 1, 0, vec![]),
    ] {
        let again = rebuild(&checked(std::slice::from_ref(&record))).unwrap();
        assert_eq!(again.len(), 1);
        assert_eq!((&again[0].value, again[0].taken_at), (&record.value, record.taken_at));
    }
}

#[test]
fn keys_are_the_operator_the_block_or_nothing() {
    let values = stories::chain();
    let block = rebuild(&checked(&values[..1])).unwrap();
    assert_eq!(block[0].key, bytes(alloy::primitives::keccak256(1u64.to_be_bytes())));
    let batch = rebuild(&checked(&[record(Topic::Receipts, 0, 0, batch(1, 1, 1, 4))])).unwrap();
    assert_eq!(batch[0].key, bytes(OPERATOR));
    assert!(rebuild(&checked(&values[4..5])).unwrap()[0].key.is_empty());
}

#[test]
fn an_envelope_holds_the_named_evidence_once_in_the_order_of_receipts() {
    let rows = checked(&[record(Topic::Receipts, 0, 0, stories::partly_broken_batch())]);
    let again = rebuild(&rows).unwrap();
    let Some(receipt_record::Body::Batch(envelope)) = ReceiptRecord::decode(again[0].value.clone()).unwrap().body
    else {
        panic!("a batch")
    };
    assert_eq!(envelope.evidence, [evidence(50, 2, 8), Bytes::from_static(&[0xff, 0xff])]);
}

#[test]
fn evidence_that_is_withheld_is_missing_from_its_envelope_and_nothing_else_changes() {
    let rows = checked(&[record(Topic::Receipts, 0, 0, batch(1, 3, 2, 8))]);
    let mut without_bytes = rows.clone();
    without_bytes.evidence[1].evidence.clear();
    let mut without_row = rows.clone();
    without_row.evidence.remove(1);
    let again = rebuild(&without_bytes).unwrap();
    assert_eq!(again, rebuild(&without_row).unwrap());
    assert_eq!(checked(&again), without_row);
    let empty = Bytes::new();
    let content = content(1, B256::ZERO, vec![receipt(1, &empty)]).encode_to_vec();
    let rows = checked(&[record(Topic::Receipts, 0, 0, batch_value(envelope(&content, vec![empty])))]);
    assert_eq!(rows.evidence.len(), 1);
    assert_eq!(checked(&rebuild(&rows).unwrap()), rows, "an empty blob is not a withheld one");
}

#[test]
fn missing_rows_are_named() {
    let rows = checked(&story());
    let without = [
        RawRows { batches: vec![], ..rows.clone() },
        RawRows { events: vec![], quarantined: vec![], ..rows.clone() },
        RawRows { quarantined: vec![], ..rows.clone() },
    ];
    for (case, rows) in without.iter().enumerate() {
        let error = rebuild(rows).unwrap_err();
        assert!(matches!(error, Error::Rebuild { .. }) && error.is_broken_invariant(), "case {case}: {error}");
    }
}

proptest! {
    #[test]
    fn broken_records_made_again_give_the_same_rows(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        of in any::<prop::sample::Index>(),
    ) {
        let mut record = of.get(&story()).clone();
        let mut value = record.value.to_vec();
        for (at, byte) in changes {
            if !value.is_empty() {
                let at = at.index(value.len());
                value[at] = byte;
            }
        }
        record.value = value.into();
        let rows = checked(&[record]);
        prop_assert_eq!(checked(&rebuild(&rows).unwrap()), rows);
    }
}
