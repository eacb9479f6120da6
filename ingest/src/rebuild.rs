//! The way back: records made again from the raw rows, as a bundle holds them (docs/formats.md, "Bundle").
//! Checked again they give the very same rows, though their bytes may differ from those that were received.

use crate::error::Error;
use crate::rows::{RawRow, RawRows, RecordPlace};
use crate::source::Record;
use crate::wire::chain_events::v1::{ChainRecord, Log, chain_record};
use crate::wire::close::v1::SignedClose;
use crate::wire::receipts::v1::{Envelope, ReceiptRecord, receipt_record};
use alloy::primitives::KECCAK256_EMPTY;
use bytes::Bytes;
use prost::Message;
use std::collections::{BTreeMap, BTreeSet};
use warehouse::tables::raw_log::RecordKind;
use warehouse::tables::{Quarantined, RawBatch, RawChainEvent, RawEvidence, RawLog};
use warehouse::types::{Time, Topic};

/// The records of `rows.log`, by topic, partition and offset. `rows.receipts` are not needed: a batch's content holds
/// them. Evidence whose row is missing, or comes without its bytes, is left out of its envelope. An envelope holds its
/// blobs in the order of the receipts that name them, each once; a block's logs stand in their order. Keys: the
/// operator, the block's hash, nothing for a Close or a quarantined record.
///
/// # Errors
/// [`Error::Rebuild`] when a record's rows are missing or are none that checking gives.
pub fn rebuild(rows: &RawRows) -> Result<Vec<Record>, Error> {
    let parts = Parts {
        batches: by_place(&rows.batches),
        evidence: by_place(&rows.evidence),
        events: by_place(&rows.events),
        quarantined: by_place(&rows.quarantined),
    };
    by_place(&rows.log).into_values().flatten().map(|log| parts.record(log)).collect()
}

/// `ChainRecord` whose logs are bytes, so that refused ones come back as they were received.
#[derive(Clone, PartialEq, Message)]
struct ChainRecordOfBytes {
    #[prost(message, optional, tag = "1")]
    block: Option<BlockOfBytes>,
}

/// `Block` whose logs are bytes.
#[derive(Clone, PartialEq, Message)]
struct BlockOfBytes {
    #[prost(uint64, tag = "1")]
    number: u64,
    #[prost(bytes = "bytes", tag = "2")]
    hash: Bytes,
    #[prost(uint64, tag = "3")]
    timestamp: u64,
    #[prost(bytes = "bytes", repeated, tag = "4")]
    logs: Vec<Bytes>,
}

type ByPlace<'a, T> = BTreeMap<RecordPlace, Vec<&'a T>>;

fn by_place<T: RawRow>(rows: &[T]) -> ByPlace<'_, T> {
    let mut by_place = ByPlace::new();
    for row in rows {
        by_place.entry(row.place()).or_default().push(row);
    }
    by_place
}

/// The rows of each record.
struct Parts<'a> {
    batches: ByPlace<'a, RawBatch>,
    evidence: ByPlace<'a, RawEvidence>,
    events: ByPlace<'a, RawChainEvent>,
    quarantined: ByPlace<'a, Quarantined>,
}

impl Parts<'_> {
    fn record(&self, log: &RawLog) -> Result<Record, Error> {
        let (key, value) = match log.kind {
            RecordKind::Batch => self.batch(log),
            RecordKind::Events => self.block(log),
            RecordKind::Close => close(log),
            RecordKind::Quarantined => self.payload(log),
        }
        .map_err(|wrong| Error::Rebuild {
            topic: log.topic,
            partition: log.partition,
            offset: log.offset,
            wrong,
        })?;
        Ok(Record {
            topic: log.topic,
            partition: log.partition,
            offset: log.offset,
            taken_at: log.taken_at,
            key,
            value: value.into(),
        })
    }

    fn batch(&self, log: &RawLog) -> Result<(Bytes, Vec<u8>), &'static str> {
        let batch = only(&self.batches, log).ok_or("raw_batches has not one row of it")?;
        let mut evidence: Vec<&RawEvidence> = of(&self.evidence, log).to_vec();
        evidence.sort_by_key(|row| row.index);
        let mut named = BTreeSet::new();
        evidence.retain(|row| !is_withheld(row) && named.insert(row.evidence_hash));
        let envelope = Envelope {
            content: batch.content.clone().into(),
            signature: batch.signature.clone().into(),
            evidence: evidence.into_iter().map(|row| row.evidence.clone().into()).collect(),
        };
        let record = ReceiptRecord { body: Some(receipt_record::Body::Batch(envelope)) };
        Ok((Bytes::copy_from_slice(batch.operator.as_slice()), record.encode_to_vec()))
    }

    /// A block of which every log was refused has lost its number and time, which no row holds: they are zero.
    fn block(&self, log: &RawLog) -> Result<(Bytes, Vec<u8>), &'static str> {
        let events = of(&self.events, log);
        let mut logs = BTreeMap::new();
        for event in events {
            logs.insert(event.index, log_of(event).encode_to_vec().into());
        }
        for refused in of(&self.quarantined, log) {
            let index = refused.index.ok_or("quarantine holds all of it, raw_log does not say so")?;
            logs.insert(index, refused.payload.clone().into());
        }
        if logs.is_empty() {
            return Err("neither raw_chain_events nor quarantine has a row of it");
        }
        let (number, time) = events.first().map_or((0, Time(0)), |first| (first.block_number, first.block_time));
        let block = BlockOfBytes {
            number,
            hash: Bytes::copy_from_slice(log.content_hash.0.as_slice()),
            timestamp: u64::try_from(time.seconds()).map_err(|_| "the block's time is out of bounds")?,
            logs: logs.into_values().collect(),
        };
        Ok((block.hash.clone(), ChainRecordOfBytes { block: Some(block) }.encode_to_vec()))
    }

    fn payload(&self, log: &RawLog) -> Result<(Bytes, Vec<u8>), &'static str> {
        match only(&self.quarantined, log) {
            Some(Quarantined { index: None, payload, .. }) => Ok((Bytes::new(), payload.clone())),
            _ => Err("quarantine has not one row of it"),
        }
    }
}

fn close(log: &RawLog) -> Result<(Bytes, Vec<u8>), &'static str> {
    let (Some(content), Some(signature)) = (&log.close_content, &log.close_signature) else {
        return Err("raw_log lacks the close's content or signature");
    };
    let close = SignedClose { content: content.clone().into(), signature: signature.clone().into() };
    let value = match log.topic {
        Topic::Receipts => ReceiptRecord { body: Some(receipt_record::Body::Close(close)) }.encode_to_vec(),
        Topic::ChainEvents => ChainRecord { body: Some(chain_record::Body::Close(close)) }.encode_to_vec(),
    };
    Ok((Bytes::new(), value))
}

fn of<'a, T>(rows: &'a ByPlace<'_, T>, log: &RawLog) -> &'a [&'a T] {
    rows.get(&log.place()).map_or(&[], Vec::as_slice)
}

fn only<'a, T>(rows: &'a ByPlace<'_, T>, log: &RawLog) -> Option<&'a T> {
    match of(rows, log) {
        [row] => Some(row),
        _ => None,
    }
}

/// Whether a row of restricted evidence holds its hash only.
fn is_withheld(row: &RawEvidence) -> bool {
    row.evidence.is_empty() && row.evidence_hash.0 != KECCAK256_EMPTY
}

fn log_of(event: &RawChainEvent) -> Log {
    Log {
        log_index: event.log_index,
        address: Bytes::copy_from_slice(event.address.as_slice()),
        topics: event.topics.iter().map(|topic| Bytes::copy_from_slice(topic.as_slice())).collect(),
        data: event.data.clone().into(),
        transaction_hash: Bytes::copy_from_slice(event.transaction_hash.0.as_slice()),
    }
}
