//! A port on which a long-running command says how it is: /health, /ready, /metrics.

use crate::failure::Usage;
use crate::settings::Settings;
use crate::status::collect;
use anyhow::Result;
use api::serving::{Limits, serve};
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use ingest::Pulse;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// A command without a turn for so long is not well.
const TURN_MAX: Duration = Duration::from_secs(60);

/// The tables are scanned for metrics at most so often.
const SCAN_EVERY: Duration = Duration::from_secs(5);

/// Who is asked.
#[derive(Clone)]
struct Asked {
    settings: Settings,
    pulse: Pulse,
    /// The last metrics; who asks meanwhile waits for them.
    last: Arc<Mutex<Option<(Instant, String)>>>,
}

/// Answers on the port until the process ends; `more` is what the command itself says there.
///
/// # Errors
/// [`Usage`] when the port cannot be had.
pub async fn listen(settings: &Settings, pulse: &Pulse, address: SocketAddr, more: Router) -> Result<()> {
    let listener = tokio::net::TcpListener::bind(address)
        .await
        .map_err(|error| Usage(format!("port {address} cannot be listened at: {error}")))?;
    let asked = Asked { settings: settings.clone(), pulse: pulse.clone(), last: Arc::default() };
    let routes = Router::new()
        .route("/health", get(health))
        .route("/ready", get(ready))
        .route("/metrics", get(metrics))
        .with_state(asked)
        .merge(more);
    tokio::spawn(serve(listener, routes, Limits::default(), std::future::pending()));
    Ok(())
}

/// Whether the command does its turns.
async fn health(State(asked): State<Asked>) -> (StatusCode, String) {
    let age = asked.pulse.age();
    if age < TURN_MAX {
        (StatusCode::OK, "ok\n".into())
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, format!("the last turn was {} s ago\n", age.as_secs()))
    }
}

/// Whether it does them, waits for nothing, and nothing is paused.
async fn ready(State(asked): State<Asked>) -> (StatusCode, String) {
    let paused = asked.pulse.paused();
    let wrong = match asked.pulse.waits_for() {
        Some(waits_for) => format!("not ready: {waits_for}\n"),
        None if paused.is_empty() => return health(State(asked)).await,
        None => format!("paused, too much is quarantined: {}\n", paused.join(", ")),
    };
    (StatusCode::SERVICE_UNAVAILABLE, wrong)
}

/// What `openbooks status` says, for Prometheus.
async fn metrics(State(asked): State<Asked>) -> (StatusCode, String) {
    let paused = asked.pulse.paused().len();
    match asked.scanned().await {
        Ok(scanned) => {
            let own = format!(
                "# HELP openbooks_ingest_paused_partitions Partitions that are paused.\n\
                 # TYPE openbooks_ingest_paused_partitions gauge\nopenbooks_ingest_paused_partitions {paused}\n"
            );
            (StatusCode::OK, scanned + &own)
        }
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("{error:#}\n")),
    }
}

impl Asked {
    /// On a task of its own: who stops waiting starts no second scan.
    async fn scanned(self) -> Result<String> {
        tokio::spawn(async move {
            let mut last = self.last.lock().await;
            if let Some((_, text)) = last.as_ref().filter(|(at, _)| at.elapsed() < SCAN_EVERY) {
                return Ok(text.clone());
            }
            let (runtime, settings) = (tokio::runtime::Handle::current(), self.settings.clone());
            let text = tokio::task::spawn_blocking(move || runtime.block_on(collect(&settings))).await??.to_metrics();
            *last = Some((Instant::now(), text.clone()));
            Ok(text)
        })
        .await?
    }
}
