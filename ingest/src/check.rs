//! What a record is: the only place where bytes of a topic become rows of the raw tables.
//! A record gives exactly one row of `raw_log`, whatever it holds. The texts of `quarantine.detail` are fixed here
//! and say which part is wrong, never in a library's words, which change.

mod batch;
mod block;
mod close;
mod evidence;
mod fields;
mod receipt;

pub use receipt::receipt_id;

use crate::network::Network;
use crate::rows::RawRows;
use crate::source::Record;
use crate::wire::chain_events::v1::{ChainRecord, chain_record};
use crate::wire::receipts::v1::{Envelope, ReceiptRecord, receipt_record};
use alloy::primitives::keccak256;
use bytes::Bytes;
use prost::Message;
use warehouse::tables::quarantine::QuarantineReason;
use warehouse::tables::raw_log::RecordKind;
use warehouse::tables::{Quarantined, RawBatch, RawLog};
use warehouse::types::{Hash, KafkaOffset, Partition, Time, Topic};

/// Most bytes of a record's value.
pub const RECORD_BYTES_MAX: usize = 8 << 20;
/// Most receipts in a batch.
pub const RECEIPTS_MAX: usize = 10_000;
/// Most Spends in a batch: each costs a signature recovery.
pub const SPENDS_MAX: usize = 1_000;
/// Most logs in a block's record.
pub const LOGS_MAX: usize = 50_000;
/// Most bytes of the name of a serving node.
pub const NODE_BYTES_MAX: usize = 256;
/// Most bytes of one evidence blob. Two parts of 65,536 bytes of sketches fit.
pub const EVIDENCE_BYTES_MAX: usize = 256 << 10;
/// Most sketches in one evidence blob: 256 checkpoints in each of two parts.
pub const SKETCHES_MAX: usize = 512;
/// Most bytes of evidence that a batch's receipts name, counted once for each receipt: each gets a row of its own.
pub const EVIDENCE_NAMED_BYTES_MAX: usize = 8 << 20;
/// Latest moment that a table can hold: the last microsecond of the year 9999. The earliest is 1970.
pub const TIME_US_MAX: i64 = 253_402_300_799_999_999;

/// The rows that one record gives.
pub type Checked = RawRows;

/// Decodes a record, checks bounds and signatures, and gives its rows: one of `raw_log`, and those of the other raw
/// tables. Nothing is looked up and nothing remembered, so the rows depend on the record and the network alone.
///
/// The record's place and time must fit in the tables; the sink refuses it otherwise.
pub fn check(network: &Network, record: &Record) -> Checked {
    let place =
        Place { topic: record.topic, partition: record.partition, offset: record.offset, taken_at: record.taken_at };
    match accept(network, place, &record.value) {
        Ok(rows) => rows,
        Err(Refusal { reason, detail }) => RawRows {
            log: vec![place.log(RecordKind::Quarantined, Hash(keccak256(&record.value)))],
            quarantined: vec![place.quarantined(None, reason, detail, record.value.to_vec())],
            ..RawRows::default()
        },
    }
}

/// The header of a batch whose signature recovers to its signer, at one recovery's cost: who means to check all of it
/// may ask first whether the signer is anybody.
///
/// # Errors
/// Why the sink would refuse it as a whole, and in which words.
pub fn header(network: &Network, envelope: &Envelope) -> Result<RawBatch, (QuarantineReason, &'static str)> {
    let place = Place {
        topic: Topic::Receipts,
        partition: Partition::default(),
        offset: KafkaOffset::default(),
        taken_at: Time::default(),
    };
    let opened = batch::open(network, place, envelope);
    opened.map(|(_, batch)| batch).map_err(|refusal| (refusal.reason, refusal.detail))
}

/// Evidence blobs of a serialised envelope, counted before memory is taken for them; `None` when it is none.
pub fn evidence_blobs(envelope: &Bytes) -> Option<usize> {
    let mut blobs = 0;
    fields::visit(envelope, |tag, _| blobs += usize::from(tag == batch::EVIDENCE)).ok()?;
    Some(blobs)
}

fn accept(network: &Network, place: Place, value: &Bytes) -> Result<RawRows, Refusal> {
    if value.len() > RECORD_BYTES_MAX {
        return Err(Refusal::malformed("the record is too long"));
    }
    let undecodable = |_| Refusal::undecodable("the record");
    match place.topic {
        Topic::Receipts => match ReceiptRecord::decode(value.clone()).map_err(undecodable)?.body {
            Some(receipt_record::Body::Batch(envelope)) => batch::accept(network, place, &envelope),
            Some(receipt_record::Body::Close(close)) => close::accept(network, place, &close),
            None => Err(Refusal::malformed("the record has no body")),
        },
        Topic::ChainEvents => match ChainRecord::decode(value.clone()).map_err(undecodable)?.body {
            Some(chain_record::Body::Block(block)) => block::accept(network, place, value, &block),
            Some(chain_record::Body::Close(close)) => close::accept(network, place, &close),
            None => Err(Refusal::malformed("the record has no body")),
        },
    }
}

/// Where a record stands and when the log took it in.
#[derive(Clone, Copy, Debug)]
struct Place {
    topic: Topic,
    partition: Partition,
    offset: KafkaOffset,
    taken_at: Time,
}

impl Place {
    fn log(self, kind: RecordKind, content_hash: Hash) -> RawLog {
        RawLog {
            topic: self.topic,
            partition: self.partition,
            offset: self.offset,
            taken_at: self.taken_at,
            kind,
            content_hash,
            closes_epoch: None,
            close_signer: None,
            close_content: None,
            close_signature: None,
        }
    }

    fn quarantined(
        self,
        index: Option<u32>,
        reason: QuarantineReason,
        detail: &'static str,
        payload: Vec<u8>,
    ) -> Quarantined {
        Quarantined {
            topic: self.topic,
            partition: self.partition,
            offset: self.offset,
            index,
            taken_at: self.taken_at,
            reason,
            detail: detail.to_owned(),
            payload,
        }
    }

    /// Parts that are refused by themselves; `sent` holds every part as received, in order.
    fn parts(self, refused: &[(u32, Refusal)], sent: &[Bytes]) -> Vec<Quarantined> {
        let payload = |index: u32| sent.get(index as usize).map_or_else(Vec::new, |bytes| bytes.to_vec());
        let row = |&(index, Refusal { reason, detail }): &(u32, Refusal)| {
            self.quarantined(Some(index), reason, detail, payload(index))
        };
        refused.iter().map(row).collect()
    }
}

/// Why a record, or a part of one, is not accepted.
#[derive(Clone, Copy, Debug)]
struct Refusal {
    reason: QuarantineReason,
    detail: &'static str,
}

impl Refusal {
    fn undecodable(detail: &'static str) -> Self {
        Self { reason: QuarantineReason::Undecodable, detail }
    }

    fn malformed(detail: &'static str) -> Self {
        Self { reason: QuarantineReason::Malformed, detail }
    }

    fn signature(detail: &'static str) -> Self {
        Self { reason: QuarantineReason::Signature, detail }
    }
}
