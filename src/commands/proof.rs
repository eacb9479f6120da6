//! `openbooks proof`: an account's leaf, proof and claim calldata under the last settled root.

use crate::cli::{Output, SettingsArgs};
use crate::failure::{Mismatch, NotReady};
use crate::settings::Settings;
use crate::show;
use alloy::primitives::{B256, U256};
use alloy::sol_types::SolCall;
use anyhow::{Result, bail};
use pipeline::jobs::{Books, settled};
use pipeline::payout_tree::{leaf, root_of};
use serde_json::json;
use warehouse::Slice;
use warehouse::chain_events::{claimCall, proposeRootCall};
use warehouse::tables::epochs::EpochState;
use warehouse::tables::{EpochRow, Payout, Proof};
use warehouse::types::{Address, Amount, Epoch, Hash};

/// Runs the command.
pub async fn proof(args: &SettingsArgs, output: Output, account: Address) -> Result<()> {
    let books = Settings::load(args)?.books_to_read()?;
    let epoch = last_settled(&books).await?;
    let Some(row) = settled(&books, epoch).await? else { bail!(NotReady(format!("epoch {epoch} is not settled"))) };
    let root = row.payout_root.unwrap_or_default();
    let proof = leaf_of(&books, &row, account).await?;
    let call = claimCall { account, cumulative: U256::from(proof.cumulative.units()), proof: proof.proof.clone() };
    let calldata = alloy::hex::encode_prefixed(call.abi_encode());
    let siblings: Vec<String> = proof.proof.iter().map(ToString::to_string).collect();
    let document = json!({
        "account": format!("{account:#x}"),
        "epoch": epoch.to_string(),
        "cumulative": api::wire::Money::from(proof.cumulative),
        "chain_id": books.network.chain_id.to_string(),
        "vault": format!("{:#x}", books.network.vault),
        "leaf": proof.leaf.to_string(),
        "proof": siblings,
        "root": root.to_string(),
        "claim_calldata": calldata,
    });
    show::print(output, &document, || {
        format!(
            "account     {account:#x}\nepoch       {epoch}\ncumulative  {} ({} OPEN, everything ever earned)\nleaf        {}\nproof       {}\nroot        {root}\nchecked     the proof leads from the leaf to the root\nclaim       send to the vault {:#x}:\n            {calldata}",
            proof.cumulative,
            proof.cumulative.in_open(6),
            proof.leaf,
            siblings.join("\n            "),
            books.network.vault,
        )
    })
}

/// An account's leaf under a settled root.
pub struct Leaf {
    /// Everything that it ever earned.
    pub cumulative: Amount,
    /// The leaf.
    pub leaf: Hash,
    /// Its siblings, from the leaf up.
    pub proof: Vec<B256>,
}

/// The account's leaf, which was checked to lead to the root.
pub async fn leaf_of(books: &Books, row: &EpochRow, account: Address) -> Result<Leaf> {
    let epoch = row.epoch;
    let slice = Slice::Epoch(epoch, row.attempt);
    let payouts: Vec<Payout> = books.warehouse.read(slice).await?;
    let proofs: Vec<Proof> = books.warehouse.read(slice).await?;
    let payout = payouts.iter().find(|payout| payout.account == account);
    let proof = proofs.into_iter().find(|proof| proof.account == account);
    let (Some(payout), Some(proof)) = (payout, proof) else {
        bail!(NotReady(format!(
            "account {account:#x} has no leaf under the root of epoch {epoch}: it never earned anything; \
             `openbooks explain {account:#x} --epoch {epoch}` says why"
        )))
    };
    let root = row.payout_root.unwrap_or_default();
    let expected = leaf(books.network.chain_id, books.network.vault, account, payout.cumulative);
    if expected != proof.leaf || root_of(proof.leaf, &proof.proof) != root {
        bail!(Mismatch(format!("the stored proof of {account:#x} does not lead to the root {root} of epoch {epoch}")));
    }
    Ok(Leaf { cumulative: payout.cumulative, leaf: proof.leaf, proof: proof.proof })
}

/// The last epoch that is settled.
pub async fn last_settled(books: &Books) -> Result<Epoch> {
    let rows: Vec<EpochRow> = books.warehouse.read(Slice::All).await?;
    let last = rows.iter().filter(|row| row.state == EpochState::Settled).map(|row| row.epoch).max();
    last.ok_or_else(|| NotReady("no epoch is settled yet; run `openbooks epoch run --epoch 1`".into()).into())
}

/// The calldata of the transaction that proposes an epoch's root.
pub async fn root_calldata(books: &Books, epoch: Epoch) -> Result<String> {
    let Some(row) = settled(books, epoch).await? else { bail!(NotReady(format!("epoch {epoch} is not settled"))) };
    let previous = match epoch.previous() {
        None => None,
        Some(previous) => settled(books, previous).await?.and_then(|row| row.payout_root),
    };
    let call = proposeRootCall {
        epoch: epoch.0,
        previousRoot: previous.unwrap_or_default().0,
        payoutRoot: row.payout_root.unwrap_or_default().0,
        manifestHash: row.manifest_hash.unwrap_or_default().0,
        total: U256::from(row.total_cumulative.unwrap_or_default().units()),
        bundleUri: format!("epoch-{epoch}.bundle"),
    };
    Ok(alloy::hex::encode_prefixed(call.abi_encode()))
}
