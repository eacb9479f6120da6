//! Sequences of records with everything in them that a topic may hold.

use crate::signed::*;
use alloy::primitives::B256;
use bytes::Bytes;
use ingest::Record;
use prost::Message;
use warehouse::types::Topic;

/// A receipts topic of two partitions: batches, broken records, batches with broken parts, closes.
pub(crate) fn receipts() -> Vec<Record> {
    let mut records = Vec::new();
    for (offset, number) in (0..).zip(1..=3) {
        records.push(record(Topic::Receipts, 0, offset, batch(number, 3, 2, 8)));
        records.push(record(Topic::Receipts, 1, offset, batch(number + 10, 2, 2, 8)));
    }
    records.push(record(Topic::Receipts, 0, 3, vec![0xff; 40]));
    records.push(record(Topic::Receipts, 0, 4, partly_broken_batch()));
    records.push(record(Topic::Receipts, 1, 3, Bytes::new()));
    for (partition, offset) in [(0, 5), (1, 4)] {
        let close = close_value(Topic::Receipts, close(Topic::Receipts, partition, 1));
        records.push(record(Topic::Receipts, partition, offset, close));
    }
    records.push(record(Topic::Receipts, 0, 6, batch(4, 3, 2, 8)));
    records
}

/// A batch with a malformed receipt, one without evidence, two that share a blob, one whose blob is malformed,
/// a blob that nobody names, and a Spend that somebody else signed.
pub(crate) fn partly_broken_batch() -> Vec<u8> {
    let (shared, unnamed) = (evidence(50, 2, 8), evidence(51, 2, 8));
    let (missing, garbage) = (evidence(52, 2, 8), Bytes::from_static(&[0xff, 0xff]));
    let mut receipts: Vec<_> = [&shared, &missing, &garbage, &shared, &shared]
        .into_iter()
        .zip(60..)
        .map(|(blob, seed)| receipt(seed, blob))
        .collect();
    receipts[4].payer = Bytes::from_static(&[1, 2, 3]);
    let mut content = content(5, B256::repeat_byte(9), receipts);
    content.spends.push(spend(SIGNING_KEY, address(PAYER_KEY), 77));
    batch_value(envelope(&content.encode_to_vec(), vec![unnamed, garbage, shared.clone(), shared]))
}

/// A chain topic: blocks, one with logs that are not ours, a broken record, a close.
pub(crate) fn chain() -> Vec<Record> {
    let mut foreign = deposited(4, 5);
    foreign.address = bytes([0x99; 20]);
    let mut unknown = deposited(7, 5);
    unknown.topics[0] = bytes([0x98; 32]);
    let mut malformed = deposited(9, 5);
    malformed.transaction_hash = Bytes::new();
    let values = [
        block_value(block(1, vec![deposited(0, 1), deposited(3, 2)])),
        block_value(block(2, vec![foreign.clone(), deposited(5, 3), unknown, malformed, deposited(10, 4)])),
        block_value(block(3, vec![foreign])),
        vec![7; 9],
        close_value(Topic::ChainEvents, close(Topic::ChainEvents, 0, 1)),
        block_value(block(4, vec![deposited(1, 1)])),
    ];
    (0..).zip(values).map(|(offset, value)| record(Topic::ChainEvents, 0, offset, value)).collect()
}
