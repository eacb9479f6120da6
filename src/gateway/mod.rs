//! The receipt gateway: for serving nodes that should not hold a broker's credentials (docs/gateway.md).

mod ask;
mod basis;
mod envelope;
mod keeper;
mod past;
mod posted;
mod problems;
mod shapes;
mod shared;
mod submit;
mod turns;
mod view;

use crate::chain::Signer;
use crate::cli::GatewayArgs;
use crate::failure::Usage;
use crate::settings::Settings;
use anyhow::Result;
use api::problem::Problem;
use api::rate::Rate;
use api::serving::{Client, Limits, serve};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use ingest::kafka::Producer;
use ingest::{Network, Pulse};
pub use keeper::CATCHES_UP;
use keeper::{Current, Keeper};
use shared::Shared;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, oneshot};
use turns::{LaneTurns, LastPlaced};
use utoipa::OpenApi;
use warehouse::types::Address;

/// When to come again while the view is not there.
const READY_AGAIN: Duration = Duration::from_secs(1);
/// KiB of memory for batches that are on their way, of all clients together: one GiB.
const ROOM_KIB: usize = 1 << 20;
/// Questions to the tables, of one client a second.
const LOOKUPS_A_SECOND: NonZeroU32 = NonZeroU32::new(5).unwrap();
/// What is on its way at the broker when the process ends.
const FLUSH_MAX: Duration = Duration::from_secs(10);

/// The contract of the gateway's routes.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "openbooks receipt gateway",
        version = "1",
        description = "Signed receipt batches from serving nodes. Amounts are decimal strings in base units."
    ),
    paths(submit::submit, ask::network, ask::lanes, ask::batch, ask::answer, ask::funds)
)]
struct Contract;

/// What every request is answered from.
pub struct Gateway {
    network: Network,
    signer: Signer,
    producer: Producer,
    current: Current,
    turns: LaneTurns,
    placed: LastPlaced,
    /// KiB of memory for batches on their way.
    room: Arc<Semaphore>,
    /// Cores for checking.
    cores: Arc<Semaphore>,
    batches: Rate<Address>,
    batches_a_second: NonZeroU32,
    requests: Rate<Client>,
    /// Questions to the tables.
    lookups: Rate<Client>,
}

impl Gateway {
    /// The view, or that there is none yet.
    fn shared(&self) -> Result<Arc<Shared>, Problem> {
        self.current.get().ok_or_else(|| {
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not-ready", CATCHES_UP).retry_after(READY_AGAIN)
        })
    }
}

/// Answers until `stopped`, then what is on its way.
///
/// # Errors
/// When the port cannot be had, or the view cannot be kept.
pub async fn run(
    settings: &Settings,
    signer: Signer,
    args: &GatewayArgs,
    pulse: Pulse,
    stopped: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    let (broker, network) = (settings.broker()?, settings.ingest_network());
    // The log is the one of which the tables tell: an Ack names a place in it.
    ingest::kafka::check(&broker, &network, &settings.warehouse()?).await?;
    let listener = tokio::net::TcpListener::bind(args.address).await;
    let listener = listener.map_err(|error| Usage(format!("port {} cannot be listened at: {error}", args.address)))?;
    let current = Current::default();
    let keeper = Keeper::new(settings, pulse, current.clone())?;
    let gateway = Arc::new(Gateway {
        network,
        signer,
        producer: Producer::new(&broker)?,
        current,
        turns: LaneTurns::default(),
        placed: LastPlaced::default(),
        room: Arc::new(Semaphore::new(ROOM_KIB)),
        cores: Arc::new(Semaphore::new(settings.threads.get())),
        batches: Rate::per_second(args.batches_per_second),
        batches_a_second: args.batches_per_second,
        requests: Rate::per_second(args.requests_per_second),
        lookups: Rate::per_second(LOOKUPS_A_SECOND),
    });
    let limits = Limits { connections_of_one_max: args.connections_per_client.get(), ..Limits::default() };
    let (broken, breaks) = oneshot::channel::<()>();
    let ends = async {
        tokio::select! {
            () = stopped => {}
            _ = breaks => {}
        }
    };
    let serving = tokio::spawn(serve(listener, routes(&gateway), limits, ends));
    let mut serving = std::pin::pin!(serving);
    let kept = tokio::select! {
        kept = keeper.keep(&gateway.producer) => kept,
        _ = &mut serving => Ok(()),
    };
    if kept.is_err() {
        // What is on its way is answered all the same.
        let _ = broken.send(());
        let _ = serving.await;
    }
    gateway.producer.flush(FLUSH_MAX);
    kept
}

fn routes(gateway: &Arc<Gateway>) -> Router {
    Router::new()
        .route("/v1/receipt-batches", post(submit::submit))
        .route("/v1/network", get(ask::network))
        .route("/v1/operators/{operator}/lanes", get(ask::lanes))
        .route("/v1/operators/{operator}/lanes/{lane}/batches/{number}/receipts/{index}", get(ask::answer))
        .route("/v1/batches/{batch}", get(ask::batch))
        .route("/v1/payers/{payer}/funds", get(ask::funds))
        .route("/v1/openapi.json", get(async || Json(Contract::openapi())))
        .fallback(async || Problem::new(StatusCode::NOT_FOUND, "not-found", "no such route; see /v1/openapi.json"))
        .method_not_allowed_fallback(async || {
            Problem::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "method-not-allowed",
                "no such method here; see /v1/openapi.json",
            )
        })
        .layer(from_fn_with_state(Arc::clone(gateway), limited))
        .with_state(Arc::clone(gateway))
}

/// A client's share of requests; and what axum itself refuses is a problem like any other.
async fn limited(State(gateway): State<Arc<Gateway>>, request: Request, next: Next) -> Response {
    let client = request.extensions().get::<Client>().copied();
    if let Err(wait) = client.map_or(Ok(()), |client| gateway.requests.take(&client)) {
        return problems::too_often(wait).into_response();
    }
    let response = next.run(request).await;
    let is_problem = response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind == "application/problem+json");
    if response.status().is_client_error() && !is_problem {
        let detail = "the path or the query cannot be read; see /v1/openapi.json";
        return Problem::new(response.status(), "bad-request", detail).into_response();
    }
    response
}
