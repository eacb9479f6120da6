//! Keeps the view true: a new one when an epoch is settled, new terms when the chain's events say so.

use super::basis::{Basis, last_settled};
use super::shared::Shared;
use super::view::View;
use crate::settings::Settings;
use anyhow::Result;
use ingest::Pulse;
use ingest::kafka::Broker;
use pipeline::jobs::Books;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use warehouse::query::Session;
use warehouse::types::{Epoch, KafkaOffset, Partition, Topic};

/// Between two looks at the tables.
const LOOK_EVERY: Duration = Duration::from_secs(3);
/// Why it is not ready at first.
pub const CATCHES_UP: &str = "it reads the batches since the last settled epoch";
/// Between two looks at a view that catches up.
const CATCH_UP_EVERY: Duration = Duration::from_millis(50);

/// The view that requests are answered from; none before the first is there.
#[derive(Clone, Default)]
pub struct Current(Arc<RwLock<Option<Arc<Shared>>>>);

impl Current {
    /// The view, if there is one.
    pub fn get(&self) -> Option<Arc<Shared>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, shared: Arc<Shared>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(shared);
    }
}

/// Keeps it.
pub struct Keeper {
    books: Books,
    broker: Broker,
    network: ingest::Network,
    pulse: Pulse,
    current: Current,
}

/// What a view was made from, beside the settled epoch.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Made {
    chain: KafkaOffset,
    epoch: Epoch,
}

impl Keeper {
    /// A keeper of `current`.
    ///
    /// # Errors
    /// When a setting is wrong.
    pub fn new(settings: &Settings, pulse: Pulse, current: Current) -> Result<Self> {
        let (books, broker) = (settings.books_to_read()?, settings.broker()?);
        Ok(Self { books, broker, network: settings.ingest_network(), pulse, current })
    }

    /// Keeps the view until something cannot be mended by itself.
    ///
    /// # Errors
    /// What that is.
    pub async fn keep(self) -> Result<()> {
        let mut made: Option<Made> = None;
        loop {
            let now = self.now().await?;
            let last = last_settled(&self.books).await?;
            let settled = last.as_ref().map(|row| (row.epoch, row.attempt));
            match self.current.get() {
                Some(shared) if shared.basis.settled == settled => {
                    if made != Some(now) {
                        let (terms, begins) = shared.basis.begin(&self.books, now.epoch).await?;
                        shared.change().renew(terms, begins);
                    }
                    if let Some(error) = shared.failure() {
                        return Err(error.into());
                    }
                }
                _ => self.begin(Basis::read(&self.books, last.as_ref()).await?, now).await?,
            }
            made = Some(now);
            self.pulse.beat(std::iter::empty());
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    async fn now(&self) -> Result<Made> {
        let chain = ingest::due_of(&self.books.warehouse, Topic::ChainEvents, Partition(0)).await?;
        let seconds = u64::try_from(chrono::Utc::now().timestamp()).unwrap_or_default();
        Ok(Made { chain, epoch: Epoch(self.books.network.calendar.epoch_of(seconds)) })
    }

    /// A new view, which replaces the old one once it has caught up.
    async fn begin(&self, basis: Basis, now: Made) -> Result<()> {
        let (terms, begins) = basis.begin(&self.books, now.epoch).await?;
        let partitions = (0..self.network.partitions(Topic::Receipts)).map(Partition);
        let from: Vec<_> = partitions.map(|partition| (partition, basis.due(Topic::Receipts, partition))).collect();
        let mut ends = Vec::new();
        for (partition, _) in &from {
            let (_, end) = tokio::task::block_in_place(|| self.broker.bounds(Topic::Receipts, *partition))?;
            ends.push((*partition, end));
        }
        let past = Session::open(&self.books.warehouse, &[]).await?;
        let view = View::new(&basis, terms, begins, from.iter().copied().collect());
        let shared = Shared::new(view, basis, past);
        shared.follow(self.broker.clone(), self.network.clone(), from);
        while ends.iter().any(|(partition, end)| shared.view().due(*partition) < *end) {
            if let Some(error) = shared.failure() {
                return Err(error.into());
            }
            if self.current.get().is_none() {
                self.pulse.wait_for(CATCHES_UP);
            }
            tokio::time::sleep(CATCH_UP_EVERY).await;
        }
        self.current.set(shared);
        Ok(())
    }
}
