//! `openbooks ingest chain`.

use super::settler::Settler;
use super::stopped;
use crate::cli::{ChainArgs, Output};
use crate::failure::Usage;
use crate::health::listen;
use crate::settings::Settings;
use crate::show;
use anyhow::{Result, bail};
use ingest::Pulse;
use ingest::chain::{Indexer, Nodes};
use serde_json::json;

/// Publishes the chain's events.
pub async fn chain(settings: &Settings, output: Output, args: &ChainArgs) -> Result<()> {
    if settings.chain.rpc.is_empty() {
        bail!(Usage("no node: name one with --rpc, or chain.rpc in the settings".into()));
    }
    let signer = Settler::open(&args.key, settings)?;
    let pulse = Pulse::default();
    if let Some(address) = args.listen {
        listen(settings, &pulse, address).await?;
    }
    let indexer = Indexer {
        pulse,
        nodes: Nodes::at(&settings.chain.rpc),
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
