//! The records of a topic from known places on, for who keeps a view of it: no group, nothing stored.

use super::group::is_passing;
use super::{AskContext, Broker, Complaints, number, record_of};
use crate::error::Error;
use crate::source::Record;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use std::time::Duration;
use warehouse::types::{KafkaOffset, Partition, Topic};

/// A reader that follows a topic.
pub struct Tail {
    broker: Broker,
    consumer: BaseConsumer<AskContext>,
    complaints: Complaints,
}

impl Tail {
    /// Follows the topic from these places.
    ///
    /// # Errors
    /// When a setting is wrong, or the broker no longer holds one of the places.
    pub fn open(broker: &Broker, topic: Topic, from: &[(Partition, KafkaOffset)]) -> Result<Self, Error> {
        let complaints = Complaints::default();
        let mut config = broker.config();
        config.set("group.id", "openbooks-tail").set("enable.auto.commit", "false").set("auto.offset.reset", "error");
        let consumer = broker.client(&config, AskContext(complaints.clone()))?;
        let mut list = TopicPartitionList::new();
        for (partition, offset) in from {
            let (low, high) = broker.bounds_by(&consumer, &complaints, topic, *partition)?;
            if *offset < low || *offset > high {
                let wrong =
                    format!("partition {partition}: offset {offset} is due, the broker holds {low} to before {high}");
                return Err(Error::Topic { topic, wrong });
            }
            let _ = list.add_partition_offset(topic.name(), number(*partition), Offset::Offset(offset.0));
        }
        let tail = Self { broker: broker.clone(), consumer, complaints };
        tail.consumer.assign(&list).map_err(|error| tail.broker.failed("read from", &error, &tail.complaints))?;
        Ok(tail)
    }

    /// The next record, if one comes in time.
    ///
    /// # Errors
    /// When the broker says what will not pass by itself.
    pub fn next(&self, wait: Duration) -> Result<Option<Record>, Error> {
        match self.consumer.poll(wait) {
            Some(Ok(message)) => Ok(record_of(&message)),
            Some(Err(error)) if !is_passing(&error) => Err(self.broker.failed("read from", &error, &self.complaints)),
            Some(Err(_)) | None => Ok(None),
        }
    }
}
