//! Walks the chain behind its finality and publishes what is ours, in order. Where it goes on, the topic itself says:
//! there is no second cursor that could disagree with it.

use super::nodes::{Nodes, QUESTIONS_MAX};
use super::proof::Block;
use super::window::{Window, record_of};
use crate::check::check;
use crate::closing::{CloseSigner, signed_close};
use crate::error::Error;
use crate::kafka::{Broker, Producer, last_records};
use crate::network::Network;
use crate::pulse::Pulse;
use crate::wire::chain_events::v1::{ChainRecord, chain_record};
use alloy::primitives::B256;
use futures::{StreamExt, TryStreamExt};
use prost::Message;
use std::future::Future;
use std::time::Duration;
use warehouse::tables::raw_log::RecordKind;
use warehouse::types::{Epoch, EpochCalendar, Partition, Time, Topic};

/// Blocks that are linked and compared before any of them is published.
const STRIDE: u64 = 512;
/// The partition of the chain.
const PARTITION: Partition = Partition(0);
/// Between two looks for a new final block.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Which blocks are final enough to be published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finality {
    /// Those that the chain says are final.
    Finalized,
    /// Those with so many blocks on top: for chains that finalise nothing.
    Depth(u64),
}

/// What an indexer needs.
pub struct Indexer<S> {
    /// The nodes.
    pub nodes: Nodes,
    /// The broker.
    pub broker: Broker,
    /// The contracts.
    pub network: Network,
    /// When epochs end.
    pub calendar: EpochCalendar,
    /// First block of the chain, if it is pinned.
    pub genesis: Option<B256>,
    /// Where to begin when the topic is empty: the block of the deployment, or one before.
    pub first_block: u64,
    /// Which blocks are published.
    pub finality: Finality,
    /// The settler's key.
    pub signer: S,
    /// Its sign of life.
    pub pulse: Pulse,
    /// What it holds of the blocks above finality while it runs.
    pub window: Window,
}

/// How far an indexer came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Indexed {
    /// Blocks that were walked.
    pub walked: u64,
    /// Blocks that were published.
    pub published: u64,
    /// Logs in them.
    pub logs: u64,
    /// Closing records.
    pub closes: u64,
    /// The last block that was walked.
    pub last_block: Option<u64>,
}

/// Where the walk stands.
#[derive(Clone, Copy, Debug)]
struct Cursor {
    /// The block before the next one; none before the first.
    before: Option<(u64, B256)>,
    /// The epoch that ends next.
    epoch: Epoch,
}

impl<S: CloseSigner> Indexer<S> {
    /// Walks to the last final block, then ends.
    ///
    /// # Errors
    /// [`Error::Chain`] when the chain, or a node, contradicts what was published; [`Error::Nodes`] when none answers.
    pub async fn once(&self) -> Result<Indexed, Error> {
        let mut cursor = self.begin().await?;
        let mut indexed = Indexed::default();
        self.advance(&mut cursor, &mut indexed).await?;
        Ok(indexed)
    }

    /// Walks on and on, until `stop` is done. Nodes that do not answer are waited for.
    ///
    /// # Errors
    /// As [`Indexer::once`], but for [`Error::Nodes`].
    pub async fn run(&self, stop: impl Future<Output = ()>) -> Result<Indexed, Error> {
        let mut cursor = self.begin().await?;
        let mut indexed = Indexed::default();
        tokio::pin!(stop);
        loop {
            match self.advance(&mut cursor, &mut indexed).await {
                Ok(()) => {
                    if let Some(end) = cursor.before {
                        // An estimate: without an answer it stays as it is.
                        let _ = self.window.follow(&self.nodes, &self.network, end).await;
                    }
                    self.pulse.beat(std::iter::empty());
                }
                // Whoever asks sees that the last turn is long ago.
                Err(Error::Nodes { .. }) => {}
                Err(error) => return Err(error),
            }
            tokio::select! {
                () = &mut stop => return Ok(indexed),
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }

    /// Where the topic ends, compared with the chain.
    async fn begin(&self) -> Result<Cursor, Error> {
        self.nodes.check(self.network.chain_id, self.genesis).await?;
        crate::kafka::check_topic(&self.broker, &self.network, Topic::ChainEvents).await?;
        let (mut before, mut closed) = (None, None);
        last_records(&self.broker, Topic::ChainEvents, PARTITION, |record| {
            let rows = check(&self.network, record);
            for row in rows.log.iter().filter(|row| row.kind == RecordKind::Close) {
                closed = closed.max(row.closes_epoch);
            }
            if let Ok(ChainRecord { body: Some(chain_record::Body::Block(block)) }) =
                ChainRecord::decode(record.value.clone())
            {
                before = before.or((block.hash.len() == 32).then(|| (block.number, B256::from_slice(&block.hash))));
            }
            before.is_some() && closed.is_some()
        })?;
        if let Some((number, published)) = before {
            let found = self.nodes.numbered(number).await?;
            if found.hash != published {
                return Err(reorganised(number, published, found.hash));
            }
        }
        Ok(Cursor { before, epoch: Epoch(closed.map_or(1, |closed| closed.0 + 1)) })
    }

    /// Walks to the last final block.
    async fn advance(&self, cursor: &mut Cursor, indexed: &mut Indexed) -> Result<(), Error> {
        let Some(end) = self.end().await? else { return Ok(()) };
        let mut producer = Producer::new(&self.broker)?;
        let next = |cursor: &Cursor| cursor.before.map_or(self.first_block, |(number, _)| number + 1);
        if cursor.before.is_some_and(|(number, _)| number >= end.header.number) {
            return self.unchanged(cursor, &end);
        }
        self.nodes.agree_on(&end).await?;
        while next(cursor) <= end.header.number {
            let numbers = next(cursor)..=end.header.number.min(next(cursor) + STRIDE - 1);
            let blocks: Vec<Block> = futures::stream::iter(numbers)
                .map(|number| self.nodes.numbered(number))
                .buffered(QUESTIONS_MAX)
                .try_collect()
                .await?;
            // Nothing is published before the whole stride is one chain that no node contradicts.
            linked(cursor.before, &blocks)?;
            if let Some(last) = blocks.last() {
                self.nodes.agree_on(last).await?;
            }
            for block in &blocks {
                self.step(cursor, block, &mut producer, indexed).await?;
                self.pulse.beat(std::iter::empty());
            }
        }
        match cursor.before {
            Some((number, walked)) if walked != end.hash => Err(reorganised(number, walked, end.hash)),
            _ => Ok(()),
        }
    }

    /// The block up to which to publish; none while the chain is too short.
    async fn end(&self) -> Result<Option<Block>, Error> {
        match self.finality {
            Finality::Finalized => Ok(Some(self.nodes.lowest("finalized").await?)),
            Finality::Depth(0) => Ok(Some(self.nodes.tagged("latest").await?)),
            Finality::Depth(depth) => {
                let latest = self.nodes.tagged("latest").await?.header.number;
                match latest.checked_sub(depth) {
                    Some(number) => Ok(Some(self.nodes.numbered(number).await?)),
                    None => Ok(None),
                }
            }
        }
    }

    /// A final block that was walked before is the same still.
    fn unchanged(&self, cursor: &Cursor, end: &Block) -> Result<(), Error> {
        match cursor.before {
            Some((number, walked)) if number == end.header.number && walked != end.hash => {
                Err(reorganised(number, walked, end.hash))
            }
            _ => Ok(()),
        }
    }

    /// One block: it follows the one before; epochs that ended before it are closed; what is ours is published.
    async fn step(
        &self,
        cursor: &mut Cursor,
        block: &Block,
        producer: &mut Producer,
        indexed: &mut Indexed,
    ) -> Result<(), Error> {
        let header = &block.header;
        while self.calendar.ends_at_s(cursor.epoch) <= header.timestamp {
            self.close(cursor.epoch, producer).await?;
            indexed.closes += 1;
            cursor.epoch = Epoch(cursor.epoch.0 + 1);
        }
        let contracts = &self.network.contracts;
        if block.may_hold(contracts.keys()) {
            let logs = self.nodes.logs(block, |address| contracts.contains_key(address)).await?;
            if !logs.is_empty() {
                indexed.published += 1;
                indexed.logs += logs.len() as u64;
                let record = record_of(block, logs);
                let value = ChainRecord { body: Some(chain_record::Body::Block(record)) }.encode_to_vec();
                let time = time_of(header.timestamp);
                producer.put(Topic::ChainEvents, PARTITION, block.hash.as_slice(), &value, Some(time)).await?;
                // The cursor moves on only when the broker has it: blocks of ours are few.
                producer.settle().await?;
            }
        }
        indexed.walked += 1;
        indexed.last_block = Some(header.number);
        cursor.before = Some((header.number, block.hash));
        Ok(())
    }

    async fn close(&self, epoch: Epoch, producer: &mut Producer) -> Result<(), Error> {
        let close = signed_close(&self.network, &self.signer, Topic::ChainEvents, PARTITION, epoch).await?;
        let value = ChainRecord { body: Some(chain_record::Body::Close(close)) }.encode_to_vec();
        let time = self.calendar.ends_at(epoch);
        producer.put(Topic::ChainEvents, PARTITION, b"", &value, Some(time)).await?;
        producer.settle().await
    }
}

/// Each block follows the one before it, in time, too.
fn linked(before: Option<(u64, B256)>, blocks: &[Block]) -> Result<(), Error> {
    let mut walked = before;
    let mut time = 0;
    for block in blocks {
        if let Some((number, hash)) = walked
            && block.header.parent_hash != hash
        {
            return Err(reorganised(number, hash, block.header.parent_hash));
        }
        if block.header.timestamp < time {
            let wrong = format!("block {} is older than the block before it", block.header.number);
            return Err(Error::Chain { wrong });
        }
        time = block.header.timestamp;
        walked = Some((block.header.number, block.hash));
    }
    Ok(())
}

fn time_of(seconds: u64) -> Time {
    Time(i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1_000_000))
}

fn reorganised(number: u64, walked: B256, found: B256) -> Error {
    let wrong = format!(
        "block {number} was {walked} when it was final, the chain now has {found}: a reorganisation below finality"
    );
    Error::Chain { wrong }
}
