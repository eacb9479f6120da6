//! Where records come from: a recorded file, a bundle, a broker.

use crate::error::Error;
use bytes::Bytes;
use std::future::Future;
use warehouse::types::{KafkaOffset, Partition, Time, Topic};

/// One record of a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The topic.
    pub topic: Topic,
    /// The partition.
    pub partition: Partition,
    /// The place in the partition.
    pub offset: KafkaOffset,
    /// When the log took it in, UTC microseconds.
    pub taken_at: Time,
    /// Its key; nothing is decided by it.
    pub key: Bytes,
    /// Its value; empty when it has none.
    pub value: Bytes,
}

/// A source of records. Within a partition offsets ascend by one; partitions may be interleaved in any way.
pub trait EventSource {
    /// The next record, or `None` at the end, or when there is nothing for now.
    ///
    /// # Errors
    /// When the source cannot be read or is damaged.
    fn next(&mut self) -> impl Future<Output = Result<Option<Record>, Error>> + Send;
}

/// Recorded files, and records that are in memory already.
impl<I: Iterator<Item = Result<Record, Error>> + Send> EventSource for I {
    async fn next(&mut self) -> Result<Option<Record>, Error> {
        Iterator::next(self).transpose()
    }
}
