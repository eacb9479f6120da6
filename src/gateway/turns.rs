//! One batch of a lane at a time, each checked against a view that holds what this gateway produced before.

use ingest::kafka::Placed;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OwnedMutexGuard;
use warehouse::types::{Address, KafkaOffset, Partition};

type Turns = HashMap<(Address, u64), Arc<tokio::sync::Mutex<()>>>;

/// Turns of lanes.
#[derive(Default)]
pub struct LaneTurns(Mutex<Turns>);

/// A lane's turn, until it is dropped.
pub type Turn = OwnedMutexGuard<()>;

impl LaneTurns {
    /// Waits for the lane's turn.
    pub async fn of(&self, operator: Address, lane: u64) -> Turn {
        let lock = {
            let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            // What nobody holds or waits for is forgotten.
            turns.retain(|_, lock| Arc::strong_count(lock) > 1);
            Arc::clone(turns.entry((operator, lane)).or_default())
        };
        lock.lock_owned().await
    }
}

/// How far this gateway produced, by partition.
#[derive(Default)]
pub struct LastPlaced(Mutex<BTreeMap<Partition, KafkaOffset>>);

impl LastPlaced {
    /// The broker has a record there.
    pub fn note(&self, placed: Placed) {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let offset = last.entry(placed.partition).or_insert(placed.offset);
        *offset = placed.offset.max(*offset);
    }

    /// The last place in each partition.
    pub fn all(&self) -> Vec<(Partition, KafkaOffset)> {
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.iter().map(|(partition, offset)| (*partition, *offset)).collect()
    }
}
