//! The nightly jobs, in their order. Each reads tables, calls rules, and writes its own tables once per attempt:
//! run again, it finds its own commits and changes nothing.

mod artifacts;
mod attribute;
mod charge;
mod clusters;
mod freeze;
mod prove;
mod reconcile;
mod registry;
mod run;
mod settle;
mod standing;

pub use freeze::{Found, freeze, inputs_of};
pub use prove::output_digests;
pub use reconcile::INVARIANTS;
pub use run::{Books, Job, Report, Run, raw_ranges, settled, settled_among};
pub use standing::mark;

use crate::error::Error;
use warehouse::types::Epoch;

/// Runs one job of an epoch.
///
/// # Errors
/// [`Error::AlreadyDone`] when its tables are there; [`Error::NotReady`] when something that it reads is not;
/// [`Error::Invariant`] when data is not what it must be.
pub async fn run(books: &Books, job: Job, epoch: Epoch) -> Result<Report, Error> {
    match job {
        Job::Freeze => freeze(books, epoch).await,
        Job::Registry => registry::registry(books, epoch).await,
        Job::Charge => charge::charge(books, epoch).await,
        Job::Clusters => clusters::clusters(books, epoch).await,
        Job::Attribute => attribute::attribute(books, epoch).await,
        Job::Settle => settle::settle(books, epoch).await,
        Job::Prove => prove::prove(books, epoch).await,
        Job::Reconcile => reconcile::reconcile(books, epoch).await,
    }
}
