//! `openbooks ingest chain`.

use super::settler::Settler;
use super::stopped;
use crate::cli::{ChainArgs, Output};
use crate::failure::Usage;
use crate::health::listen;
use crate::settings::Settings;
use crate::show;
use anyhow::{Result, bail};
use axum::routing::get;
use axum::{Json, Router};
use ingest::Pulse;
use ingest::chain::{Indexer, Nodes, Window};
use serde_json::{Value, json};

/// Publishes the chain's events.
pub async fn chain(settings: &Settings, output: Output, args: &ChainArgs) -> Result<()> {
    if settings.chain.rpc.is_empty() {
        bail!(Usage("no node: name one with --rpc, or chain.rpc in the settings".into()));
    }
    let signer = Settler::open(&args.key, settings)?;
    let (pulse, window) = (Pulse::default(), Window::default());
    if let Some(address) = args.listen {
        let shown = window.clone();
        let more = Router::new().route("/window", get(async move || Json(shape_of(&shown))));
        listen(settings, &pulse, address, more).await?;
    }
    let nodes = Nodes::at(&settings.chain.rpc);
    let nodes = match args.questions_per_second {
        Some(most) => nodes.with_rate(most),
        None => nodes,
    };
    let indexer = Indexer {
        pulse,
        window,
        nodes,
        broker: settings.broker()?,
        network: settings.ingest_network(),
        calendar: settings.network.calendar,
        genesis: settings.genesis_hash,
        first_block: args.first_block,
        finality: args.finality,
        signer,
    };
    let indexed = if args.once { indexer.once().await? } else { indexer.run(stopped()).await? };
    let document = json!({
        "walked": indexed.walked,
        "published": indexed.published,
        "logs": indexed.logs,
        "closes": indexed.closes,
        "last_block": indexed.last_block,
    });
    show::print(output, &document, || {
        let last = indexed.last_block.map_or_else(|| "no new block".into(), |number| format!("up to block {number}"));
        format!(
            "{last}: {} blocks walked, {} published with {} logs, {} epochs closed",
            indexed.walked, indexed.published, indexed.logs, indexed.closes
        )
    })
}

/// What stands above finality, as JSON: it may be gone with the next block.
fn shape_of(window: &Window) -> Value {
    let hex = |bytes: &[u8]| alloy::hex::encode_prefixed(bytes);
    let blocks = window.blocks().into_iter().map(|block| {
        let logs = block.logs.iter().map(|log| {
            json!({
                "log_index": log.log_index,
                "address": hex(&log.address),
                "topics": log.topics.iter().map(|topic| hex(topic)).collect::<Vec<_>>(),
                "data": hex(&log.data),
                "transaction_hash": hex(&log.transaction_hash),
            })
        });
        json!({
            "number": block.number.to_string(),
            "hash": hex(&block.hash),
            "timestamp": block.timestamp.to_string(),
            "logs": logs.collect::<Vec<_>>(),
        })
    });
    Value::Array(blocks.collect())
}
