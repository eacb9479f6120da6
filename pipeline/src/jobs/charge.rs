//! Charge: which receipts count and what each costs.

use super::run::{Books, Job, Report, Run};
use crate::error::Error;
use crate::rules::rules_0001::charging::{self, Opening, Receipts};
use crate::rules::rules_0001::log_time::log_times;
use warehouse::tables::charges::Outcome;
use warehouse::tables::{RawBatch, RawEvidence, RawLog, RawReceipt};
use warehouse::types::Epoch;

/// Charges the epoch's receipts.
pub(super) async fn charge(books: &Books, epoch: Epoch) -> Result<Report, Error> {
    let mut run = Run::begin(books, Job::Charge, epoch).await?;
    let log: Vec<RawLog> = run.raw(|row: &RawLog| (row.topic, row.partition, row.offset)).await?;
    let batches: Vec<RawBatch> = run.raw(|row: &RawBatch| (row.topic, row.partition, row.offset)).await?;
    let receipts: Vec<RawReceipt> = run.raw(|row: &RawReceipt| (row.topic, row.partition, row.offset)).await?;
    let evidence: Vec<RawEvidence> = run.raw(|row: &RawEvidence| (row.topic, row.partition, row.offset)).await?;
    let registry = run.registry().await?;
    let (lane_heads, spends, balances) = (run.opening().await?, run.opening().await?, run.opening().await?);
    let (starts_at, ends_at) = (books.network.calendar.starts_at(epoch), books.network.calendar.ends_at(epoch));
    let input = Receipts {
        epoch,
        starts_at,
        ends_at,
        log_times: &log_times(&log, ends_at),
        batches: &batches,
        receipts: &receipts,
        evidence: &evidence,
        refused: &run.refused,
    };
    let opening = Opening { lane_heads: &lane_heads, spends: &spends, balances: &balances };
    let charged = charging::charge(&input, &registry, &opening).map_err(|broken| run.broken(broken))?;
    run.commit(&charged.charges).await?;
    run.commit(&charged.lane_heads).await?;
    run.commit(&charged.spends).await?;
    let counted = charged.charges.iter().filter(|charge| charge.outcome == Outcome::Charged).count();
    Ok(run.report(format!("{counted} charged, {} refused", charged.charges.len() - counted)))
}
