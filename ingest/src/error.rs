//! What can go wrong between a source of records and the raw tables.

use std::fmt;
use std::path::PathBuf;
use warehouse::types::{KafkaOffset, Partition, Topic};

/// An error of ingest. `Display` names the step and the place; the cause is the source.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file could not be opened, read or written.
    #[error("{step} {}", path.display())]
    Io {
        /// What was tried.
        step: &'static str,
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// A recorded topic file is not what it must be.
    #[error("recording {} is damaged at byte {at}, record {record}: {damage}", path.display())]
    Recording {
        /// The file.
        path: PathBuf,
        /// First byte of the magic, frame or end that is wrong, from 0.
        at: u64,
        /// How many records stand before it.
        record: u64,
        /// What is wrong.
        damage: Damage,
    },
    /// A record cannot stand where its source says.
    #[error("record {topic}/{partition}/{offset} cannot be stored: {wrong}")]
    Place {
        /// The topic.
        topic: Topic,
        /// The partition.
        partition: Partition,
        /// The offset.
        offset: KafkaOffset,
        /// What is out of bounds.
        wrong: &'static str,
    },
    /// Offsets of a partition do not ascend by one.
    #[error("records of {topic}/{partition} are not contiguous: {expected} was due, {found} came")]
    Offset {
        /// The topic.
        topic: Topic,
        /// The partition.
        partition: Partition,
        /// The offset that should come, or the last one that may.
        expected: KafkaOffset,
        /// The offset that came.
        found: KafkaOffset,
    },
    /// A raw table could not be read or written.
    #[error("{step} table {table}")]
    Table {
        /// What was tried.
        step: &'static str,
        /// The table.
        table: &'static str,
        /// The cause.
        source: Box<warehouse::Error>,
    },
    /// A setting of the broker's clients is wrong.
    #[error("the broker's settings: {wrong}")]
    BrokerSettings {
        /// What librdkafka says.
        wrong: String,
    },
    /// A broker does not answer, or refuses.
    #[error("cannot {step} broker {place}: {wrong}")]
    Broker {
        /// What was tried.
        step: &'static str,
        /// Its address.
        place: String,
        /// What it, or the way to it, says.
        wrong: String,
        /// Whether trying later may help.
        retryable: bool,
    },
    /// A topic is missing.
    #[error(
        "broker {place} shows no topic {topic}: make it with `openbooks ingest topics`, or allow this user to describe and read it"
    )]
    NoTopic {
        /// The topic.
        topic: Topic,
        /// Address of the broker.
        place: String,
    },
    /// A topic is not the one that it must be.
    #[error("topic {topic}: {wrong}")]
    Topic {
        /// The topic.
        topic: Topic,
        /// What differs, with both values.
        wrong: String,
    },
    /// Too much of some partitions cannot be accepted.
    #[error("above {percent} percent of the last records of {partitions} were quarantined: they are paused")]
    Poisoned {
        /// The partitions.
        partitions: String,
        /// The bound, percent.
        percent: usize,
    },
    /// No node of the chain gives an answer.
    #[error("no node of the chain answers: {said}")]
    Nodes {
        /// What each says.
        said: String,
    },
    /// The chain, or a node, contradicts itself or what was published.
    #[error("{wrong}; nothing more was published")]
    Chain {
        /// What differs, with both values.
        wrong: String,
    },
    /// A Close cannot be signed.
    #[error("the Close cannot be signed: {wrong}")]
    Signer {
        /// What the signer says.
        wrong: String,
    },
    /// A record cannot be made again from the raw rows.
    #[error("record {topic}/{partition}/{offset} cannot be made again: {wrong}")]
    Rebuild {
        /// The topic.
        topic: Topic,
        /// The partition.
        partition: Partition,
        /// The offset.
        offset: KafkaOffset,
        /// What is missing or wrong.
        wrong: &'static str,
    },
}

/// What is wrong with a recorded topic file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Damage {
    /// It does not begin with the magic.
    Magic,
    /// It ends inside the magic, a frame or the end.
    CutOff,
    /// It ends after a complete frame, without the end.
    NoEnd,
    /// A frame is longer than its bound.
    FrameTooLong(u32),
    /// A frame's body is not the one that was written.
    Checksum,
    /// A frame's body is no message.
    Undecodable,
    /// The header names a topic that does not exist.
    UnknownTopic(String),
    /// The header names no partitions, or more than the bound.
    Partitions(u32),
    /// A record's partition is not one of the header's.
    Partition(u32),
    /// A record's offset is not the one that was due.
    Offset {
        /// Its partition.
        partition: Partition,
        /// The offset that was due; none before the partition's first record.
        expected: Option<KafkaOffset>,
        /// The offset that stands there.
        found: u64,
    },
    /// A record's time is before 1970 or after 9999, microseconds.
    Time(i64),
    /// The end names another number of records.
    Count {
        /// The number in the end.
        said: u64,
    },
    /// Bytes follow the end.
    AfterEnd,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Magic => f.write_str("it does not begin with OBREC001"),
            Self::CutOff => f.write_str("it is cut off here"),
            Self::NoEnd => f.write_str("the end frame is missing"),
            Self::FrameTooLong(length) => write!(f, "a frame of {length} bytes is above the bound"),
            Self::Checksum => f.write_str("the checksum does not match"),
            Self::Undecodable => f.write_str("the frame is no message"),
            Self::UnknownTopic(topic) => write!(f, "topic {topic:?} is unknown"),
            Self::Partitions(count) => write!(f, "a topic cannot have {count} partitions"),
            Self::Partition(partition) => write!(f, "partition {partition} is not in the header"),
            Self::Offset { partition, expected: Some(expected), found } => {
                write!(f, "offset {expected} of partition {partition} was due, {found} stands there")
            }
            Self::Offset { partition, expected: None, found } => {
                write!(f, "offset {found} of partition {partition} is out of bounds")
            }
            Self::Time(time) => write!(f, "time {time} is out of bounds"),
            Self::Count { said } => write!(f, "the end counts {said} records"),
            Self::AfterEnd => f.write_str("bytes follow the end"),
        }
    }
}

impl Error {
    /// Whether trying again later may help.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Table { source, .. } => source.is_retryable(),
            Self::Broker { retryable, .. } => *retryable,
            Self::Nodes { .. } => true,
            Self::BrokerSettings { .. }
            | Self::Chain { .. }
            | Self::Signer { .. }
            | Self::NoTopic { .. }
            | Self::Topic { .. }
            | Self::Poisoned { .. }
            | Self::Io { .. }
            | Self::Recording { .. }
            | Self::Place { .. }
            | Self::Offset { .. }
            | Self::Rebuild { .. } => false,
        }
    }

    /// Whether data is not what it must be, so that going on could pay wrongly.
    pub fn is_broken_invariant(&self) -> bool {
        match self {
            Self::Table { source, .. } => source.is_broken_invariant(),
            Self::Recording { .. }
            | Self::Place { .. }
            | Self::Offset { .. }
            | Self::Topic { .. }
            | Self::Chain { .. }
            | Self::Poisoned { .. }
            | Self::Rebuild { .. } => true,
            Self::Io { .. }
            | Self::BrokerSettings { .. }
            | Self::Broker { .. }
            | Self::Nodes { .. }
            | Self::Signer { .. }
            | Self::NoTopic { .. } => false,
        }
    }
}
