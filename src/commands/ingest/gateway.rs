//! `openbooks ingest gateway`.

use super::stopped;
use crate::chain::Signer;
use crate::cli::GatewayArgs;
use crate::failure::Usage;
use crate::gateway;
use crate::health::listen;
use crate::settings::Settings;
use anyhow::{Result, bail};
use axum::Router;
use ingest::Pulse;

/// Answers serving nodes.
pub async fn gateway(settings: &Settings, args: &GatewayArgs) -> Result<()> {
    let signer = Signer::open(&args.key, &settings.chain)?;
    let (found, expected) = (signer.address, settings.gateway);
    if found != expected {
        bail!(Usage(format!("key {found:#x} is not the gateway's {expected:#x}: its Acks would bind nobody")));
    }
    let pulse = Pulse::default();
    pulse.wait_for(gateway::CATCHES_UP);
    if let Some(address) = args.listen {
        listen(settings, &pulse, address, Router::new()).await?;
    }
    gateway::run(settings, signer, args, pulse, stopped()).await
}
