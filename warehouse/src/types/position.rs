//! Where a record stands: topic, partition, offset.

use std::fmt;

/// A topic of the event log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// Logs of the contracts, one partition a chain.
    ChainEvents,
    /// Signed receipt batches, partitioned by operator.
    Receipts,
}

impl Topic {
    /// Every topic, in the order of their names.
    pub const ALL: [Self; 2] = [Self::ChainEvents, Self::Receipts];

    /// The topic's name in the broker.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ChainEvents => "openbooks.chain-events.v1",
            Self::Receipts => "openbooks.receipts.v1",
        }
    }

    /// The topic of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|topic| topic.name() == name)
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A partition's number in its topic, from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Partition(pub u32);

/// A record's place in its partition, from 0, without gaps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KafkaOffset(pub i64);

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Display for KafkaOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}
