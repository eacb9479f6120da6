//! One batch of a lane at a time: the next is checked against the head that this one makes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OwnedMutexGuard;
use warehouse::types::Address;

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
