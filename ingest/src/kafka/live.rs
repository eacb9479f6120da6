//! The sink at a broker: partitions come and go, buffers follow, and every commit carries the offsets it reached.
//!
//! One thread polls and stores in turn, so that back-pressure is what librdkafka may prefetch. What a partition's next
//! offset is, the tables say; the group's own offsets are written for lag monitors and never read.

use super::group::{Changes, Follower, Place, is_passing, places, positions};
use super::poison::Window;
use super::{ANSWER_MAX, Broker, Complaints, PoisonBound, number, record_of};
use crate::error::Error;
use crate::network::Network;
use crate::pulse::Pulse;
use crate::sink::{Bounds, Report, Sink};
use crate::source::Record;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use warehouse::Warehouse;
use warehouse::types::{KafkaOffset, Partition, Topic};

/// Most records that are checked at once.
const GROUP_RECORDS_MAX: usize = 256;
/// Bytes of values at which a group is checked.
const GROUP_BYTES_MAX: usize = 16 << 20;
/// Longest wait for one more record of a group.
const POLL: Duration = Duration::from_millis(100);
/// Most times in a row that another writer may be faster.
const CONFLICTS_MAX: u32 = 100;

/// What bounds a live sink, beside [`Bounds`].
#[derive(Clone, Copy, Debug)]
pub struct LiveBounds {
    /// The buffer is flushed when its oldest record waited so long.
    pub age_max: Duration,
    /// Kilobytes that may be prefetched.
    pub prefetch_kib: usize,
    /// When a partition pauses.
    pub poison: PoisonBound,
}

impl Default for LiveBounds {
    fn default() -> Self {
        Self { age_max: Duration::from_secs(5), prefetch_kib: 32 << 10, poison: PoisonBound::default() }
    }
}

/// Asks a live sink to end: it stores what it holds first.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Asks.
    pub fn ask(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// How a live sink ended.
#[derive(Clone, Debug, Default)]
pub struct Ended {
    /// What it stored.
    pub report: Report,
    /// Commits at which another writer was faster.
    pub conflicts: u64,
    /// Partitions that were paused for their share of poison.
    pub paused: BTreeSet<(Topic, Partition)>,
}

/// A sink at a broker.
pub struct Live {
    /// The broker.
    pub broker: Broker,
    /// The tables.
    pub warehouse: Warehouse,
    /// What is checked.
    pub network: Network,
    /// When it flushes.
    pub bounds: Bounds,
    /// The same, of what is only there with a broker.
    pub live: LiveBounds,
    /// Its sign of life.
    pub pulse: Pulse,
}

/// A live sink at work.
struct Running {
    consumer: BaseConsumer<Follower>,
    changes: Arc<Mutex<Changes>>,
    complaints: Complaints,
    handle: Handle,
    sink: Sink,
    windows: BTreeMap<Place, Window>,
    ended: Ended,
    oldest: Option<Instant>,
    conflicts_in_a_row: u32,
}

impl Live {
    /// Stores everything up to the end that the partitions have now, then ends. It takes part in no group.
    ///
    /// # Errors
    /// What the broker, the tables and the checks at the start say.
    pub async fn once(self) -> Result<Ended, Error> {
        super::check(&self.broker, &self.network, &self.warehouse).await?;
        let handle = Handle::current();
        blocking(move || {
            let ends = self.ends()?;
            let all: Vec<Place> = ends.keys().copied().collect();
            let list = handle.block_on(positions(&self.warehouse, &all))?;
            let mut running = self.start(handle, "openbooks-once")?;
            running.consumer.assign(&list).map_err(|error| self.failed("read from", &error, &running.complaints))?;
            loop {
                while !running.has_reached(&ends)? {
                    self.turn(&mut running)?;
                }
                match running.handle.block_on(running.sink.flush(&mut running.ended.report)) {
                    Ok(()) if running.ended.paused.is_empty() => return Ok(running.ended),
                    Ok(()) => return Err(self.poisoned(&running)),
                    Err(error) => self.begin_again(&mut running, error)?,
                }
            }
        })
        .await
    }

    /// Stores what comes, sharing the partitions with others of the group, until it is asked to stop.
    ///
    /// # Errors
    /// What the broker, the tables and the checks at the start say.
    pub async fn run(self, group: String, stop: Stop) -> Result<Ended, Error> {
        super::check(&self.broker, &self.network, &self.warehouse).await?;
        let handle = Handle::current();
        blocking(move || {
            let mut running = self.start(handle, &group)?;
            let topics: Vec<&str> = Topic::ALL.iter().map(|topic| topic.name()).collect();
            let subscribed = running.consumer.subscribe(&topics);
            subscribed.map_err(|error| self.failed("join the group at", &error, &running.complaints))?;
            while !stop.is_asked() {
                self.turn(&mut running)?;
            }
            self.finish(running)
        })
        .await
    }

    fn failed(&self, step: &'static str, error: &KafkaError, complaints: &Complaints) -> Error {
        self.broker.failed(step, error, complaints)
    }

    fn ends(&self) -> Result<BTreeMap<Place, KafkaOffset>, Error> {
        let (asker, complaints) = self.broker.asker()?;
        let mut ends = BTreeMap::new();
        for topic in Topic::ALL {
            for partition in (0..self.network.partitions(topic)).map(Partition) {
                let (_, end) = self.broker.bounds_by(&asker, &complaints, topic, partition)?;
                ends.insert((topic, partition), end);
            }
        }
        Ok(ends)
    }

    fn start(&self, handle: Handle, group: &str) -> Result<Running, Error> {
        let changes = Arc::new(Mutex::new(Changes::default()));
        let complaints = Complaints::default();
        let follower = Follower {
            warehouse: self.warehouse.clone(),
            handle: handle.clone(),
            changes: changes.clone(),
            complaints: complaints.clone(),
        };
        let mut config = self.broker.config();
        config.set("group.id", group).set("enable.auto.commit", "false").set("enable.auto.offset.store", "false");
        // An offset that is not there is an error, never a jump.
        config.set("auto.offset.reset", "error").set("isolation.level", "read_uncommitted");
        config.set("queued.max.messages.kbytes", self.live.prefetch_kib.to_string());
        config.set("message.max.bytes", super::topics::MESSAGE_BYTES_MAX.to_string());
        config.set("enable.partition.eof", "false").set("check.crcs", "true");
        Ok(Running {
            consumer: self.broker.client(&config, follower)?,
            changes,
            complaints,
            handle,
            sink: Sink::new(self.warehouse.clone(), self.network.clone(), self.bounds),
            windows: BTreeMap::new(),
            ended: Ended::default(),
            oldest: None,
            conflicts_in_a_row: 0,
        })
    }

    /// Polls a group of records and stores what is due.
    fn turn(&self, running: &mut Running) -> Result<(), Error> {
        let records = self.poll(running)?;
        if !records.is_empty() {
            running.oldest.get_or_insert_with(Instant::now);
        }
        self.pulse.beat(running.ended.paused.iter().map(|(topic, partition)| format!("{topic}/{partition}")));
        let flushes = running.ended.report.flushes;
        let taken = running.handle.block_on(running.sink.take(records, &mut running.ended.report));
        let stored = match taken {
            Ok(poison) => {
                self.watch(running, poison)?;
                if running.oldest.is_some_and(|oldest| oldest.elapsed() >= self.live.age_max) {
                    running.handle.block_on(running.sink.flush(&mut running.ended.report))
                } else {
                    Ok(())
                }
            }
            Err(error) => Err(error),
        };
        match stored {
            Ok(()) if running.ended.report.flushes > flushes => {
                running.oldest = (!running.sink.is_empty()).then(Instant::now);
                running.conflicts_in_a_row = 0;
                self.tell_monitors(running);
                Ok(())
            }
            Ok(()) => Ok(()),
            Err(error) => self.begin_again(running, error),
        }
    }

    /// The next records. When partitions move meanwhile, what came of them before is dropped: where they are taken up
    /// again, the tables say.
    fn poll(&self, running: &mut Running) -> Result<Vec<Record>, Error> {
        let (mut records, mut bytes) = (Vec::<Record>::new(), 0);
        while records.len() < GROUP_RECORDS_MAX && bytes < GROUP_BYTES_MAX {
            let wait = if records.is_empty() { POLL } else { Duration::ZERO };
            let polled = running.consumer.poll(wait).map(|polled| polled.map(|message| record_of(&message)));
            let moved = self.follow(running)?;
            records.retain(|record| !moved.contains(&(record.topic, record.partition)));
            match polled {
                None => break,
                Some(Ok(record)) => {
                    bytes += record.as_ref().map_or(0, |record| record.value.len());
                    records.extend(record);
                }
                Some(Err(error)) if is_passing(&error) => {}
                Some(Err(error)) => return Err(self.failed("read from", &error, &running.complaints)),
            }
        }
        Ok(records)
    }

    /// Drops what was buffered of partitions that moved; which these are.
    fn follow(&self, running: &mut Running) -> Result<BTreeSet<Place>, Error> {
        let changes = running.changes.lock().map(|mut changes| std::mem::take(&mut *changes)).unwrap_or_default();
        if let Some(error) = changes.failed {
            return Err(error);
        }
        for place in &changes.moved {
            running.sink.forget(place.0, place.1);
            running.windows.remove(place);
            running.ended.paused.remove(place);
        }
        Ok(changes.moved)
    }

    /// Pauses partitions with too much poison; when most are, there is no going on.
    fn watch(&self, running: &mut Running, poison: Vec<(Place, bool)>) -> Result<(), Error> {
        let bound = self.live.poison;
        for (place, quarantined) in poison {
            let window = running.windows.entry(place).or_default();
            window.note(quarantined, bound);
            if window.is_above(bound) && running.ended.paused.insert(place) {
                let mut list = TopicPartitionList::new();
                list.add_partition(place.0.name(), number(place.1));
                let paused = running.consumer.pause(&list);
                paused.map_err(|error| self.failed("pause a partition of", &error, &running.complaints))?;
            }
        }
        let assigned = running.consumer.assignment().map_or(0, |list| list.count());
        if assigned > 0 && running.ended.paused.len() * 2 > assigned {
            running.handle.block_on(running.sink.flush(&mut running.ended.report))?;
            return Err(self.poisoned(running));
        }
        Ok(())
    }

    fn poisoned(&self, running: &Running) -> Error {
        let partitions: Vec<String> =
            running.ended.paused.iter().map(|(topic, partition)| format!("{topic}/{partition}")).collect();
        Error::Poisoned { partitions: partitions.join(", "), percent: self.live.poison.percent_max }
    }

    /// Another writer stored records of the same partitions: from what the tables hold now it goes on.
    fn begin_again(&self, running: &mut Running, error: Error) -> Result<(), Error> {
        let moved = matches!(&error, Error::Table { source, .. } if matches!(**source, warehouse::Error::Moved { .. }));
        if !moved || running.conflicts_in_a_row >= CONFLICTS_MAX {
            return Err(error);
        }
        running.conflicts_in_a_row += 1;
        running.ended.conflicts += 1;
        running.oldest = None;
        running.sink.reset();
        let assigned = running.assigned()?;
        let list = running.handle.block_on(positions(&self.warehouse, &assigned))?;
        let sought = running.consumer.seek_partitions(list, ANSWER_MAX);
        let sought = sought.and_then(|list| list.elements().iter().try_for_each(|element| element.error()));
        sought.map_err(|error| self.failed("go back in", &error, &running.complaints))
    }

    /// Writes the group's offsets, for lag monitors only: nothing is lost when that fails.
    fn tell_monitors(&self, running: &Running) {
        let mut list = TopicPartitionList::new();
        for ((topic, partition), due) in running.sink.dues() {
            if running.is_assigned((topic, partition)) {
                let _ = list.add_partition_offset(topic.name(), number(partition), Offset::Offset(due.0));
            }
        }
        let _ = running.consumer.commit(&list, CommitMode::Async);
    }

    fn finish(&self, mut running: Running) -> Result<Ended, Error> {
        self.follow(&mut running)?;
        match running.handle.block_on(running.sink.flush(&mut running.ended.report)) {
            // The other writer stored it.
            Err(Error::Table { source, .. }) if matches!(*source, warehouse::Error::Moved { .. }) => {
                running.ended.conflicts += 1;
            }
            other => other?,
        }
        self.tell_monitors(&running);
        Ok(running.ended)
    }
}

impl Running {
    fn assigned(&self) -> Result<Vec<Place>, Error> {
        Ok(self.consumer.assignment().map(|list| places(&list).collect()).unwrap_or_default())
    }

    fn is_assigned(&self, (topic, partition): Place) -> bool {
        let assigned = self.consumer.assignment();
        assigned.is_ok_and(|list| list.find_partition(topic.name(), number(partition)).is_some())
    }

    /// Whether every partition is stored or buffered up to its end. One that is paused never gets there.
    fn has_reached(&self, ends: &BTreeMap<Place, KafkaOffset>) -> Result<bool, Error> {
        let dues: BTreeMap<Place, KafkaOffset> = self.sink.dues().collect();
        for (place, end) in ends {
            let due = match dues.get(place) {
                Some(due) => *due,
                None => self.handle.block_on(self.sink.due(place.0, place.1))?,
            };
            if due < *end && !self.ended.paused.contains(place) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

async fn blocking(work: impl FnOnce() -> Result<Ended, Error> + Send + 'static) -> Result<Ended, Error> {
    match tokio::task::spawn_blocking(work).await {
        Ok(ended) => ended,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}
