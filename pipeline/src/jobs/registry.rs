//! Registry: what exists and what binds as of the epoch's cutoff.

use super::run::{Books, Job, Report, Run};
use crate::error::Error;
use crate::rules::rules_0001::registry::fold;
use warehouse::tables::RawChainEvent;
use warehouse::types::{Epoch, KafkaOffset, Topic};

/// Folds the chain's events into the registry's tables.
pub(super) async fn registry(books: &Books, epoch: Epoch) -> Result<Report, Error> {
    let mut run = Run::begin(books, Job::Registry, epoch).await?;
    let events: Vec<RawChainEvent> = run.raw(|row: &RawChainEvent| (row.topic, row.partition, row.offset)).await?;
    let ranges = run.inputs.ranges().unwrap_or_default();
    let from = ranges.iter().find(|range| range.topic == Topic::ChainEvents).map_or(KafkaOffset(0), |range| range.from);
    let rows = fold(&books.network, epoch, from, &events).map_err(|broken| run.broken(broken))?;
    run.commit(&rows.datanets).await?;
    run.commit(&rows.datanet_versions).await?;
    run.commit(&rows.contributions).await?;
    run.commit(&rows.validations).await?;
    run.commit(&rows.models).await?;
    run.commit(&rows.adapters).await?;
    run.commit(&rows.operators).await?;
    run.commit(&rows.keys).await?;
    run.commit(&rows.stakes).await?;
    run.commit(&rows.splits).await?;
    run.commit(&rows.flows).await?;
    Ok(run.report(format!("{} chain events", events.len())))
}
