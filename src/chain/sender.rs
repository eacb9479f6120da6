//! Carries a transaction to its end: simulate, sign, write down, send, wait, replace by a higher fee up to a bound.
//! The nonce makes it happen once: of all that was ever sent under it, the chain takes one.

use super::fault::point;
use super::outbox::{Entry, What};
use super::{Call, Chain, Outbox, Signer};
use crate::failure::TryLater;
use crate::settings::ChainSettings;
use alloy::eips::Encodable2718;
use alloy::network::{NetworkTransactionBuilder, TransactionBuilder};
use alloy::primitives::{B256, Bytes};
use alloy::providers::Provider;
use alloy::rpc::types::{TransactionReceipt, TransactionRequest};
use anyhow::{Context, Result, bail};
use std::collections::HashMap;
use std::future::IntoFuture;
use std::time::{Duration, Instant};
use warehouse::Txn;
use warehouse::tables::NetworkCost;
use warehouse::tables::outbox::{OutboxStep, Purpose};
use warehouse::types::{Attempt, Hash};

/// Between two looks for a receipt.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Nodes take a replacement from ten percent above; an eighth is safe.
const RAISE: (u128, u128) = (9, 8);
/// Estimated gas is multiplied by this, in percent: state may move between estimate and block.
const GAS_PERCENT: u64 = 130;
/// Most attempts to plan a call beside other processes.
const PLANS_MAX: usize = 100;
/// Enough for any call of ours to revert.
const GAS_WITHOUT_ESTIMATE: u64 = 1_000_000;

/// How a transaction ended, and whether this process wrote the end down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivered {
    /// In a block, with effect.
    Mined {
        /// Whether this process was the one that wrote it down.
        ours: bool,
        /// Its hash.
        transaction: B256,
        /// Its block.
        block: u64,
    },
    /// In a block, without effect.
    Reverted {
        /// Its hash.
        transaction: B256,
    },
    /// Refused before it was sent.
    Dropped(String),
    /// Never to be mined: its nonce went to another transaction, or is not due. Another plan may do it.
    Outrun(String),
}

/// Carries an entry to its end.
///
/// # Errors
/// [`TryLater`] when the chain does not take it in time: a later call goes on where this one stopped.
pub async fn deliver(
    outbox: Outbox<'_>,
    chain: &Chain,
    signer: &Signer,
    settings: &ChainSettings,
    mut entry: Entry,
) -> Result<Delivered> {
    let deadline = Instant::now() + settings.deadline;
    loop {
        if let Some(end) = ended(outbox, chain, &mut entry).await? {
            return Ok(end);
        }
        let sender = entry.plan().sender;
        let taken = chain.ask("nonce", chain.provider.get_transaction_count(sender)).await?;
        if taken > entry.plan().nonce {
            // A receipt can lag behind the nonce by a moment.
            if wait(chain, &entry, Duration::from_secs(2)).await?.is_none() {
                let why = format!("nonce {} of {sender:#x} went to another transaction", entry.plan().nonce);
                return outrun(outbox, &mut entry, why).await;
            }
            continue;
        }
        if taken < entry.plan().nonce && entry.sent().next().is_none() {
            let why = format!("the chain is at nonce {taken}, {} was planned", entry.plan().nonce);
            return outrun(outbox, &mut entry, why).await;
        }
        if entry.sent().next().is_none() {
            let calldata = Bytes::from(entry.plan().calldata.clone());
            if let Some(refusal) = chain.refusal(sender, entry.plan().to, &calldata).await? {
                return dropped(outbox, &mut entry, refusal).await;
            }
        }
        if Instant::now() > deadline {
            bail!(TryLater(format!(
                "transaction {} of {sender:#x} is not in a block after {} s; run it again",
                entry.plan().nonce,
                settings.deadline.as_secs()
            )));
        }
        if !send(outbox, chain, signer, settings, &mut entry).await? {
            entry = outbox.again(&entry).await?;
            continue;
        }
        wait(chain, &entry, settings.replace_after).await?;
    }
}

/// The end, if it is written down or on the chain; then it is written down.
async fn ended(outbox: Outbox<'_>, chain: &Chain, entry: &mut Entry) -> Result<Option<Delivered>> {
    let last = entry.last();
    if last.step.is_end() {
        let transaction = last.transaction.map(|hash| hash.0).unwrap_or_default();
        let block = last.block_number.unwrap_or_default();
        return Ok(Some(match last.step {
            OutboxStep::Mined => Delivered::Mined { ours: false, transaction, block },
            OutboxStep::Reverted => Delivered::Reverted { transaction },
            _ => Delivered::Outrun("it was dropped before".into()),
        }));
    }
    let Some(receipt) = receipt_of(chain, entry).await? else { return Ok(None) };
    point("mined");
    let (transaction, block) = (receipt.transaction_hash, receipt.block_number.unwrap_or_default());
    let step = if receipt.status() { OutboxStep::Mined } else { OutboxStep::Reverted };
    cost(outbox, entry, &receipt).await?;
    point("cost written");
    let what = What { transaction: Some(transaction), max_fee_wei: None, block_number: Some(block) };
    let ours = outbox.record(entry, step, what).await?;
    if !ours {
        *entry = outbox.again(entry).await?;
    }
    let end = if receipt.status() {
        Delivered::Mined { ours, transaction, block }
    } else {
        Delivered::Reverted { transaction }
    };
    Ok(Some(end))
}

async fn receipt_of(chain: &Chain, entry: &Entry) -> Result<Option<TransactionReceipt>> {
    for (hash, _) in entry.sent() {
        let receipt = chain.ask("receipt", chain.provider.get_transaction_receipt(hash)).await?;
        if receipt.as_ref().is_some_and(|receipt| receipt.block_number.is_some()) {
            return Ok(receipt);
        }
    }
    Ok(None)
}

async fn wait(chain: &Chain, entry: &Entry, most: Duration) -> Result<Option<TransactionReceipt>> {
    let began = Instant::now();
    loop {
        let found = receipt_of(chain, entry).await?;
        if found.is_some() || began.elapsed() > most {
            return Ok(found);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

async fn outrun(outbox: Outbox<'_>, entry: &mut Entry, why: String) -> Result<Delivered> {
    outbox.record(entry, OutboxStep::Dropped, What::default()).await?;
    Ok(Delivered::Outrun(why))
}

async fn dropped(outbox: Outbox<'_>, entry: &mut Entry, why: String) -> Result<Delivered> {
    outbox.record(entry, OutboxStep::Dropped, What::default()).await?;
    Ok(Delivered::Dropped(why))
}

/// Signs with the next fee, writes it down, sends it. False when another process wrote a step meanwhile.
async fn send(
    outbox: Outbox<'_>,
    chain: &Chain,
    signer: &Signer,
    settings: &ChainSettings,
    entry: &mut Entry,
) -> Result<bool> {
    let plan = entry.plan();
    let request = TransactionRequest::default()
        .from(plan.sender)
        .to(plan.to)
        .input(Bytes::from(plan.calldata.clone()).into())
        .nonce(plan.nonce);
    let market = chain.ask("fees", chain.provider.estimate_eip1559_fees()).await?;
    let before = entry.sent().map(|(_, fee)| fee).max();
    let offered = market.max_fee_per_gas;
    let raised = before.map_or(offered, |before| offered.max(before.saturating_mul(RAISE.0) / RAISE.1 + 1));
    // At the bound the same is offered again: the node may have forgotten it.
    let max_fee = raised.min(settings.max_fee_wei.max(before.unwrap_or_default()));
    let tip = market.max_priority_fee_per_gas.saturating_mul(max_fee) / offered.max(1);
    let gas = match chain.ask("gas", chain.provider.estimate_gas(request.clone())).await {
        Ok(gas) => gas * GAS_PERCENT / 100,
        // It would revert now, but something was sent under this nonce: the nonce must be used up.
        Err(_) if before.is_some() => GAS_WITHOUT_ESTIMATE,
        Err(error) => return Err(error),
    };
    let request = request
        .gas_limit(gas)
        .max_fee_per_gas(max_fee)
        .max_priority_fee_per_gas(tip.clamp(1, max_fee))
        .with_chain_id(chain.chain_id);
    let signed = request.build(&signer.wallet).await.context("the transaction cannot be signed")?;
    point("signed");
    let hash = *signed.tx_hash();
    if entry.sent().all(|(known, _)| known != hash) {
        let what = What { transaction: Some(hash), max_fee_wei: Some(max_fee), block_number: None };
        if !outbox.record(entry, OutboxStep::Sent, what).await? {
            return Ok(false);
        }
    }
    point("written as sent");
    let raw = signed.encoded_2718();
    // Whether it was known already, or its nonce is taken: the next look at the chain tells.
    let _ = tokio::time::timeout(settings.replace_after, chain.provider.send_raw_transaction(&raw)).await;
    point("sent");
    Ok(true)
}

/// What the chain took, once.
async fn cost(outbox: Outbox<'_>, entry: &Entry, receipt: &TransactionReceipt) -> Result<()> {
    let plan = entry.plan();
    let row = NetworkCost {
        transaction: Hash(receipt.transaction_hash),
        sender: plan.sender,
        purpose: plan.purpose,
        epoch: plan.epoch,
        block_number: receipt.block_number.unwrap_or_default(),
        gas_used: receipt.gas_used,
        gas_price_wei: receipt.effective_gas_price,
    };
    let txn = Txn { app: format!("network_costs/{}", receipt.transaction_hash), expected: None, version: 1 };
    match outbox.books.warehouse.append(&[row], Attempt(1), &[txn], HashMap::new()).await {
        Ok(_) | Err(warehouse::Error::Moved { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// What was sent is not mined while an earlier nonce of its sender is free, as after a reorganisation: such nonces are
/// used up by transactions that do nothing.
async fn close_gap(
    outbox: Outbox<'_>,
    chain: &Chain,
    signer: &Signer,
    settings: &ChainSettings,
    entry: &Entry,
) -> Result<()> {
    let plan = entry.plan();
    let free = || chain.ask("nonce", chain.provider.get_transaction_count(plan.sender).into_future());
    if entry.sent().next().is_none() || free().await? >= plan.nonce {
        return Ok(());
    }
    // What the node took back into its pool may close it by itself.
    wait(chain, entry, settings.replace_after).await?;
    for nonce in free().await?..plan.nonce {
        let (epoch, attempt, calldata) = (plan.epoch, plan.attempt, Bytes::new());
        let call = Call { purpose: Purpose::Gap, epoch, attempt, to: plan.sender, calldata };
        if let Some(gap) = outbox.plan(chain, plan.sender, nonce, &call).await? {
            deliver(outbox, chain, signer, settings, gap).await?;
        }
    }
    Ok(())
}

/// Makes a call once: carries on what was begun for it, after whatever else the sender has begun, else plans it.
///
/// # Errors
/// As [`deliver`].
pub async fn send_once(
    outbox: Outbox<'_>,
    chain: &Chain,
    signer: &Signer,
    settings: &ChainSettings,
    call: &Call,
) -> Result<Delivered> {
    for _ in 0..PLANS_MAX {
        let mut ended = None;
        for entry in outbox.unfinished(signer.address).await? {
            let ours = call.is_planned_in(entry.plan());
            close_gap(outbox, chain, signer, settings, &entry).await?;
            let end = deliver(outbox, chain, signer, settings, entry).await?;
            ended = ours.then_some(end).or(ended);
        }
        if let Some(ended) = ended {
            return Ok(ended);
        }
        let nonce = chain.ask("nonce", chain.provider.get_transaction_count(signer.address)).await?;
        if let Some(entry) = outbox.plan(chain, signer.address, nonce, call).await? {
            point("planned");
            return deliver(outbox, chain, signer, settings, entry).await;
        }
    }
    bail!(TryLater(format!("others keep sending transactions of {:#x}; run it again", signer.address)))
}
