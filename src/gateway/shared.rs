//! The view as everybody shares it: one thread follows the topic, handlers read and wait.

use super::basis::Basis;
use super::view::View;
use anyhow::anyhow;
use ingest::kafka::{Broker, Tail};
use ingest::{Network, check};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, Weak};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::watch;
use warehouse::query::Session;
use warehouse::types::{KafkaOffset, Partition, Topic};

/// Longest wait of the follower for one more record.
const POLL: Duration = Duration::from_millis(100);

/// One view, from one settled epoch on, with what the tables held of earlier ones then.
pub struct Shared {
    view: RwLock<View>,
    /// What was settled when it began.
    pub basis: Basis,
    /// The tables as they were then.
    pub past: Session,
    taken: watch::Sender<()>,
    follower: Mutex<Option<JoinHandle<Result<(), ingest::Error>>>>,
}

impl Shared {
    /// A view that nobody follows the topic for yet.
    pub fn new(view: View, basis: Basis, past: Session) -> Arc<Self> {
        let taken = watch::Sender::new(());
        Arc::new(Self { view: RwLock::new(view), basis, past, taken, follower: Mutex::new(None) })
    }

    /// Follows the topic on a thread of its own, until nobody holds the view any more.
    pub fn follow(self: &Arc<Self>, broker: Broker, network: Network, from: Vec<(Partition, KafkaOffset)>) {
        let shared = Arc::downgrade(self);
        let thread = std::thread::spawn(move || follow(&shared, &broker, &network, &from));
        *self.follower.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread);
    }

    /// What stopped the thread, if something did.
    pub fn failure(&self) -> Option<anyhow::Error> {
        let mut follower = self.follower.lock().unwrap_or_else(PoisonError::into_inner);
        let ended = follower.take_if(|thread| thread.is_finished())?;
        Some(match ended.join() {
            Ok(Err(error)) => error.into(),
            Ok(Ok(())) | Err(_) => anyhow!("the thread that follows the topic died"),
        })
    }

    /// The view as it is now.
    pub fn view(&self) -> RwLockReadGuard<'_, View> {
        self.view.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The view, to change it.
    pub fn change(&self) -> RwLockWriteGuard<'_, View> {
        self.view.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until a record is in the view; whether it came in time.
    pub async fn has(&self, partition: Partition, offset: KafkaOffset, most: Duration) -> bool {
        let mut taken = self.taken.subscribe();
        let passed = async {
            while self.view().due(partition) <= offset {
                if taken.changed().await.is_err() {
                    break;
                }
            }
        };
        tokio::time::timeout(most, passed).await.is_ok()
    }
}

fn follow(
    shared: &Weak<Shared>,
    broker: &Broker,
    network: &Network,
    from: &[(Partition, KafkaOffset)],
) -> Result<(), ingest::Error> {
    let tail = Tail::open(broker, Topic::Receipts, from)?;
    loop {
        let record = tail.next(POLL)?;
        let Some(shared) = shared.upgrade() else { return Ok(()) };
        if let Some(record) = record {
            let rows = check(network, &record);
            shared.change().take(&rows);
            shared.taken.send_replace(());
        }
    }
}
