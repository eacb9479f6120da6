//! `openbooks ingest chain`.

use super::stopped;
use crate::chain::Signer;
use crate::cli::{ChainArgs, Output};
use crate::failure::Usage;
use crate::health::listen;
use crate::settings::Settings;
use crate::show;
use alloy::primitives::{Address, B256};
use anyhow::{Result, bail};
use bytes::Bytes;
use ingest::Pulse;
use ingest::chain::{CloseSigner, Indexer, Nodes};
use serde_json::json;
use std::future::Future;
use std::pin::Pin;

struct Settler(Signer);

impl CloseSigner for Settler {
    fn address(&self) -> Address {
        self.0.address
    }

    fn sign(&self, hash: B256) -> Pin<Box<dyn Future<Output = Result<Bytes, ingest::Error>> + Send + '_>> {
        Box::pin(async move {
            let signature = self.0.hashes.sign_hash(&hash).await;
            let signature = signature.map_err(|error| ingest::Error::Signer { wrong: error.to_string() })?;
            Ok(signature.as_bytes().to_vec().into())
        })
    }
}

/// Publishes the chain's events.
pub async fn chain(settings: &Settings, output: Output, args: &ChainArgs) -> Result<()> {
    if settings.chain.rpc.is_empty() {
        bail!(Usage("no node: name one with --rpc, or chain.rpc in the settings".into()));
    }
    let signer = Signer::open(&args.key, &settings.chain)?;
    let settler = settings.network.settler;
    if signer.address != settler {
        let found = signer.address;
        bail!(Usage(format!("key {found:#x} is not the settler {settler:#x}: its Close would count for nothing")));
    }
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
        signer: Settler(signer),
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
