//! `openbooks claim`: an account's claim under the last final root, sent when a key is given.

use super::proof::{Leaf, leaf_of};
use crate::chain::{Call, Chain, Delivered, KeyArgs, Outbox, Signer, send_once};
use crate::cli::{Output, SettingsArgs};
use crate::failure::{AlreadyDone, NotReady, Usage};
use crate::settings::Settings;
use crate::show;
use alloy::primitives::U256;
use alloy::sol_types::SolCall;
use anyhow::{Result, bail};
use pipeline::jobs::{Books, settled};
use serde_json::json;
use warehouse::Slice;
use warehouse::chain_events::vault;
use warehouse::tables::outbox::Purpose;
use warehouse::tables::{EpochRow, Payout};
use warehouse::types::{Address, Amount, Epoch};

/// Claims in one transaction at most, so that it fits in any block.
const BATCH_MAX: usize = 50;

/// Claims for one account.
pub async fn claim(args: &SettingsArgs, output: Output, account: Address, send: bool, key: &KeyArgs) -> Result<()> {
    let settings = Settings::load(args)?;
    let books = settings.books_to_read()?;
    let chain = Chain::connect(&settings).await?;
    let row = last_final(&books, &chain).await?;
    let leaf = leaf_of(&books, &row, account).await?;
    let claimed = chain.read(vault::claimedCall { account }).await?;
    let cumulative = U256::from(leaf.cumulative.units());
    if claimed >= cumulative {
        bail!(AlreadyDone(format!("{account:#x} has claimed {claimed}, everything up to epoch {}", row.epoch)));
    }
    let calldata = vault::claimCall { account, cumulative, proof: leaf.proof.clone() }.abi_encode();
    let open = cumulative - claimed;
    if !send {
        let text = alloy::hex::encode_prefixed(&calldata);
        let document =
            json!({ "account": format!("{account:#x}"), "claimable": open.to_string(), "claim_calldata": text });
        return show::print(output, &document, || {
            format!("{account:#x} may claim {open} base units: send to the vault {:#x}\n{text}", chain.vault)
        });
    }
    let signer = Signer::open(key, &settings.chain)?;
    let call = call(&chain, &row, calldata);
    match send_once(Outbox { books: &books }, &chain, &signer, &settings.chain, &call).await? {
        Delivered::Mined { transaction, .. } => {
            let document = json!({
                "account": format!("{account:#x}"), "paid": open.to_string(), "transaction": transaction.to_string(),
            });
            show::print(output, &document, || format!("{account:#x} was paid {open} base units by {transaction}"))
        }
        end => bail!(failed(end)),
    }
}

/// Claims for every account that allows it and has at least `min` to claim.
pub async fn push(args: &SettingsArgs, output: Output, min: Amount, key: &KeyArgs) -> Result<()> {
    let settings = Settings::load(args)?;
    let books = settings.books_to_read()?;
    let chain = Chain::connect(&settings).await?;
    let row = last_final(&books, &chain).await?;
    let signer = Signer::open(key, &settings.chain)?;
    let payouts: Vec<Payout> = books.warehouse.read(Slice::Epoch(row.epoch, row.attempt)).await?;
    let mut items = Vec::new();
    for payout in payouts {
        let account = payout.account;
        let claimed = chain.read(vault::claimedCall { account }).await?;
        let cumulative = U256::from(payout.cumulative.units());
        let open = cumulative.saturating_sub(claimed);
        let allowed = open >= U256::from(min.units().max(1)) && chain.read(vault::allowsPushCall { account }).await?;
        if allowed {
            let Leaf { proof, .. } = leaf_of(&books, &row, account).await?;
            items.push(vault::ClaimItem { account, cumulative, proof });
        }
    }
    if items.is_empty() {
        bail!(AlreadyDone(format!("no account that allows it has {min} base units to claim")));
    }
    let accounts = items.len();
    for batch in items.chunks(BATCH_MAX) {
        let call = call(&chain, &row, vault::claimBatchCall { items: batch.to_vec() }.abi_encode());
        match send_once(Outbox { books: &books }, &chain, &signer, &settings.chain, &call).await? {
            Delivered::Mined { .. } => {}
            end => bail!(failed(end)),
        }
    }
    let document = json!({ "accounts": accounts.to_string() });
    show::print(output, &document, || format!("{accounts} accounts were paid"))
}

fn call(chain: &Chain, row: &EpochRow, calldata: Vec<u8>) -> Call {
    let (epoch, attempt) = (row.epoch, row.attempt);
    Call { purpose: Purpose::Claim, epoch, attempt, to: chain.vault, calldata: calldata.into() }
}

fn failed(end: Delivered) -> anyhow::Error {
    match end {
        Delivered::Dropped(why) | Delivered::Outrun(why) => Usage(format!("the claim is refused: {why}")).into(),
        Delivered::Reverted { transaction } => NotReady(format!("transaction {transaction} reverted")).into(),
        Delivered::Mined { .. } => NotReady("it was mined".into()).into(),
    }
}

/// The settled epoch whose root is final on the chain.
async fn last_final(books: &Books, chain: &Chain) -> Result<EpochRow> {
    let root = chain.read(vault::finalRootCall {}).await?;
    if root.epoch == 0 {
        bail!(NotReady("no root is final yet".into()));
    }
    let row = settled(books, Epoch(root.epoch)).await?;
    match row.filter(|row| row.payout_root.is_some_and(|ours| ours.0 == root.payoutRoot)) {
        Some(row) => Ok(row),
        None => {
            bail!(NotReady(format!("the books do not hold the final root {} of epoch {}", root.payoutRoot, root.epoch)))
        }
    }
}
