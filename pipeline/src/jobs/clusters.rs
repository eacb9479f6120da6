//! Clusters: which items are copies of which.

use super::artifacts::Shelf;
use super::run::{Books, Job, Report, Run};
use crate::error::Error;
use crate::rules::rules_0001::copies::copies;
use crate::rules::rules_0001::scope::scopes;
use std::collections::BTreeMap;
use warehouse::tables::Contribution;
use warehouse::types::{ContributionId, Epoch};

/// Finds the copies among the items of each model version and adapter that pays.
pub(super) async fn clusters(books: &Books, epoch: Epoch) -> Result<Report, Error> {
    let mut run = Run::begin(books, Job::Clusters, epoch).await?;
    let registry = run.registry().await?;
    let contributions: BTreeMap<ContributionId, Contribution> =
        registry.contributions.iter().map(|row| (row.contribution, row.clone())).collect();
    let mut shelf = Shelf::new(&books.artifacts, run.job, epoch);
    let mut rows = Vec::new();
    for scope in scopes(epoch, &registry, &run.refused).values() {
        shelf.check(scope, &contributions).await?;
        rows.extend(copies(epoch, scope, &contributions, shelf.items()).map_err(|broken| run.broken(broken))?);
    }
    run.commit(&rows).await?;
    Ok(run.report(format!("{} copies", rows.len())))
}
