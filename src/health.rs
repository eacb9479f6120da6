//! A port on which a long-running command says how it is: /health, /ready, /metrics.

use crate::failure::Usage;
use crate::settings::Settings;
use crate::status::collect;
use anyhow::Result;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use ingest::Pulse;
use std::net::SocketAddr;
use std::time::Duration;

/// A command without a turn for so long is not well.
const TURN_MAX: Duration = Duration::from_secs(60);

/// Who is asked.
#[derive(Clone)]
struct Asked {
    settings: Settings,
    pulse: Pulse,
}

/// Answers on the port until the process ends.
///
/// # Errors
/// [`Usage`] when the port cannot be had.
pub async fn listen(settings: &Settings, pulse: &Pulse, address: SocketAddr) -> Result<()> {
    let listener = tokio::net::TcpListener::bind(address)
        .await
        .map_err(|error| Usage(format!("port {address} cannot be listened at: {error}")))?;
    let asked = Asked { settings: settings.clone(), pulse: pulse.clone() };
    let routes = Router::new()
        .route("/health", get(health))
        .route("/ready", get(ready))
        .route("/metrics", get(metrics))
        .with_state(asked);
    tokio::spawn(async move { axum::serve(listener, routes).await });
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

/// Whether it does them, and nothing is paused.
async fn ready(State(asked): State<Asked>) -> (StatusCode, String) {
    let paused = asked.pulse.paused();
    if paused.is_empty() {
        return health(State(asked)).await;
    }
    (StatusCode::SERVICE_UNAVAILABLE, format!("paused, too much is quarantined: {}\n", paused.join(", ")))
}

/// What `openbooks status` says, for Prometheus.
async fn metrics(State(asked): State<Asked>) -> (StatusCode, String) {
    // A scan of tables: on a thread of its own.
    let runtime = tokio::runtime::Handle::current();
    let settings = asked.settings.clone();
    let collected = tokio::task::spawn_blocking(move || runtime.block_on(collect(&settings))).await;
    match collected.map_err(anyhow::Error::from).and_then(|collected| collected) {
        Ok(status) => {
            let paused = asked.pulse.paused().len();
            let own = format!(
                "# HELP openbooks_ingest_paused_partitions Partitions that are paused.\n\
                 # TYPE openbooks_ingest_paused_partitions gauge\nopenbooks_ingest_paused_partitions {paused}\n"
            );
            (StatusCode::OK, status.to_metrics() + &own)
        }
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("{error:#}\n")),
    }
}
