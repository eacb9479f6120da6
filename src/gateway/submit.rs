//! A posted batch, from the body to the signed Ack. What costs little is asked first: a stranger's batch costs one
//! signature, and what is held in memory at a time is bounded for all clients together.

use super::posted::{Header, Posted, overtaken};
use super::shapes::{Ack, ProblemShape, verdicts};
use super::view::Verdicts;
use super::{Gateway, envelope, problems};
use crate::show::moment;
use api::problem::Problem;
use api::serving::Client;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::{Extension, Json};
use ingest::kafka::Placed;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;
use warehouse::tables::RawBatch;
use warehouse::types::Topic;

/// Longest wait until what the broker has is in the view.
const VIEW_MAX: Duration = Duration::from_secs(10);
/// Longest wait for room in memory, a core, or the lane's turn.
const TURN_MAX: Duration = Duration::from_secs(10);

/// What a posted batch is answered with.
type Answered = Result<(StatusCode, Json<Ack>), Problem>;

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
        (status = 422, description = "undecodable, malformed, signature, too-many-lanes, spend-refused, receipts-refused", body = ProblemShape, content_type = "application/problem+json"),
        (status = 429, description = "rate-limited", body = ProblemShape, content_type = "application/problem+json"),
        (status = 500, description = "internal: send it again", body = ProblemShape, content_type = "application/problem+json"),
        (status = 503, description = "not-ready, busy, broker-unavailable, tables-unavailable, signer-unavailable: send it again", body = ProblemShape, content_type = "application/problem+json"),
    )
)]
pub async fn submit(
    State(gateway): State<Arc<Gateway>>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    body: Body,
) -> Answered {
    let kind = envelope::kind_of(&headers)?;
    let room = Arc::clone(&gateway.room).acquire_many_owned(kind.weight(&headers));
    let room =
        timeout(TURN_MAX, room).await.map_err(|_| problems::busy())?.map_err(|error| problems::internal(&error))?;
    let envelope = envelope::read(kind, body).await?;

    let network = gateway.network.clone();
    let (header, envelope) = on_a_core(&gateway, move || Ok((Header::open(&network, &envelope)?, envelope))).await?;
    let shared = gateway.shared()?;
    // Whoever asks again for what stands gets it, whatever became of the key meanwhile.
    if let Some((placed, verdicts)) = header.counts_already(&shared) {
        return Ok((StatusCode::OK, gateway.ack(&header.0, placed, &verdicts).await?));
    }
    header.signer(&shared)?;
    if let Err(problem) = header.extends(&shared) {
        // The tables are asked at the client's own expense: anybody may repeat a batch that was published.
        gateway.lookups.take(&client).map_err(problems::too_often)?;
        return match header.counted(&shared).await? {
            Some(placed) => Ok((StatusCode::OK, gateway.ack(&header.0, placed, &Verdicts::new()).await?)),
            None => Err(problem),
        };
    }
    let operator = header.0.operator;
    gateway.batches.take(&operator).map_err(|wait| {
        let detail = format!("operator {operator:#x} sends more than {} batches a second", gateway.batches_a_second);
        Problem::new(StatusCode::TOO_MANY_REQUESTS, "rate-limited", detail).retry_after(wait)
    })?;
    let network = gateway.network.clone();
    let posted = on_a_core(&gateway, move || Posted::check(&network, envelope)).await?;
    // On a task of its own: who goes away leaves nothing half done, and keeps its room until it is done.
    let taken = tokio::spawn(async move { take_in(posted, gateway, room).await });
    taken.await.map_err(|error| problems::internal(&error))?
}

/// Runs what computes on a thread for that, as many at a time as there are cores.
async fn on_a_core<T: Send + 'static>(
    gateway: &Gateway,
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let core = timeout(TURN_MAX, Arc::clone(&gateway.cores).acquire_owned()).await;
    let core = core.map_err(|_| problems::busy())?.map_err(|error| problems::internal(&error))?;
    let worked = tokio::task::spawn_blocking(move || {
        let _core = core;
        work()
    });
    worked.await.map_err(|error| problems::internal(&error))?
}

/// Checks it against the view as it is at the lane's turn, gives it to the broker, and signs where it stands.
async fn take_in(posted: Posted, gateway: Arc<Gateway>, _room: OwnedSemaphorePermit) -> Answered {
    let batch = &posted.header.0;
    let turn = timeout(TURN_MAX, gateway.turns.of(batch.operator, batch.lane)).await;
    let _turn = turn.map_err(|_| problems::busy())?;
    // What this gateway gave to the broker is in the view first, whichever view it is now.
    let shared = gateway.shared()?;
    for (partition, offset) in gateway.placed.all() {
        if !shared.has(partition, offset, VIEW_MAX).await {
            return Err(problems::behind());
        }
    }
    if let Some((placed, verdicts)) = posted.header.counts_already(&shared) {
        return Ok((StatusCode::OK, gateway.ack(batch, placed, &verdicts).await?));
    }
    posted.header.extends(&shared)?;
    posted.spends(&shared)?;
    posted.counts(&shared)?;
    let placed = gateway.producer.place_by_key(Topic::Receipts, batch.operator.as_slice(), &posted.value).await;
    let placed = placed.map_err(|error| problems::broker(&error))?;
    gateway.placed.note(placed);
    if !shared.has(placed.partition, placed.offset, VIEW_MAX).await {
        return Err(problems::behind());
    }
    match posted.header.counts_already(&shared) {
        Some((stands, verdicts)) => {
            let status = if stands == placed { StatusCode::ACCEPTED } else { StatusCode::OK };
            Ok((status, gateway.ack(batch, stands, &verdicts).await?))
        }
        None => Err(overtaken(batch, &shared)),
    }
}

impl Gateway {
    async fn ack(&self, batch: &RawBatch, placed: Placed, found: &Verdicts) -> Result<Json<Ack>, Problem> {
        let hash = self.network.ack_hash(batch.batch, &placed);
        let signature = self.signer.hashes.sign_hash(&hash).await.map_err(|error| problems::signer(&error))?;
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
