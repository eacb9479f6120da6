//! What serving nodes ask: lanes, batches, single receipts, funds.

use super::Gateway;
use super::envelope::bad_request;
use super::past::{self, Asker, PastPlace, PastReceipt};
use super::posted::now;
use super::problems;
use super::shapes::{
    AnswerShape, BatchShape, FundsShape, LaneShape, LanesShape, LimitsShape, NetworkShape, OperatorFunds, ProblemShape,
    ReceiptShape,
};
use super::view::{Seen, SeenReceipt};
use crate::show::moment;
use api::problem::Problem;
use api::serving::Client;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use ingest::receipt_id;
use serde::Deserialize;
use std::str::FromStr;
use std::sync::Arc;
use utoipa::IntoParams;
use warehouse::types::{Address, BatchId, Time, Topic};

type Answered<T> = Result<Json<T>, Problem>;

/// A value of the path, or a problem that names it.
fn parsed<T: FromStr>(name: &str, text: &str) -> Result<T, Problem> {
    text.parse().map_err(|_| bad_request(format!("{name} {text:?} is none")))
}

fn not_found(what: impl Into<String>) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "not-found", what)
}

/// The network, and the limits of a batch.
#[utoipa::path(get, path = "/v1/network", responses((status = 200, body = NetworkShape)))]
pub async fn network(State(gateway): State<Arc<Gateway>>) -> Json<NetworkShape> {
    Json(NetworkShape {
        chain_id: gateway.network.chain_id.to_string(),
        vault: format!("{:#x}", gateway.network.vault),
        ack_signer: format!("{:#x}", gateway.signer.address),
        limits: LimitsShape {
            record_bytes: ingest::RECORD_BYTES_MAX,
            receipts: ingest::RECEIPTS_MAX,
            spends: ingest::SPENDS_MAX,
            evidence_bytes: ingest::EVIDENCE_BYTES_MAX,
            evidence_named_bytes: ingest::EVIDENCE_NAMED_BYTES_MAX,
            batches_a_second: gateway.batches_a_second.get(),
        },
    })
}

/// Where each lane of an operator stands.
#[utoipa::path(
    get,
    path = "/v1/operators/{operator}/lanes",
    params(("operator" = String, Path, description = "address")),
    responses((status = 200, body = LanesShape), (status = 503, body = ProblemShape, content_type = "application/problem+json"))
)]
pub async fn lanes(State(gateway): State<Arc<Gateway>>, Path(operator): Path<String>) -> Answered<LanesShape> {
    let operator: Address = parsed("operator", &operator)?;
    let lanes = gateway.shared()?.view().lanes(operator);
    let lanes = lanes.into_iter().map(|(lane, number, head)| LaneShape {
        lane: lane.to_string(),
        number: number.to_string(),
        head: head.to_string(),
    });
    Ok(Json(LanesShape { operator: format!("{operator:#x}"), lanes: lanes.collect() }))
}

/// A batch: its place, and what becomes of its receipts.
#[utoipa::path(
    get,
    path = "/v1/batches/{batch}",
    params(("batch" = String, Path, description = "batch id")),
    responses((status = 200, body = BatchShape), (status = 404, body = ProblemShape, content_type = "application/problem+json"))
)]
pub async fn batch(
    State(gateway): State<Arc<Gateway>>,
    Extension(client): Extension<Client>,
    Path(batch): Path<String>,
) -> Answered<BatchShape> {
    let id = BatchId(parsed("batch", &batch)?);
    let shared = gateway.shared()?;
    let seen = shared.view().seen(id).cloned();
    if let Some(seen) = seen {
        return Ok(Json(accepted(id, &seen)));
    }
    gateway.lookups.take(&client).map_err(problems::too_often)?;
    let place = past::place(&shared.past, Asker::Anybody, id).await.map_err(|error| problems::tables(&error))?;
    let place = place.ok_or_else(|| not_found(format!("no batch {id} was taken in")))?;
    let receipts = past::receipts(&shared.past, id).await.map_err(|error| problems::tables(&error))?;
    Ok(Json(settled(id, place, receipts)))
}

fn accepted(id: BatchId, seen: &Seen) -> BatchShape {
    BatchShape {
        batch: id.to_string(),
        state: if seen.counts { "accepted" } else { "refused" },
        epoch: None,
        operator: format!("{:#x}", seen.operator),
        lane: seen.lane.to_string(),
        number: seen.number.to_string(),
        topic: Topic::Receipts.name(),
        partition: seen.partition.0,
        offset: seen.offset.to_string(),
        taken_at: moment(seen.taken_at),
        receipts: seen.receipts.iter().map(|receipt| preliminary(id, receipt)).collect(),
    }
}

fn preliminary(batch: BatchId, receipt: &SeenReceipt) -> ReceiptShape {
    ReceiptShape {
        receipt: receipt_id(batch, receipt.index).to_string(),
        index: receipt.index,
        verdict: receipt.verdict.to_string(),
        fee: None,
    }
}

fn settled(id: BatchId, place: PastPlace, receipts: Vec<PastReceipt>) -> BatchShape {
    BatchShape {
        batch: id.to_string(),
        state: "settled",
        epoch: receipts.first().map(|past| past.epoch.clone()),
        operator: place.operator,
        lane: place.lane,
        number: place.number,
        topic: Topic::Receipts.name(),
        partition: place.partition,
        offset: place.offset.to_string(),
        taken_at: moment(Time(place.taken_at_us)),
        receipts: receipts.into_iter().map(|past| past.receipt).collect(),
    }
}

/// The path of a single receipt.
#[derive(Deserialize)]
pub struct AnswerPath {
    operator: String,
    lane: String,
    number: String,
    index: String,
}

/// What tells it from another one under the same number.
#[derive(Deserialize, IntoParams)]
pub struct AnswerQuery {
    /// The receipt's commitment to its output.
    output_commitment: String,
}

/// One receipt, by what its node knew when it answered.
#[utoipa::path(
    get,
    path = "/v1/operators/{operator}/lanes/{lane}/batches/{number}/receipts/{index}",
    params(
        ("operator" = String, Path, description = "address"),
        ("lane" = String, Path, description = "lane"),
        ("number" = String, Path, description = "the batch's number in the lane"),
        ("index" = String, Path, description = "the receipt's position in the batch"),
        AnswerQuery
    ),
    responses((status = 200, body = AnswerShape), (status = 404, body = ProblemShape, content_type = "application/problem+json"))
)]
pub async fn answer(
    State(gateway): State<Arc<Gateway>>,
    Extension(client): Extension<Client>,
    Path(path): Path<AnswerPath>,
    Query(query): Query<AnswerQuery>,
) -> Answered<AnswerShape> {
    let operator: Address = parsed("operator", &path.operator)?;
    let (lane, number) = (parsed("lane", &path.lane)?, parsed("number", &path.number)?);
    let index: u32 = parsed("index", &path.index)?;
    let commitment: alloy::primitives::B256 = parsed("output_commitment", &query.output_commitment)?;
    let shared = gateway.shared()?;
    let found = shared.view().numbered(operator, lane, number).map(|(id, seen)| {
        let receipt = seen.receipts.iter().find(|receipt| receipt.index == index);
        (id, receipt.filter(|receipt| receipt.answers(commitment.as_slice())).copied())
    });
    let missing = || not_found("no such receipt was taken in");
    if let Some((id, receipt)) = found {
        let receipt = preliminary(id, &receipt.ok_or_else(missing)?);
        return Ok(Json(AnswerShape { batch: id.to_string(), state: "accepted", epoch: None, receipt }));
    }
    gateway.lookups.take(&client).map_err(problems::too_often)?;
    let past = past::answer(&shared.past, (operator, lane, number, index), commitment.as_slice()).await;
    let past = past.map_err(|error| problems::tables(&error))?.ok_or_else(missing)?;
    Ok(Json(AnswerShape { batch: past.batch, state: "settled", epoch: Some(past.epoch), receipt: past.receipt }))
}

/// What a payer may still be charged, by operator.
#[utoipa::path(
    get,
    path = "/v1/payers/{payer}/funds",
    params(("payer" = String, Path, description = "address")),
    responses((status = 200, body = FundsShape), (status = 503, body = ProblemShape, content_type = "application/problem+json"))
)]
pub async fn funds(State(gateway): State<Arc<Gateway>>, Path(payer): Path<String>) -> Answered<FundsShape> {
    let payer: Address = parsed("payer", &payer)?;
    let shared = gateway.shared()?;
    let (funds, keys) = {
        let view = shared.view();
        (view.funds(payer), view.terms().spender_keys(payer, now()))
    };
    let funds = funds.into_iter().map(|funds| OperatorFunds {
        operator: format!("{:#x}", funds.operator),
        deposit: funds.deposit.to_string(),
        allowed: funds.allowed.to_string(),
        charged: funds.charged.to_string(),
        chargeable: funds.chargeable().to_string(),
    });
    let spender_keys = keys.iter().map(|key| format!("{key:#x}")).collect();
    Ok(Json(FundsShape { payer: format!("{payer:#x}"), spender_keys, funds: funds.collect() }))
}
