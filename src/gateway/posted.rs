//! A posted batch and what of it can be checked: against the view, and as the sink will.

use super::past::{self, Asker};
use super::problems::{self, refused};
use super::shapes::verdicts;
use super::shared::Shared;
use super::view::Verdicts;
use api::problem::Problem;
use axum::http::StatusCode;
use bytes::Bytes;
use ingest::kafka::Placed;
use ingest::wire::receipts::v1::{Envelope, ReceiptRecord, receipt_record};
use ingest::{Network, RawRows, Record, check};
use prost::Message;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use warehouse::tables::RawBatch;
use warehouse::tables::charges::Outcome;
use warehouse::types::{BatchId, KafkaOffset, Partition, Time, Topic};

/// Lanes of one operator: each is a row of every epoch from then on.
const LANES_MAX: usize = 1_000;

/// The time by this machine's clock: the log's decides.
pub fn now() -> Time {
    Time(chrono::Utc::now().timestamp_micros())
}

/// What a batch's header says, once its signature was found to be its signer's.
pub struct Header(pub RawBatch);

impl Header {
    /// Opens an envelope: one signature is recovered.
    pub fn open(network: &Network, envelope: &Envelope) -> Result<Self, Problem> {
        ingest::header(network, envelope).map(Self).map_err(|(reason, detail)| refused(reason.word(), detail))
    }

    /// Where it counts since the last settled epoch, if it does.
    pub fn counts_already(&self, shared: &Shared) -> Option<(Placed, Verdicts)> {
        let view = shared.view();
        let seen = view.seen(self.0.batch).filter(|seen| seen.counts)?;
        let placed = Placed { partition: seen.partition, offset: seen.offset, taken_at: seen.taken_at };
        Some((placed, seen.verdicts.clone()))
    }

    /// Where it counted in a settled epoch, if it did.
    pub async fn counted(&self, shared: &Shared) -> Result<Option<Placed>, Problem> {
        let (number, head) = shared.view().head(self.0.operator, self.0.lane);
        if self.0.number > number {
            return Ok(None);
        }
        let found = past::place(&shared.past, Asker::Sender, self.0.batch).await.map_err(|e| problems::tables(&e))?;
        // One without receipts is in no charge: as the lane's head it counts all the same.
        let counted = found.filter(|past| past.counted || self.0.batch == head);
        Ok(counted.map(|past| Placed {
            partition: Partition(past.partition),
            offset: KafkaOffset(past.offset),
            taken_at: Time(past.taken_at_us),
        }))
    }

    /// Whether what its signer signs counts.
    pub fn signer(&self, shared: &Shared) -> Result<(), Problem> {
        let &RawBatch { operator, signer, .. } = &self.0;
        let known = shared.view().terms().signer(operator, signer, now());
        known.map_err(|outcome| {
            let (code, detail) = match outcome {
                Outcome::InvalidKey => {
                    ("invalid-key", format!("{signer:#x} is no signing key of operator {operator:#x} now"))
                }
                _ => ("unknown-operator", format!("operator {operator:#x} is not registered now")),
            };
            let detail = format!("{detail}; a registration counts once its block is final and stored");
            Problem::new(StatusCode::FORBIDDEN, code, detail)
        })
    }

    /// Whether it is the next of its lane.
    pub fn extends(&self, shared: &Shared) -> Result<(), Problem> {
        let RawBatch { operator, lane, number, previous, .. } = &self.0;
        let view = shared.view();
        let (last, head) = view.head(*operator, *lane);
        let (code, wrong) = if *number > last + 1 {
            ("lane-gap", format!("batch {number} came, batch {} is due", last + 1))
        } else if *number <= last || *previous != head {
            ("lane-fork", format!("batch {number} after {previous} came, batch {} after {head} is due", last + 1))
        } else if last == 0 && view.lanes(*operator).len() >= LANES_MAX {
            let detail = format!("operator {operator:#x} has {LANES_MAX} lanes: go on in one of them");
            return Err(refused("too-many-lanes", detail));
        } else {
            return Ok(());
        };
        let detail = format!("lane {lane} of operator {operator:#x}: {wrong}");
        Err(fork_or_gap(code, detail, last, head))
    }
}

fn fork_or_gap(code: &'static str, detail: String, last: u64, head: BatchId) -> Problem {
    Problem::new(StatusCode::CONFLICT, code, detail)
        .with("expected_number", (last + 1).to_string())
        .with("expected_previous", head.to_string())
}

/// A batch that is checked as the sink will check it.
pub struct Posted {
    /// Its header.
    pub header: Header,
    /// The record.
    pub value: Bytes,
    rows: RawRows,
    at: Time,
}

impl Posted {
    /// Checks all of it: each Spend's signature is recovered, each evidence hashed.
    pub fn check(network: &Network, envelope: Envelope) -> Result<Self, Problem> {
        let (blobs, at) = (envelope.evidence.len(), now());
        let value = Bytes::from(ReceiptRecord { body: Some(receipt_record::Body::Batch(envelope)) }.encode_to_vec());
        let record = Record {
            topic: Topic::Receipts,
            partition: Partition::default(),
            offset: KafkaOffset::default(),
            taken_at: at,
            key: Bytes::new(),
            value: value.clone(),
        };
        let mut rows = check(network, &record);
        let Some(batch) = rows.batches.pop() else {
            let quarantined = rows.quarantined.pop();
            let found = quarantined.map_or(("undecodable", String::new()), |row| (row.reason.word(), row.detail));
            return Err(refused(found.0, found.1));
        };
        let named: BTreeSet<_> = rows.evidence.iter().map(|row| row.evidence_hash).collect();
        if rows.quarantined.is_empty() && named.len() != blobs {
            let detail = format!("{blobs} evidence blobs came, its receipts name {} of them", named.len());
            return Err(refused("malformed", detail));
        }
        Ok(Self { header: Header(batch), value, rows, at })
    }

    /// Whether each Spend is one of a payer of this batch, and signed by who may.
    pub fn spends(&self, shared: &Shared) -> Result<(), Problem> {
        let payers: BTreeSet<_> = self.rows.receipts.iter().map(|receipt| receipt.payer).collect();
        let view = shared.view();
        let spends = self.header.0.spends.iter();
        let wrong =
            spends.filter(|spend| !payers.contains(&spend.payer) || !view.terms().spend_is_valid(spend, self.at));
        let wrong: Vec<String> = wrong.map(|spend| format!("{:#x}", spend.payer)).collect();
        if wrong.is_empty() {
            return Ok(());
        }
        let who = wrong.join(", ");
        let detail = format!(
            "the Spends of {who} are signed neither by the payer nor by its spender key, or pay no receipt here"
        );
        Err(refused("spend-refused", detail).with("payers", wrong))
    }

    /// Whether every receipt can count, and at least one would now.
    pub fn counts(&self, shared: &Shared) -> Result<(), Problem> {
        let mut wrong: BTreeMap<u32, String> = BTreeMap::new();
        let malformed = self.rows.quarantined.iter();
        wrong.extend(malformed.filter_map(|row| Some((row.index?, row.detail.clone()))));
        let taken = shared.view().trial(self.at, &self.header.0, &self.rows);
        for (receipt, (verdict, _)) in self.rows.receipts.iter().zip(&taken.receipts) {
            // What comes later, as a deposit may, mends none of these.
            if matches!(verdict, Outcome::EvidenceMissing | Outcome::EvidenceMalformed | Outcome::BeyondSpend) {
                wrong.insert(receipt.index, verdict.to_string());
            }
        }
        if !wrong.is_empty() {
            let detail = format!("{} of the batch's receipts can never count", wrong.len());
            let receipts = wrong.iter().map(|(index, reason)| json!({ "index": index, "reason": reason }));
            return Err(refused("receipts-refused", detail).with("receipts", receipts.collect::<Vec<_>>()));
        }
        let chargeable = taken.receipts.iter().any(|(verdict, _)| *verdict == Outcome::Charged);
        if chargeable || self.rows.receipts.is_empty() {
            return Ok(());
        }
        let detail = "no receipt of the batch would be charged now";
        let found = json!(verdicts(&taken.verdicts()));
        Err(Problem::new(StatusCode::PAYMENT_REQUIRED, "nothing-chargeable", detail).with("verdicts", found))
    }
}

/// The log has another batch under this number.
pub fn overtaken(batch: &RawBatch, shared: &Shared) -> Problem {
    let (last, head) = shared.view().head(batch.operator, batch.lane);
    let detail = format!("lane {}: the topic has another batch {} before this one", batch.lane, batch.number);
    fork_or_gap("lane-fork", detail, last, head)
}
