//! Reconcile: every invariant, or no root. Each is a `.sql` file that selects the rows that break it.

use super::prove::manifest_of;
use super::run::{Books, Job, Report, Run};
use crate::documents::{canonical, hash_of};
use crate::error::Error;
use std::collections::HashMap;
use warehouse::query::{Parameter, Session, render};
use warehouse::tables::EpochRow;
use warehouse::tables::epochs::EpochState;
use warehouse::types::{Amount, Epoch, Hash};
use warehouse::{Slice, Txn};

/// Most offending rows that an error shows.
const ROWS_SHOWN_MAX: usize = 5;

macro_rules! invariants {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("../invariants/", $name, ".sql")))),+]
    };
}

/// Every invariant of DESIGN section 6: its name, and the query that selects what breaks it.
pub const INVARIANTS: &[(&str, &str)] = invariants![
    "charges_equal_credits",
    "charges_are_covered",
    "cumulative_never_falls",
    "deposits_are_not_overdrawn",
    "fees_are_divided_whole",
    "ledger_balances",
    "money_is_conserved",
    "payouts_equal_ledger",
    "proofs_cover_payouts",
    "pools_are_shared_whole",
    "divisions_are_whole",
];

/// Checks every invariant and, when all hold, writes the epoch's settled row with its manifest.
///
/// # Errors
/// [`Error::Invariant`] with the offending rows.
pub(super) async fn reconcile(books: &Books, epoch: Epoch) -> Result<Report, Error> {
    let run = Run::begin(books, Job::Reconcile, epoch).await?;
    let session = Session::open(&books.warehouse, &[]).await.map_err(|source| run.failed(source))?;
    let parameters = [("epoch", Parameter::from(epoch.0)), ("attempt", Parameter::from(u64::from(run.attempt.0)))];
    for (name, sql) in INVARIANTS {
        let rows = session.query(sql, &parameters).await.map_err(|source| run.failed(source))?;
        let count: usize = rows.iter().map(arrow::array::RecordBatch::num_rows).sum();
        if count > 0 {
            let sentence = sql.lines().next().unwrap_or_default().trim_start_matches("-- ");
            let shown = render(&rows, ROWS_SHOWN_MAX);
            return Err(run.broken(format!("{name}: {sentence} {count} rows break it:\n{shown}")));
        }
    }
    let manifest = manifest_of(&run).await?;
    let manifest_hash = hash_of(&manifest);
    let rows: Vec<EpochRow> = books.warehouse.read(Slice::All).await.map_err(|source| run.failed(source))?;
    let frozen = rows
        .into_iter()
        .find(|row| row.epoch == epoch && row.attempt == run.attempt && row.state == EpochState::Frozen);
    let frozen = frozen.ok_or_else(|| run.broken("the frozen row is gone"))?;
    let settled = EpochRow {
        state: EpochState::Settled,
        manifest_hash: Some(manifest_hash),
        payout_root: manifest.payout_root.parse().ok().map(Hash),
        total_cumulative: manifest.total_cumulative.parse().ok().and_then(Amount::new),
        document: canonical(&manifest),
        ..frozen
    };
    let txn = Txn { app: format!("epochs/{epoch}/settled/{}", run.attempt), expected: None, version: 1 };
    match books.warehouse.append(&[settled], run.attempt, &[txn], HashMap::new()).await {
        Ok(_) => Ok(run.report(format!("{} invariants hold, manifest {manifest_hash}", INVARIANTS.len()))),
        Err(warehouse::Error::Moved { .. }) => Err(Error::AlreadyDone { job: "reconcile", epoch }),
        Err(source) => Err(run.failed(source)),
    }
}
