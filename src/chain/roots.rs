//! Where an attempt's root stands in the vault, and writing that down in `epochs`.

use super::Chain;
use crate::failure::Mismatch;
use alloy::primitives::B256;
use alloy::providers::Provider;
use alloy::rpc::types::Filter;
use alloy::sol_types::SolEvent;
use anyhow::{Result, bail};
use pipeline::jobs::{Books, mark};
use warehouse::Slice;
use warehouse::chain_events::vault;
use warehouse::tables::epochs::EpochState;
use warehouse::tables::outbox::{OutboxStep, Purpose};
use warehouse::tables::{EpochRow, OutboxRow};

/// Where a settled attempt's root stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Not in the vault, and its turn: the last final root is `previous`.
    Absent {
        /// The last final root.
        previous: B256,
    },
    /// It waits for its window.
    Pending {
        /// When the window ends, seconds since 1970.
        ready_at: u64,
    },
    /// Claims are paid against it, or against a later one.
    Final,
    /// The root of another epoch waits; this one comes after it.
    Behind {
        /// That epoch.
        epoch: u64,
    },
}

/// Where the row's root stands.
///
/// # Errors
/// [`Mismatch`] when another root of the same epoch is live: the books and the chain disagree about money.
pub async fn standing(chain: &Chain, row: &EpochRow) -> Result<Standing> {
    let pending = chain.read(vault::pendingRootCall {}).await?;
    let last = chain.read(vault::finalRootCall {}).await?;
    let epoch = row.epoch.0;
    let same = |root: &vault::Root| {
        let total = row.total_cumulative.map(|total| total.units());
        row.payout_root.is_some_and(|ours| ours.0 == root.payoutRoot)
            && row.manifest_hash.is_some_and(|ours| ours.0 == root.manifestHash)
            && total == u128::try_from(root.total).ok()
    };
    let differs = |what: &str, root: &vault::Root| {
        Mismatch(format!(
            "ALARM: the {what} root of epoch {epoch} is {} (manifest {}, total {}), the books say {} (manifest {}, total {})",
            root.payoutRoot,
            root.manifestHash,
            root.total,
            row.payout_root.unwrap_or_default(),
            row.manifest_hash.unwrap_or_default(),
            row.total_cumulative.unwrap_or_default(),
        ))
    };
    if last.epoch == epoch && !same(&last) {
        bail!(differs("final", &last));
    }
    if last.epoch >= epoch {
        return Ok(Standing::Final);
    }
    if pending.readyAt == 0 {
        return Ok(Standing::Absent { previous: last.payoutRoot });
    }
    if pending.root.epoch != epoch {
        return Ok(Standing::Behind { epoch: pending.root.epoch });
    }
    if !same(&pending.root) {
        bail!(differs("pending", &pending.root));
    }
    Ok(Standing::Pending { ready_at: pending.readyAt })
}

/// Writes down what became of every root that we proposed: cancelled, final, revoked.
///
/// # Errors
/// When the node does not answer or the tables cannot be written.
pub async fn synchronise(books: &Books, chain: &Chain) -> Result<()> {
    let rows: Vec<EpochRow> = books.warehouse.read(Slice::All).await?;
    let outbox: Vec<OutboxRow> = books.warehouse.read(Slice::All).await?;
    let last = chain.read(vault::finalRootCall {}).await?;
    for proposed in rows.iter().filter(|row| row.state == EpochState::Proposed) {
        let has = |state| {
            rows.iter().any(|row| (row.epoch, row.attempt, row.state) == (proposed.epoch, proposed.attempt, state))
        };
        if has(EpochState::Cancelled) || has(EpochState::Revoked) {
            continue;
        }
        let mined = outbox.iter().find(|row| {
            (row.purpose, row.epoch, row.attempt) == (Purpose::Propose, proposed.epoch, proposed.attempt)
                && row.step == OutboxStep::Mined
        });
        let from = mined.and_then(|row| row.block_number).unwrap_or_default();
        let root = proposed.payout_root.unwrap_or_default().0;
        if happened(chain, vault::RootRevoked::SIGNATURE_HASH, from, proposed.epoch.0, root).await? {
            mark(books, proposed, EpochState::Revoked).await?;
        } else if happened(chain, vault::RootCancelled::SIGNATURE_HASH, from, proposed.epoch.0, root).await? {
            mark(books, proposed, EpochState::Cancelled).await?;
        } else if !has(EpochState::Final) && last.epoch >= proposed.epoch.0 {
            mark(books, proposed, EpochState::Final).await?;
        }
    }
    Ok(())
}

/// Whether the vault said so of the root, from a block on.
async fn happened(chain: &Chain, event: B256, from: u64, epoch: u64, root: B256) -> Result<bool> {
    let filter = Filter::new()
        .address(chain.vault)
        .from_block(from)
        .event_signature(event)
        .topic1(B256::from(alloy::primitives::U256::from(epoch)))
        .topic2(root);
    Ok(!chain.ask("logs of the vault", chain.provider.get_logs(&filter)).await?.is_empty())
}
