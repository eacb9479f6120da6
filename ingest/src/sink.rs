//! Records into the raw tables, exactly once. The sink keeps no state of its own: every table commits its rows and the
//! partitions' offsets together, in a fixed order, `raw_log` last. After a crash each table skips what is below its
//! own offset, so nothing is added twice and nothing lost.

use crate::check::{Checked, TIME_US_MAX, check};
use crate::error::Error;
use crate::network::Network;
use crate::rows::{RawRow, RawRows};
use crate::source::{EventSource, Record};
use std::collections::{BTreeMap, HashMap};
use warehouse::table::{Table, TableDef};
use warehouse::tables::quarantine::QuarantineReason;
use warehouse::tables::raw_log::RecordKind;
use warehouse::tables::{Quarantined, RawBatch, RawChainEvent, RawEvidence, RawLog, RawReceipt};
use warehouse::types::{Attempt, KafkaOffset, Partition, Topic};
use warehouse::{Txn, Warehouse};

/// Stores records of a network in a warehouse.
#[derive(Debug)]
pub struct Sink {
    warehouse: Warehouse,
    network: Network,
    bounds: Bounds,
    starts: BTreeMap<(Topic, Partition), KafkaOffset>,
    progress: BTreeMap<(Topic, Partition), Progress>,
    buffer: RawRows,
    buffer_bytes: usize,
    /// Last buffered offset of each partition.
    buffered: BTreeMap<(Topic, Partition), KafkaOffset>,
}

/// When the sink flushes, and how many threads check. None of them changes what is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Rows of all tables together at which the buffer is flushed; one record may go beyond.
    pub rows_max: usize,
    /// Bytes at which the buffer is flushed; one record may go beyond.
    pub bytes_max: usize,
    /// Threads that check records, at least 1.
    pub threads: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { rows_max: 500_000, bytes_max: 256 << 20, threads: 1 }
    }
}

/// What was stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Records that were new.
    pub records: u64,
    /// Records that the tables held already.
    pub already_stored: u64,
    /// Receipt batches.
    pub batches: u64,
    /// Receipts.
    pub receipts: u64,
    /// Receipts with evidence.
    pub evidence: u64,
    /// Logs of contracts.
    pub chain_events: u64,
    /// Closing records.
    pub closes: u64,
    /// Records and parts of records that could not be accepted, by reason.
    pub quarantined: BTreeMap<QuarantineReason, u64>,
    /// Commits to `raw_log`.
    pub flushes: u64,
}

/// Records that are checked together, for each thread.
const GROUP_RECORDS_MAX: usize = 64;
/// Bytes of values at which a group is checked.
const GROUP_BYTES_MAX: usize = 16 << 20;

/// The raw tables in the order of their commits; `raw_log` is the last.
const TABLES: [&TableDef; 6] =
    [RawBatch::DEF, RawReceipt::DEF, RawEvidence::DEF, RawChainEvent::DEF, Quarantined::DEF, RawLog::DEF];

/// Place of `raw_log` in [`TABLES`].
const RAW_LOG: usize = 5;

/// How far a partition has come.
#[derive(Clone, Copy, Debug)]
struct Progress {
    /// Each table's own last offset, in the order of [`TABLES`].
    stored: [Option<i64>; TABLES.len()],
    /// First offset that is neither stored nor buffered.
    due: KafkaOffset,
    /// What came last from the source that is being drained.
    last: Option<KafkaOffset>,
}

impl Sink {
    /// A sink into `warehouse`. Nothing is read or created before the first record.
    pub fn new(warehouse: Warehouse, network: Network, bounds: Bounds) -> Self {
        Self {
            warehouse,
            network,
            bounds,
            starts: BTreeMap::new(),
            progress: BTreeMap::new(),
            buffer: RawRows::default(),
            buffer_bytes: 0,
            buffered: BTreeMap::new(),
        }
    }

    /// Lets a partition of which nothing is stored begin at `first` instead of 0: a bundle holds one epoch's range.
    pub fn starting_at(mut self, topic: Topic, partition: Partition, first: KafkaOffset) -> Self {
        self.starts.insert((topic, partition), first);
        self
    }

    /// Stores what the source gives until it gives nothing for now. What is stored already is skipped.
    ///
    /// # Errors
    /// [`Error::Offset`] when offsets leave out or repeat something, [`Error::Place`] when a record cannot stand in
    /// the tables, the source's errors, and the tables'. Then some of the flushes may be stored; draining the source
    /// again from the start, or from anywhere at or below what is stored, completes them.
    pub async fn drain(&mut self, source: &mut impl EventSource) -> Result<Report, Error> {
        let drained = self.drain_whole(source).await;
        self.progress.values_mut().for_each(|progress| progress.last = None);
        if drained.is_err() {
            self.reset();
        }
        drained
    }

    async fn drain_whole(&mut self, source: &mut impl EventSource) -> Result<Report, Error> {
        let mut report = Report::default();
        loop {
            let group = self.gather(source).await?;
            if group.is_empty() {
                break;
            }
            self.take(group, &mut report).await?;
        }
        self.flush(&mut report).await?;
        Ok(report)
    }

    /// Records that are few enough to be checked at once; none at the end of the source.
    async fn gather(&self, source: &mut impl EventSource) -> Result<Vec<Record>, Error> {
        let records_max = GROUP_RECORDS_MAX * self.bounds.threads.max(1);
        let (mut group, mut bytes) = (Vec::new(), 0);
        while group.len() < records_max && bytes < GROUP_BYTES_MAX {
            let Some(record) = source.next().await? else { break };
            bytes += record.value.len();
            group.push(record);
        }
        Ok(group)
    }

    /// Checks records and buffers them; what is stored already is skipped, a full buffer is flushed. For each new
    /// record its partition, and whether it was quarantined as a whole.
    ///
    /// # Errors
    /// As [`Sink::drain`]. After one, [`Sink::reset`] before anything else is taken.
    pub async fn take(
        &mut self,
        records: Vec<Record>,
        report: &mut Report,
    ) -> Result<Vec<((Topic, Partition), bool)>, Error> {
        let mut group = Vec::with_capacity(records.len());
        for record in records {
            if self.admit(&record).await? {
                group.push(record);
            } else {
                report.already_stored += 1;
            }
        }
        let mut taken = Vec::with_capacity(group.len());
        for (record, checked) in group.iter().zip(check_all(&self.network, &group, self.bounds.threads)) {
            report.count(&checked);
            let place = (record.topic, record.partition);
            taken.push((place, checked.log.iter().any(|row| row.kind == RecordKind::Quarantined)));
            self.buffer_bytes += checked.bytes();
            self.buffer.append(checked);
            self.buffered.insert(place, record.offset);
            if self.buffer.rows() >= self.bounds.rows_max || self.buffer_bytes >= self.bounds.bytes_max {
                self.flush(report).await?;
            }
        }
        Ok(taken)
    }

    /// Forgets a partition: what is buffered of it is dropped, and its progress is read from the tables again.
    pub fn forget(&mut self, topic: Topic, partition: Partition) {
        self.progress.remove(&(topic, partition));
        if self.buffered.remove(&(topic, partition)).is_some() {
            self.buffer.drop_partition(topic, partition);
            self.buffer_bytes = self.buffer.bytes();
        }
    }

    /// Forgets every partition.
    pub fn reset(&mut self) {
        self.progress.clear();
        self.buffered.clear();
        self.buffer = RawRows::default();
        self.buffer_bytes = 0;
    }

    /// Whether nothing is buffered.
    pub fn is_empty(&self) -> bool {
        self.buffer.log.is_empty()
    }

    /// The first offset of each known partition that is neither stored nor buffered.
    pub fn dues(&self) -> impl Iterator<Item = ((Topic, Partition), KafkaOffset)> {
        self.progress.iter().map(|(place, progress)| (*place, progress.due))
    }

    /// The first offset of a partition that is neither stored nor buffered.
    ///
    /// # Errors
    /// When the tables cannot be read.
    pub async fn due(&self, topic: Topic, partition: Partition) -> Result<KafkaOffset, Error> {
        match self.progress.get(&(topic, partition)) {
            Some(progress) => Ok(progress.due),
            None => due_of(&self.warehouse, topic, partition).await,
        }
    }

    /// Whether the record is new.
    async fn admit(&mut self, record: &Record) -> Result<bool, Error> {
        let Record { topic, partition, offset, .. } = *record;
        let refused = |wrong| Error::Place { topic, partition, offset, wrong };
        if partition.0 >= self.network.partitions(topic) {
            return Err(refused("the topic has fewer partitions"));
        }
        if !(0..i64::MAX).contains(&offset.0) {
            return Err(refused("the offset is out of bounds"));
        }
        if !(0..=TIME_US_MAX).contains(&record.taken_at.0) {
            return Err(refused("the time is out of bounds"));
        }
        if !self.progress.contains_key(&(topic, partition)) {
            let progress = self.load(topic, partition).await?;
            self.progress.insert((topic, partition), progress);
        }
        let Some(progress) = self.progress.get_mut(&(topic, partition)) else { return Ok(false) };
        let expected = progress.last.map_or(progress.due.min(offset), |last| KafkaOffset(last.0 + 1));
        if offset != expected {
            return Err(Error::Offset { topic, partition, expected, found: offset });
        }
        progress.last = Some(offset);
        let is_new = offset == progress.due;
        if is_new {
            progress.due = KafkaOffset(offset.0 + 1);
        }
        Ok(is_new)
    }

    async fn load(&self, topic: Topic, partition: Partition) -> Result<Progress, Error> {
        let mut stored = [None; TABLES.len()];
        for (stored, def) in stored.iter_mut().zip(TABLES) {
            *stored = stored_in(&self.warehouse, def, topic, partition).await?;
        }
        let start = self.starts.get(&(topic, partition)).copied().unwrap_or_default();
        let due = stored[RAW_LOG].map_or(start, |last| KafkaOffset(last + 1));
        Ok(Progress { stored, due, last: None })
    }

    /// Stores what is buffered.
    ///
    /// # Errors
    /// As [`Sink::drain`]; [`warehouse::Error::Moved`] when another writer stored records of the same partitions.
    pub async fn flush(&mut self, report: &mut Report) -> Result<(), Error> {
        if self.buffer.log.is_empty() {
            return Ok(());
        }
        let rows = std::mem::take(&mut self.buffer);
        self.buffer_bytes = 0;
        self.commit(0, rows.batches).await?;
        self.commit(1, rows.receipts).await?;
        self.commit(2, rows.evidence).await?;
        self.commit(3, rows.events).await?;
        self.commit(4, rows.quarantined).await?;
        self.commit(RAW_LOG, rows.log).await?;
        self.buffered.clear();
        report.flushes += 1;
        Ok(())
    }

    /// Appends what a table lacks. A table without new rows is left alone: its offset lags behind `raw_log`'s then,
    /// which says that it has nothing in between.
    async fn commit<T: RawRow>(&mut self, at: usize, mut rows: Vec<T>) -> Result<(), Error> {
        let progress = &mut self.progress;
        let stored = |topic, partition| progress.get(&(topic, partition)).and_then(|progress| progress.stored[at]);
        rows.retain(|row| {
            let (topic, partition, offset) = row.place();
            stored(topic, partition).is_none_or(|last| offset.0 > last)
        });
        if rows.is_empty() {
            return Ok(());
        }
        let mut txns = Vec::with_capacity(self.buffered.len());
        for ((topic, partition), offset) in &self.buffered {
            let expected = stored(*topic, *partition);
            if expected.is_none_or(|last| last < offset.0) {
                txns.push(Txn { app: app(*topic, *partition), expected, version: offset.0 });
            }
        }
        let appended = self.warehouse.append(&rows, Attempt::default(), &txns, HashMap::new()).await;
        appended.map_err(|source| Error::Table { step: "append to", table: T::DEF.name, source: Box::new(source) })?;
        for (partition, offset) in &self.buffered {
            if let Some(progress) = progress.get_mut(partition) {
                progress.stored[at] = progress.stored[at].max(Some(offset.0));
            }
        }
        Ok(())
    }
}

/// The first offset of a partition that the tables do not hold.
///
/// # Errors
/// When they cannot be read.
pub async fn due_of(warehouse: &Warehouse, topic: Topic, partition: Partition) -> Result<KafkaOffset, Error> {
    let stored = stored_in(warehouse, RawLog::DEF, topic, partition).await?;
    Ok(stored.map_or(KafkaOffset(0), |last| KafkaOffset(last + 1)))
}

async fn stored_in(
    warehouse: &Warehouse,
    def: &'static TableDef,
    topic: Topic,
    partition: Partition,
) -> Result<Option<i64>, Error> {
    let version = warehouse.version_of(def, &app(topic, partition)).await;
    version.map_err(|source| Error::Table { step: "resume from", table: def.name, source: Box::new(source) })
}

/// Application id of a partition's offsets in the raw tables.
fn app(topic: Topic, partition: Partition) -> String {
    format!("{topic}/{partition}")
}

/// Checks each record; the threads share the records, the order stays.
fn check_all(network: &Network, records: &[Record], threads: usize) -> Vec<Checked> {
    let share = records.len().div_ceil(threads.max(1)).max(1);
    if share >= records.len() {
        return records.iter().map(|record| check(network, record)).collect();
    }
    std::thread::scope(|scope| {
        let shares: Vec<_> = records
            .chunks(share)
            .map(|records| scope.spawn(|| records.iter().map(|record| check(network, record)).collect::<Vec<_>>()))
            .collect();
        let joined = shares.into_iter().map(|share| share.join());
        joined.flat_map(|rows| rows.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    })
}

impl Report {
    fn count(&mut self, rows: &RawRows) {
        let closes = rows.log.iter().filter(|row| row.kind == RecordKind::Close).count();
        self.records += rows.log.len() as u64;
        self.batches += rows.batches.len() as u64;
        self.receipts += rows.receipts.len() as u64;
        self.evidence += rows.evidence.len() as u64;
        self.chain_events += rows.events.len() as u64;
        self.closes += closes as u64;
        for row in &rows.quarantined {
            *self.quarantined.entry(row.reason).or_default() += 1;
        }
    }
}
