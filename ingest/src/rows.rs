//! Rows of the raw tables, together.

use warehouse::table::Table;
use warehouse::tables::raw_evidence::SketchAt;
use warehouse::tables::{Quarantined, RawBatch, RawChainEvent, RawEvidence, RawLog, RawReceipt};
use warehouse::types::{KafkaOffset, Partition, Topic};

/// Rows of every raw table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawRows {
    /// `raw_log`: one for every record.
    pub log: Vec<RawLog>,
    /// `raw_batches`.
    pub batches: Vec<RawBatch>,
    /// `raw_receipts`.
    pub receipts: Vec<RawReceipt>,
    /// `raw_evidence`.
    pub evidence: Vec<RawEvidence>,
    /// `raw_chain_events`.
    pub events: Vec<RawChainEvent>,
    /// `quarantine`.
    pub quarantined: Vec<Quarantined>,
}

/// Memory of a row's fixed columns, roughly, bytes.
const ROW_BYTES: usize = 256;

impl RawRows {
    /// Moves the rows of `other` behind these.
    pub fn append(&mut self, mut other: Self) {
        self.log.append(&mut other.log);
        self.batches.append(&mut other.batches);
        self.receipts.append(&mut other.receipts);
        self.evidence.append(&mut other.evidence);
        self.events.append(&mut other.events);
        self.quarantined.append(&mut other.quarantined);
    }

    /// Drops the rows of a partition.
    pub(crate) fn drop_partition(&mut self, topic: Topic, partition: Partition) {
        fn keep<T: RawRow>(rows: &mut Vec<T>, topic: Topic, partition: Partition) {
            rows.retain(|row| {
                let (of_topic, of_partition, _) = row.place();
                (of_topic, of_partition) != (topic, partition)
            });
        }
        keep(&mut self.log, topic, partition);
        keep(&mut self.batches, topic, partition);
        keep(&mut self.receipts, topic, partition);
        keep(&mut self.evidence, topic, partition);
        keep(&mut self.events, topic, partition);
        keep(&mut self.quarantined, topic, partition);
    }

    /// Rows in all tables together.
    pub fn rows(&self) -> usize {
        self.log.len()
            + self.batches.len()
            + self.receipts.len()
            + self.evidence.len()
            + self.events.len()
            + self.quarantined.len()
    }

    /// Roughly the memory that the rows take, bytes: what a buffer is bounded by.
    pub fn bytes(&self) -> usize {
        let batches = self.batches.iter().map(|row| row.content.len() + row.spends.len() * 64);
        let evidence = self.evidence.iter().map(|row| row.evidence.len() + row.sketches.len() * size_of::<SketchAt>());
        let events = self.events.iter().map(|row| row.data.len());
        let quarantined = self.quarantined.iter().map(|row| row.payload.len());
        self.rows() * ROW_BYTES + batches.chain(evidence).chain(events).chain(quarantined).sum::<usize>()
    }
}

/// Where the record of a row stands.
pub(crate) type RecordPlace = (Topic, Partition, KafkaOffset);

/// A row of a raw table: it knows its record.
pub(crate) trait RawRow: Table + Clone {
    fn place(&self) -> RecordPlace;
}

macro_rules! raw_rows {
    ($($row:ty),+) => {$(
        impl RawRow for $row {
            fn place(&self) -> RecordPlace {
                (self.topic, self.partition, self.offset)
            }
        }
    )+};
}
raw_rows!(RawBatch, RawReceipt, RawEvidence, RawChainEvent, Quarantined, RawLog);
