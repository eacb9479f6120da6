//! Keeps the view true: a new one when an epoch is settled, new terms when the chain's events say so.

use super::basis::{Basis, last_settled};
use super::problems;
use super::shared::Shared;
use super::view::View;
use crate::failure::is_passing;
use crate::settings::Settings;
use anyhow::{Result, bail};
use ingest::Pulse;
use ingest::kafka::{Broker, Producer};
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

    /// Keeps the view until something cannot be mended by waiting.
    ///
    /// # Errors
    /// What that is.
    pub async fn keep(self, producer: &Producer) -> Result<()> {
        let mut made: Option<Made> = None;
        loop {
            match self.look(&mut made).await {
                Ok(()) => self.pulse.beat(std::iter::empty()),
                // The view that is there still serves; whoever asks sees that the last turn is long ago.
                Err(error) if is_passing(&error) => problems::note(&format!("{error:#}")),
                Err(error) => return Err(error),
            }
            if let Some(said) = producer.fatal() {
                bail!("the producer cannot go on: {said}");
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    async fn look(&self, made: &mut Option<Made>) -> Result<()> {
        let now = self.now().await?;
        let last = last_settled(&self.books).await?;
        let settled = last.as_ref().map(|row| (row.epoch, row.attempt));
        match self.current.get() {
            Some(shared) if shared.basis.settled == settled => {
                if let Some(error) = shared.failure() {
                    return Err(error);
                }
                if *made != Some(now) {
                    let (terms, begins) = shared.basis.begin(&self.books, now.epoch).await?;
                    shared.change().renew(terms, begins);
                }
            }
            _ => self.begin(Basis::read(&self.books, last.as_ref()).await?, now).await?,
        }
        *made = Some(now);
        Ok(())
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
        // As far as the topic went when it began, and as far as the view that it replaces.
        let is_behind = |shared: &Shared| {
            let (view, before) = (shared.view(), self.current.get());
            let replaced = |partition| before.as_ref().map_or(KafkaOffset(0), |before| before.view().due(partition));
            ends.iter().any(|(partition, end)| view.due(*partition) < (*end).max(replaced(*partition)))
        };
        while is_behind(&shared) {
            match shared.failure().or_else(|| self.current.get()?.failure()) {
                Some(error) => return Err(error),
                None if self.current.get().is_some() => self.pulse.beat(std::iter::empty()),
                None => self.pulse.wait_for(CATCHES_UP),
            }
            tokio::time::sleep(CATCH_UP_EVERY).await;
        }
        self.current.set(shared);
        Ok(())
    }
}
