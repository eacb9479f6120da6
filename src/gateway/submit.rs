//! A posted batch, from the envelope to the signed Ack.

use super::Gateway;
use super::envelope;
use super::past;
use super::shapes::{Ack, ProblemShape, verdicts};
use super::shared::Shared;
use super::view::{Taken, Verdicts};
use crate::show::moment;
use api::problem::Problem;
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use bytes::Bytes;
use ingest::kafka::Placed;
use ingest::wire::receipts::v1::{Envelope, ReceiptRecord, receipt_record};
use ingest::{RawRows, Record, check};
use prost::Message;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use warehouse::tables::RawBatch;
use warehouse::tables::charges::Outcome;
use warehouse::tables::quarantine::QuarantineReason;
use warehouse::types::{KafkaOffset, Partition, Time, Topic};

/// Longest wait until what the broker has is in the view.
const VIEW_MAX: Duration = Duration::from_secs(10);
/// When to come again while the broker does not answer.
const BROKER_AGAIN: Duration = Duration::from_secs(2);

/// Takes in a signed batch of receipts; sending one again does no harm.
#[utoipa::path(
    post,
    path = "/v1/receipt-batches",
    request_body(content(
        (envelope::JsonEnvelope = "application/json"),
        (Vec<u8> = "application/x-protobuf"),
    )),
    responses(
        (status = 202, description = "the broker has it", body = Ack),
        (status = 200, description = "it was there before", body = Ack),
        (status = 400, description = "bad-request", body = ProblemShape, content_type = "application/problem+json"),
        (status = 402, description = "nothing-chargeable", body = ProblemShape, content_type = "application/problem+json"),
        (status = 403, description = "unknown-operator, invalid-key", body = ProblemShape, content_type = "application/problem+json"),
        (status = 408, description = "too-slow", body = ProblemShape, content_type = "application/problem+json"),
        (status = 409, description = "lane-gap, lane-fork", body = ProblemShape, content_type = "application/problem+json"),
        (status = 413, description = "too-large", body = ProblemShape, content_type = "application/problem+json"),
        (status = 415, description = "unsupported-media-type", body = ProblemShape, content_type = "application/problem+json"),
        (status = 422, description = "undecodable, malformed, signature, spend-refused, receipts-refused", body = ProblemShape, content_type = "application/problem+json"),
        (status = 429, description = "rate-limited", body = ProblemShape, content_type = "application/problem+json"),
        (status = 503, description = "not-ready, broker-unavailable", body = ProblemShape, content_type = "application/problem+json"),
    )
)]
pub async fn submit(
    State(gateway): State<Arc<Gateway>>,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<Ack>), Problem> {
    let envelope = envelope::read(&headers, body).await?;
    let posted = Posted::check(&gateway, envelope).await?;
    // On a task of its own: who goes away leaves nothing half done, and the lane's turn ends with the task.
    let taken = tokio::spawn(async move { posted.take_in(gateway).await });
    taken.await.map_err(|error| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", error.to_string()))?
}

/// A batch that is well formed and signed by its signer.
struct Posted {
    value: Bytes,
    rows: RawRows,
    batch: RawBatch,
    at: Time,
}

fn now() -> Time {
    Time(chrono::Utc::now().timestamp_micros())
}

fn refused(code: &'static str, detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail)
}

impl Posted {
    /// What the sink would make of it, at the next free place.
    async fn check(gateway: &Gateway, envelope: Envelope) -> Result<Self, Problem> {
        let body = Some(receipt_record::Body::Batch(envelope));
        let (value, at, network) =
            (Bytes::from(ReceiptRecord { body }.encode_to_vec()), now(), gateway.network.clone());
        let record = Record {
            topic: Topic::Receipts,
            partition: Partition(0),
            offset: KafkaOffset(0),
            taken_at: at,
            key: Bytes::new(),
            value: value.clone(),
        };
        let checked = tokio::task::spawn_blocking(move || check(&network, &record)).await;
        let mut rows = checked.map_err(|error| refused("undecodable", error.to_string()))?;
        if let Some(batch) = rows.batches.pop() {
            return Ok(Self { value, rows, batch, at });
        }
        let quarantined = rows.quarantined.pop();
        let (reason, detail) =
            quarantined.map_or((QuarantineReason::Undecodable, String::new()), |row| (row.reason, row.detail));
        Err(refused(reason.word(), detail))
    }

    /// Checks it against the view, gives it to the broker, and signs where it stands.
    async fn take_in(self, gateway: Arc<Gateway>) -> Result<(StatusCode, Json<Ack>), Problem> {
        let shared = gateway.shared()?;
        let &RawBatch { operator, lane, signer, .. } = &self.batch;
        let known = shared.view().terms().signer(operator, signer, self.at);
        known.map_err(|outcome| forbidden(outcome, &self.batch))?;
        gateway.batches.take(&operator).map_err(|wait| {
            let detail =
                format!("operator {operator:#x} sends more than {} batches a second", gateway.batches_a_second);
            Problem::new(StatusCode::TOO_MANY_REQUESTS, "rate-limited", detail).retry_after(wait)
        })?;
        let _turn = gateway.turns.of(operator, lane).await;
        if let Some((placed, verdicts)) = self.stands(&shared).await? {
            return Ok((StatusCode::OK, gateway.ack(&self.batch, placed, &verdicts).await?));
        }
        self.extends(&shared)?;
        self.spends(&shared)?;
        self.counts(&shared)?;
        let placed = gateway.producer.place_by_key(Topic::Receipts, operator.as_slice(), &self.value).await;
        let placed = placed.map_err(|error| {
            let detail = format!("{error}; send the batch again as it is");
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "broker-unavailable", detail).retry_after(BROKER_AGAIN)
        })?;
        let verdicts = match shared.has(placed.partition, placed.offset, VIEW_MAX).await {
            true => shared.view().seen(self.batch.batch).map(|seen| seen.verdicts.clone()),
            false => None,
        };
        Ok((StatusCode::ACCEPTED, gateway.ack(&self.batch, placed, &verdicts.unwrap_or_default()).await?))
    }

    /// Where it stands already, if it counts there.
    async fn stands(&self, shared: &Shared) -> Result<Option<(Placed, Verdicts)>, Problem> {
        let id = self.batch.batch;
        let seen = shared.view().seen(id).filter(|seen| seen.counts).cloned();
        if let Some(seen) = seen {
            let placed = Placed { partition: seen.partition, offset: seen.offset, taken_at: seen.taken_at };
            return Ok(Some((placed, seen.verdicts)));
        }
        let (number, _) = shared.view().head(self.batch.operator, self.batch.lane);
        if self.batch.number > number {
            return Ok(None);
        }
        let settled = past::receipts(&shared.past, id).await.map_err(tables_fail)?;
        let lane_refused = [Outcome::LaneFork.word(), Outcome::LaneGap.word()];
        if settled.iter().any(|past| lane_refused.contains(&past.receipt.verdict.as_str())) {
            return Ok(None);
        }
        let past = past::place(&shared.past, id).await.map_err(tables_fail)?;
        Ok(past.map(|past| {
            let placed = Placed {
                partition: Partition(past.partition),
                offset: KafkaOffset(past.offset),
                taken_at: Time(past.taken_at_us),
            };
            (placed, Verdicts::new())
        }))
    }

    fn extends(&self, shared: &Shared) -> Result<(), Problem> {
        let RawBatch { operator, lane, number, previous, .. } = &self.batch;
        let (last, head) = shared.view().head(*operator, *lane);
        let (code, wrong) = if *number > last + 1 {
            ("lane-gap", format!("batch {number} came, batch {} is due", last + 1))
        } else if *number <= last || *previous != head {
            ("lane-fork", format!("batch {number} after {previous} came, batch {} after {head} is due", last + 1))
        } else {
            return Ok(());
        };
        let detail = format!("lane {lane} of operator {operator:#x}: {wrong}");
        Err(Problem::new(StatusCode::CONFLICT, code, detail)
            .with("expected_number", (last + 1).to_string())
            .with("expected_previous", head.to_string()))
    }

    fn spends(&self, shared: &Shared) -> Result<(), Problem> {
        let view = shared.view();
        let wrong = self.batch.spends.iter().filter(|spend| !view.terms().spend_is_valid(spend, self.at));
        let payers: Vec<String> = wrong.map(|spend| format!("{:#x}", spend.payer)).collect();
        if payers.is_empty() {
            return Ok(());
        }
        let detail =
            format!("the Spends of {} are signed neither by the payer nor by its spender key", payers.join(", "));
        Err(refused("spend-refused", detail).with("payers", payers))
    }

    /// Whether every receipt can count, and at least one would now.
    fn counts(&self, shared: &Shared) -> Result<(), Problem> {
        let mut wrong: BTreeMap<u32, String> = BTreeMap::new();
        let malformed = self.rows.quarantined.iter();
        wrong.extend(malformed.filter_map(|row| Some((row.index?, row.detail.clone()))));
        let taken: Taken = shared.view().trial(self.at, &self.batch, &self.rows);
        for (receipt, (verdict, _)) in self.rows.receipts.iter().zip(&taken.receipts) {
            if matches!(verdict, Outcome::EvidenceMissing | Outcome::EvidenceMalformed) {
                wrong.insert(receipt.index, verdict.to_string());
            }
        }
        if !wrong.is_empty() {
            let detail = format!("{} of the batch's receipts cannot count", wrong.len());
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

fn forbidden(outcome: Outcome, batch: &RawBatch) -> Problem {
    let (operator, signer) = (batch.operator, batch.signer);
    let (code, detail) = match outcome {
        Outcome::InvalidKey => ("invalid-key", format!("{signer:#x} is no signing key of operator {operator:#x} now")),
        _ => ("unknown-operator", format!("operator {operator:#x} is not registered now")),
    };
    let detail = format!("{detail}; a registration counts once its block is final and stored");
    Problem::new(StatusCode::FORBIDDEN, code, detail)
}

/// What a question to the tables that failed is to a client.
#[expect(clippy::needless_pass_by_value, reason = "the shape of map_err")]
pub fn tables_fail(error: anyhow::Error) -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "tables-unavailable", format!("{error:#}")).retry_after(BROKER_AGAIN)
}

impl Gateway {
    async fn ack(&self, batch: &RawBatch, placed: Placed, found: &Verdicts) -> Result<Json<Ack>, Problem> {
        let hash = self.network.ack_hash(batch.batch, &placed);
        let signature = self.signer.hashes.sign_hash(&hash).await;
        let signature = signature.map_err(|error| {
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "signer-unavailable", error.to_string())
                .retry_after(BROKER_AGAIN)
        })?;
        Ok(Json(Ack {
            batch: batch.batch.to_string(),
            topic: Topic::Receipts.name(),
            partition: placed.partition.0,
            offset: placed.offset.to_string(),
            taken_at: moment(placed.taken_at),
            taken_at_us: placed.taken_at.0.to_string(),
            signer: format!("{:#x}", self.signer.address),
            signature: alloy::hex::encode_prefixed(signature.as_bytes()),
            verdicts: verdicts(found),
        }))
    }
}
