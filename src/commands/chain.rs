//! `openbooks chain`: what the vault says, and the guard that recomputes every proposed root.

use crate::bundle::Bundle;
use crate::chain::{Call, Chain, Delivered, KeyArgs, Outbox, Signer, send_once};
use crate::cli::{ChainCommand, Output, SettingsArgs};
use crate::failure::{Mismatch, NotReady, Usage};
use crate::recompute::recompute;
use crate::settings::Settings;
use crate::show;
use alloy::primitives::{B256, Bytes, U256};
use alloy::providers::Provider;
use alloy::rpc::types::Filter;
use alloy::sol_types::{SolCall, SolEvent};
use anyhow::{Context, Result, bail};
use serde_json::json;
use std::io::Write;
use std::time::Duration;
use warehouse::Artifacts;
use warehouse::chain_events::vault;
use warehouse::tables::outbox::Purpose;
use warehouse::types::{Attempt, Epoch, Hash};

/// Between two looks of the guard.
const WATCH_EVERY: Duration = Duration::from_secs(5);

/// Runs the command.
pub async fn chain(args: &SettingsArgs, output: Output, command: ChainCommand) -> Result<()> {
    let settings = Settings::load(args)?;
    let chain = Chain::connect(&settings).await?;
    match command {
        ChainCommand::Status => status(&chain, output).await,
        ChainCommand::Watch { once, key } => watch(&settings, &chain, output, once, &key).await,
        ChainCommand::Dispute { evidence, key } => dispute(&settings, &chain, output, evidence, &key).await,
    }
}

async fn status(chain: &Chain, output: Output) -> Result<()> {
    let pending = chain.read(vault::pendingRootCall {}).await?;
    let last = chain.read(vault::finalRootCall {}).await?;
    let dispute = chain.read(vault::disputeCall {}).await?;
    let paused = chain.read(vault::pausedUntilCall {}).await?;
    let received = chain.read(vault::receivedCall {}).await?;
    let claimed = chain.read(vault::claimedTotalCall {}).await?;
    let live = chain.read(vault::livenessAtCall {}).await?;
    let waits = pending.readyAt != 0;
    let document = json!({
        "chain_id": chain.chain_id.to_string(),
        "vault": format!("{:#x}", chain.vault),
        "final": root_json(&last),
        "pending": waits.then(|| json!({
            "root": root_json(&pending.root),
            "ready_at_s": pending.readyAt.to_string(),
            "proposer": format!("{:#x}", pending.proposer),
            "disputer": (!dispute.disputer.is_zero()).then(|| format!("{:#x}", dispute.disputer)),
        })),
        "paused_until_s": paused.to_string(),
        "anyone_may_propose_at_s": live.to_string(),
        "received": received.to_string(),
        "claimed": claimed.to_string(),
    });
    show::print(output, &document, || {
        let waiting = match waits {
            true => format!(
                "epoch {}, root {}, total {}, window ends at {} (seconds since 1970)",
                pending.root.epoch, pending.root.payoutRoot, pending.root.total, pending.readyAt
            ),
            false => "none".into(),
        };
        let disputed = if dispute.disputer.is_zero() { "no".into() } else { format!("by {:#x}", dispute.disputer) };
        format!(
            "vault     {:#x} on chain {}\nfinal     epoch {}, root {}, total {}\npending   {waiting}\ndisputed  {disputed}\nreceived  {received}\nclaimed   {claimed}",
            chain.vault, chain.chain_id, last.epoch, last.payoutRoot, last.total
        )
    })
}

fn root_json(root: &vault::Root) -> serde_json::Value {
    json!({
        "epoch": root.epoch.to_string(),
        "payout_root": root.payoutRoot.to_string(),
        "manifest_hash": root.manifestHash.to_string(),
        "total": root.total.to_string(),
    })
}

/// Recomputes every root that is proposed; on a difference says so, cancels it if there is a key, and ends with 5.
async fn watch(settings: &Settings, chain: &Chain, output: Output, once: bool, key: &KeyArgs) -> Result<()> {
    let signer = match key.keystore.is_some() || settings.chain.keystore.is_some() {
        true => Some(Signer::open(key, &settings.chain)?),
        false => None,
    };
    let mut seen = B256::ZERO;
    loop {
        let pending = chain.read(vault::pendingRootCall {}).await?;
        if pending.readyAt != 0 && pending.root.payoutRoot != seen {
            seen = pending.root.payoutRoot;
            if let Err(wrong) = check(settings, chain, &pending.root).await {
                return stop(settings, chain, signer.as_ref(), &pending, wrong).await;
            }
            let document =
                json!({ "epoch": pending.root.epoch.to_string(), "payout_root": seen.to_string(), "right": true });
            show::print(output, &document, || format!("epoch {}: root {seen} is right", pending.root.epoch))?;
            std::io::stdout().flush()?;
        }
        if once {
            return if pending.readyAt == 0 { bail!(NotReady("no root is pending".into())) } else { Ok(()) };
        }
        tokio::time::sleep(WATCH_EVERY).await;
    }
}

/// Fetches the root's bundle and recomputes it.
async fn check(settings: &Settings, chain: &Chain, root: &vault::Root) -> Result<()> {
    let uri = bundle_uri(chain, root).await?;
    let bytes = fetch(settings, &uri).await?;
    let bundle = Bundle::parse(&bytes, &uri)?;
    let books = settings.books()?;
    let threads = settings.threads.get();
    let again = recompute(&bundle, books.runtime, threads).await?;
    let (theirs, ours) = (Hash(root.manifestHash), again.manifest_hash);
    if theirs != ours {
        bail!(Mismatch(format!("the bundle {uri} gives manifest {ours}, proposed is {theirs}")));
    }
    let manifest = &again.manifest;
    if manifest.payout_root != root.payoutRoot.to_string() || manifest.total_cumulative != root.total.to_string() {
        bail!(Mismatch(format!(
            "the bundle {uri} gives root {} over {}, proposed is {} over {}",
            manifest.payout_root, manifest.total_cumulative, root.payoutRoot, root.total
        )));
    }
    if manifest.inputs.epoch != root.epoch.to_string() {
        bail!(Mismatch(format!("the bundle {uri} is of epoch {}, proposed is {}", manifest.inputs.epoch, root.epoch)));
    }
    Ok(())
}

async fn bundle_uri(chain: &Chain, root: &vault::Root) -> Result<String> {
    let filter = Filter::new()
        .address(chain.vault)
        .from_block(0)
        .event_signature(vault::RootProposed::SIGNATURE_HASH)
        .topic1(B256::from(U256::from(root.epoch)))
        .topic2(root.payoutRoot);
    let logs = chain.ask("logs of the vault", chain.provider.get_logs(&filter)).await?;
    let last = logs.last().context("the node shows no proposal of the pending root")?;
    Ok(vault::RootProposed::decode_log(&last.inner)?.data.bundleUri)
}

/// The bundle, from where this settler publishes: an address that a stranger chose is not followed.
async fn fetch(settings: &Settings, uri: &str) -> Result<Bytes> {
    let store = Artifacts::at(&settings.chain.bundles, &settings.store)?;
    let base = settings.chain.bundles_base(&store);
    let name = uri.strip_prefix(&base).and_then(|rest| rest.strip_prefix('/'));
    let Some(name) = name.filter(|name| !name.contains('/') && !name.is_empty()) else {
        bail!(Mismatch(format!("the bundle's address {uri} is not under {base}")));
    };
    match store.get_named(name).await? {
        Some(bytes) => Ok(bytes.into()),
        None => bail!(Mismatch(format!("the bundle {uri} is missing"))),
    }
}

async fn stop(
    settings: &Settings,
    chain: &Chain,
    signer: Option<&Signer>,
    pending: &vault::Pending,
    wrong: anyhow::Error,
) -> Result<()> {
    let root = &pending.root;
    let found = format!("ALARM: the pending root {} of epoch {} is wrong: {wrong:#}", root.payoutRoot, root.epoch);
    let Some(signer) = signer else {
        bail!(Mismatch(format!("{found}; no key was given to cancel it")));
    };
    let call = vault::cancelRootCall { payoutRoot: root.payoutRoot };
    let call = vault_call(chain, Purpose::Cancel, root.epoch, call.abi_encode());
    let books = settings.books_to_read()?;
    match send_once(Outbox { books: &books }, chain, signer, &settings.chain, &call).await? {
        Delivered::Mined { transaction, .. } => bail!(Mismatch(format!("{found}; cancelled by {transaction}"))),
        end => bail!(Mismatch(format!("{found}; it could not be cancelled: {end:?}"))),
    }
}

async fn dispute(settings: &Settings, chain: &Chain, output: Output, evidence: Hash, key: &KeyArgs) -> Result<()> {
    let signer = Signer::open(key, &settings.chain)?;
    let pending = chain.read(vault::pendingRootCall {}).await?;
    if pending.readyAt == 0 {
        bail!(NotReady("no root is pending".into()));
    }
    let call = vault::disputeRootCall { payoutRoot: pending.root.payoutRoot, evidenceHash: evidence.0 };
    let call = vault_call(chain, Purpose::Dispute, pending.root.epoch, call.abi_encode());
    let books = settings.books_to_read()?;
    match send_once(Outbox { books: &books }, chain, &signer, &settings.chain, &call).await? {
        Delivered::Mined { transaction, .. } => {
            let root = pending.root.payoutRoot;
            let document = json!({ "payout_root": root.to_string(), "transaction": transaction.to_string() });
            show::print(output, &document, || format!("root {root} is disputed by {transaction}"))
        }
        Delivered::Dropped(why) | Delivered::Outrun(why) => bail!(Usage(format!("the dispute is refused: {why}"))),
        Delivered::Reverted { transaction } => bail!(NotReady(format!("transaction {transaction} reverted"))),
    }
}

fn vault_call(chain: &Chain, purpose: Purpose, epoch: u64, calldata: Vec<u8>) -> Call {
    Call { purpose, epoch: Epoch(epoch), attempt: Attempt(0), to: chain.vault, calldata: calldata.into() }
}
