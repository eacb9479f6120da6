//! `openbooks epoch commit` and `finalize`: an epoch's root on the chain, once.

use crate::bundle::Bundle;
use crate::chain::{
    Call, Chain, Delivered, KeyArgs, Outbox, Signer, Standing, deliver, send_once, standing, synchronise,
};
use crate::cli::{Output, SettingsArgs};
use crate::failure::{AlreadyDone, NotReady, Usage};
use crate::settings::Settings;
use crate::show;
use alloy::primitives::{B256, U256};
use alloy::sol_types::SolCall;
use anyhow::{Result, bail};
use pipeline::jobs::{Books, mark, settled};
use serde_json::json;
use warehouse::Artifacts;
use warehouse::chain_events::vault;
use warehouse::tables::EpochRow;
use warehouse::tables::epochs::EpochState;
use warehouse::tables::outbox::Purpose;
use warehouse::types::Epoch;

/// Most times in a row that a nonce may go elsewhere.
const OUTRUN_MAX: usize = 5;

/// An epoch at the moment of its transaction.
struct Desk {
    settings: Settings,
    books: Books,
    chain: Chain,
    row: EpochRow,
}

impl Desk {
    async fn open(args: &SettingsArgs, epoch: Epoch) -> Result<Self> {
        let settings = Settings::load(args)?;
        let books = settings.books_to_read()?;
        let chain = Chain::connect(&settings).await?;
        synchronise(&books, &chain).await?;
        let Some(row) = settled(&books, epoch).await? else {
            bail!(NotReady(format!(
                "epoch {epoch} is not settled, or its root was cancelled; run `openbooks epoch run --epoch {epoch}`"
            )));
        };
        Ok(Self { settings, books, chain, row })
    }

    fn call(&self, purpose: Purpose, calldata: Vec<u8>) -> Call {
        let (epoch, attempt) = (self.row.epoch, self.row.attempt);
        Call { purpose, epoch, attempt, to: self.chain.vault, calldata: calldata.into() }
    }

    /// Ends what was begun for a purpose that the vault already shows: a crash may have come before it was written down.
    async fn carry_on(&self, key: &KeyArgs, purpose: Purpose) -> Result<Option<Delivered>> {
        let outbox = Outbox { books: &self.books };
        let begun = outbox.last_of(purpose, self.row.epoch, self.row.attempt).await?;
        let Some(entry) = begun.filter(|entry| !entry.last().step.is_end()) else { return Ok(None) };
        let signer = Signer::open(key, &self.settings.chain)?;
        Ok(Some(deliver(outbox, &self.chain, &signer, &self.settings.chain, entry).await?))
    }

    /// Sends a call once, or carries on what was begun; whether it is this process that ended it.
    async fn send(&self, signer: &Signer, call: &Call) -> Result<Delivered> {
        send_once(Outbox { books: &self.books }, &self.chain, signer, &self.settings.chain, call).await
    }
}

/// Proposes the epoch's root.
pub async fn commit(args: &SettingsArgs, output: Output, epoch: Epoch, key: &KeyArgs) -> Result<()> {
    let desk = Desk::open(args, epoch).await?;
    let signer = Signer::open(key, &desk.settings.chain)?;
    let mut delivered = propose(&desk, &signer, key).await?;
    for _ in 0..OUTRUN_MAX {
        // Its nonce went elsewhere: only after another look at the vault it is planned again.
        if !matches!(delivered, Some(Delivered::Outrun(_))) {
            break;
        }
        delivered = propose(&desk, &signer, key).await?;
    }
    match standing(&desk.chain, &desk.row).await? {
        Standing::Pending { .. } | Standing::Final => {}
        _ => bail!(refused("proposeRoot", delivered)),
    }
    mark(&desk.books, &desk.row, EpochState::Proposed).await?;
    told(output, &desk, "proposed", delivered)
}

/// Proposes the root unless the vault shows it.
async fn propose(desk: &Desk, signer: &Signer, key: &KeyArgs) -> Result<Option<Delivered>> {
    let epoch = desk.row.epoch;
    Ok(match standing(&desk.chain, &desk.row).await? {
        Standing::Absent { previous } => {
            check_role(&desk.chain, signer).await?;
            let calldata = proposal(desk, previous, publish(desk).await?);
            Some(desk.send(signer, &desk.call(Purpose::Propose, calldata)).await?)
        }
        Standing::Behind { epoch: other } if other < epoch.0 => bail!(NotReady(format!(
            "the root of epoch {other} waits; finalise it first: `openbooks epoch finalize --epoch {other}`"
        ))),
        Standing::Behind { epoch: other } => {
            bail!(AlreadyDone(format!("the pending root of epoch {other} covers epoch {epoch}")))
        }
        Standing::Pending { .. } | Standing::Final => desk.carry_on(key, Purpose::Propose).await?,
    })
}

/// Makes the epoch's root final.
pub async fn finalize(args: &SettingsArgs, output: Output, epoch: Epoch, key: &KeyArgs) -> Result<()> {
    let desk = Desk::open(args, epoch).await?;
    let delivered = match standing(&desk.chain, &desk.row).await? {
        Standing::Final => desk.carry_on(key, Purpose::Finalize).await?,
        Standing::Pending { ready_at } => {
            let now = desk.chain.now().await?;
            if now < ready_at {
                let wait = ready_at - now;
                bail!(NotReady(format!("the dispute window of epoch {epoch} is open for {wait} s more by block time")));
            }
            let dispute = desk.chain.read(vault::disputeCall {}).await?;
            if !dispute.disputer.is_zero() {
                bail!(NotReady(format!("{:#x} disputes the root; the timelock rules", dispute.disputer)));
            }
            let signer = Signer::open(key, &desk.settings.chain)?;
            let call = vault::finalizeRootCall { payoutRoot: root_of(&desk.row) };
            Some(desk.send(&signer, &desk.call(Purpose::Finalize, call.abi_encode())).await?)
        }
        Standing::Absent { .. } | Standing::Behind { .. } => bail!(NotReady(format!(
            "the root of epoch {epoch} is not proposed; run `openbooks epoch commit --epoch {epoch}`"
        ))),
    };
    if standing(&desk.chain, &desk.row).await? != Standing::Final {
        bail!(refused("finalizeRoot", delivered));
    }
    mark(&desk.books, &desk.row, EpochState::Proposed).await?;
    mark(&desk.books, &desk.row, EpochState::Final).await?;
    told(output, &desk, "final", delivered)
}

/// The stored root, total and manifest hash are those of the vault; what is stored is recomputed elsewhere.
pub async fn on_chain(args: &SettingsArgs, epoch: Epoch) -> Result<()> {
    let desk = Desk::open(args, epoch).await?;
    match standing(&desk.chain, &desk.row).await? {
        Standing::Pending { .. } | Standing::Final => Ok(()),
        Standing::Absent { .. } | Standing::Behind { .. } => {
            bail!(NotReady(format!("the vault holds no root of epoch {epoch}")))
        }
    }
}

fn root_of(row: &EpochRow) -> B256 {
    row.payout_root.unwrap_or_default().0
}

fn proposal(desk: &Desk, previous: B256, bundle_uri: String) -> Vec<u8> {
    let row = &desk.row;
    vault::proposeRootCall {
        epoch: row.epoch.0,
        previousRoot: previous,
        payoutRoot: root_of(row),
        manifestHash: row.manifest_hash.unwrap_or_default().0,
        total: U256::from(row.total_cumulative.unwrap_or_default().units()),
        bundleUri: bundle_uri,
    }
    .abi_encode()
}

/// Publishes the epoch's bundle, so that whoever sees the root can recompute it; its address.
async fn publish(desk: &Desk) -> Result<String> {
    let chain = &desk.settings.chain;
    let bundle = Bundle::collect(&desk.books, desk.row.epoch).await?;
    let name = format!("epoch-{}-{}.bundle", desk.row.epoch, desk.row.manifest_hash.unwrap_or_default());
    let store = Artifacts::at(&chain.bundles, &desk.settings.store)?;
    store.put_named(&name, bundle.to_bytes()?.into()).await?;
    Ok(format!("{}/{name}", chain.bundles_base(&store)))
}

async fn check_role(chain: &Chain, signer: &Signer) -> Result<()> {
    let role = chain.read(vault::PROPOSER_ROLECall {}).await?;
    if chain.read(vault::hasRoleCall { role, account: signer.address }).await? {
        return Ok(());
    }
    let live_at = chain.read(vault::livenessAtCall {}).await?;
    if chain.now().await? >= live_at {
        return Ok(());
    }
    bail!(Usage(format!(
        "key {:#x} is not the vault's proposer; anyone may propose with a bond from {live_at} (seconds since 1970) on",
        signer.address
    )))
}

fn refused(what: &str, delivered: Option<Delivered>) -> anyhow::Error {
    match delivered {
        Some(Delivered::Dropped(why) | Delivered::Outrun(why)) => NotReady(format!("{what} is refused: {why}")).into(),
        Some(Delivered::Reverted { transaction }) => {
            NotReady(format!("{what} had no effect: transaction {transaction} reverted; run it again")).into()
        }
        _ => NotReady(format!("{what} is in a block, but the vault does not show it; run it again")).into(),
    }
}

fn told(output: Output, desk: &Desk, state: &str, delivered: Option<Delivered>) -> Result<()> {
    let epoch = desk.row.epoch;
    let Some(Delivered::Mined { ours: true, transaction, block }) = delivered else {
        bail!(AlreadyDone(format!("the root of epoch {epoch} is {state} already")));
    };
    let root = root_of(&desk.row);
    let document = json!({
        "epoch": epoch.to_string(),
        "attempt": desk.row.attempt.to_string(),
        "state": state,
        "payout_root": root.to_string(),
        "manifest_hash": desk.row.manifest_hash.unwrap_or_default().to_string(),
        "transaction": transaction.to_string(),
        "block": block.to_string(),
    });
    show::print(output, &document, || {
        format!("epoch {epoch}: root {root} is {state}\ntransaction {transaction} in block {block}")
    })
}
