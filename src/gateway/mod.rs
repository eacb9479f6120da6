//! The receipt gateway: for serving nodes that should not hold a broker's credentials (docs/gateway.md).

mod ask;
mod basis;
mod envelope;
mod keeper;
mod past;
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
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use ingest::kafka::{Producer, check_topic};
use ingest::{Network, Pulse};
pub use keeper::CATCHES_UP;
use keeper::{Current, Keeper};
use shared::Shared;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;
use turns::LaneTurns;
use utoipa::OpenApi;
use warehouse::types::{Address, Topic};

/// When to come again while the view is not there.
const READY_AGAIN: Duration = Duration::from_secs(1);
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
    batches: Rate<Address>,
    batches_a_second: NonZeroU32,
    requests: Rate<Client>,
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
    stopped: impl Future<Output = ()>,
) -> Result<()> {
    let (broker, network) = (settings.broker()?, settings.ingest_network());
    check_topic(&broker, &network, Topic::Receipts).await?;
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
        batches: Rate::per_second(args.batches_per_second),
        batches_a_second: args.batches_per_second,
        requests: Rate::per_second(args.requests_per_second),
    });
    let serving = serve(listener, routes(&gateway), Limits::default(), stopped);
    tokio::select! {
        kept = keeper.keep() => kept,
        () = serving => {
            gateway.producer.flush(FLUSH_MAX);
            Ok(())
        }
    }
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

/// A client's share of requests.
async fn limited(State(gateway): State<Arc<Gateway>>, request: Request, next: Next) -> Response {
    let client = request.extensions().get::<Client>().copied();
    match client.map_or(Ok(()), |client| gateway.requests.take(&client)) {
        Ok(()) => next.run(request).await,
        Err(wait) => {
            Problem::new(StatusCode::TOO_MANY_REQUESTS, "rate-limited", "more requests than one client's share")
                .retry_after(wait)
                .into_response()
        }
    }
}
