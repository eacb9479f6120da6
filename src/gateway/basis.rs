//! What the gateway's view stands on: where the last settled epoch ended, and the registry as the tables know it now.

use alloy::primitives::B256;
use anyhow::{Context, Result, anyhow};
use pipeline::documents::Inputs;
use pipeline::jobs::{Books, settled_among};
use pipeline::rules::rules_0001::charging::{Fold, Opening, Terms};
use pipeline::rules::rules_0001::registry::{RegistryRows, fold};
use std::collections::{BTreeMap, BTreeSet};
use warehouse::tables::epochs::EpochState;
use warehouse::tables::{Balance, EpochRow, LaneHead, RawChainEvent, Spend};
use warehouse::types::{Address, Amount, Attempt, Epoch, KafkaOffset, Partition, Topic};
use warehouse::{OffsetRange, Slice};

/// Where the last settled epoch ended.
#[derive(Clone, Debug, Default)]
pub struct Basis {
    /// The epoch and its attempt; none before the first.
    pub settled: Option<(Epoch, Attempt)>,
    ranges: Vec<OffsetRange>,
    refused: BTreeSet<B256>,
    lane_heads: Vec<LaneHead>,
    spends: Vec<Spend>,
    balances: Vec<Balance>,
}

/// The last settled epoch, and its attempt.
///
/// # Errors
/// When the tables cannot be read.
pub async fn last_settled(books: &Books) -> Result<Option<EpochRow>> {
    let rows: Vec<EpochRow> = books.warehouse.read(Slice::All).await?;
    let settled = rows.iter().filter(|row| row.state == EpochState::Settled);
    let epochs: BTreeSet<Epoch> = settled.map(|row| row.epoch).collect();
    Ok(epochs.into_iter().rev().find_map(|epoch| settled_among(&rows, epoch)).cloned())
}

impl Basis {
    /// Reads it.
    ///
    /// # Errors
    /// When the tables cannot be read, or hold what no job writes.
    pub async fn read(books: &Books, last: Option<&EpochRow>) -> Result<Self> {
        let Some(last) = last else { return Ok(Self::default()) };
        let rows: Vec<EpochRow> = books.warehouse.read(Slice::All).await?;
        let frozen = rows
            .into_iter()
            .find(|row| (row.epoch, row.attempt, row.state) == (last.epoch, last.attempt, EpochState::Frozen));
        let document = frozen.context("a settled epoch has no inputs")?.document;
        let inputs: Inputs = serde_json::from_str(&document).context("an inputs document is unreadable")?;
        let slice = Slice::Epoch(last.epoch, last.attempt);
        Ok(Self {
            settled: Some((last.epoch, last.attempt)),
            ranges: inputs.ranges().context("an inputs document names no valid ranges")?,
            refused: inputs.refused().context("an inputs document names no valid ids")?,
            lane_heads: books.warehouse.read(slice).await?,
            spends: books.warehouse.read(slice).await?,
            balances: books.warehouse.read(slice).await?,
        })
    }

    /// The first offset of a partition that no settled epoch holds.
    pub fn due(&self, topic: Topic, partition: Partition) -> KafkaOffset {
        let range = self.ranges.iter().find(|range| (range.topic, range.partition) == (topic, partition));
        range.map_or(KafkaOffset(0), |range| KafkaOffset(range.to.0 + 1))
    }

    /// What was charged to (payer, operator) up to there.
    pub fn charged(&self) -> BTreeMap<(Address, Address), Amount> {
        self.spends.iter().map(|row| ((row.payer, row.operator), row.charged)).collect()
    }

    /// Who may sign and what costs how much in `epoch`, and where lanes, Spends and deposits begin.
    ///
    /// # Errors
    /// When the tables cannot be read, or the chain's events contradict the contracts.
    pub async fn begin(&self, books: &Books, epoch: Epoch) -> Result<(Terms, Fold)> {
        let events: Vec<RawChainEvent> = books.warehouse.read(Slice::All).await?;
        let from = self.due(Topic::ChainEvents, Partition(0));
        let registry: RegistryRows = if events.is_empty() {
            RegistryRows::default()
        } else {
            fold(&books.network, epoch, from, &events).map_err(|broken| anyhow!("the registry: {broken}"))?
        };
        let opening = Opening { lane_heads: &self.lane_heads, spends: &self.spends, balances: &self.balances };
        let begins = Fold::new(&registry, &opening).map_err(|broken| anyhow!("the deposits: {broken}"))?;
        Ok((Terms::new(epoch, &registry, &self.refused), begins))
    }
}
