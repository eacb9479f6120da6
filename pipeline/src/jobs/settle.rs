//! Settle: fees to ledger entries to payouts, exactly.

use super::run::{Books, Job, Report, Run};
use crate::error::Error;
use crate::rules::rules_0001::posting::{self, Opening};
use warehouse::tables::{Attribution, Charge};
use warehouse::types::Epoch;

/// Settles the epoch.
pub(super) async fn settle(books: &Books, epoch: Epoch) -> Result<Report, Error> {
    let mut run = Run::begin(books, Job::Settle, epoch).await?;
    let registry = run.registry().await?;
    let charges: Vec<Charge> = run.output().await?;
    let attributions: Vec<Attribution> = run.output().await?;
    let (balances, pending, payouts) = (run.opening().await?, run.opening().await?, run.opening().await?);
    let opening = Opening { balances: &balances, pending: &pending, payouts: &payouts };
    let settled =
        posting::settle(epoch, &registry, &charges, &attributions, &opening).map_err(|broken| run.broken(broken))?;
    run.commit(&settled.allocations).await?;
    run.commit(&settled.divisions).await?;
    run.commit(&settled.closed.balances).await?;
    run.commit(&settled.pending).await?;
    run.commit(&settled.closed.ledger).await?;
    run.commit(&settled.closed.payouts).await?;
    let accounts = settled.closed.payouts.len();
    Ok(run.report(format!("{accounts} accounts, {} entries", settled.closed.ledger.len())))
}
