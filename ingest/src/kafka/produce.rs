//! Records into a topic, with the idempotent producer: in order, each once, whatever the network does meanwhile.

use super::{Broker, Complaints, number};
use crate::error::Error;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::future_producer::{Delivery, DeliveryFuture};
use rdkafka::producer::{FutureProducer, FutureRecord, Producer as _};
use std::collections::VecDeque;
use std::time::Duration;
use warehouse::types::{KafkaOffset, Partition, Time, Topic};

/// Records that may be on their way at once.
const ON_THE_WAY_MAX: usize = 10_000;
/// Between two tries while the producer's queue is full.
const RETRY_EVERY: Duration = Duration::from_millis(5);

/// Where a record came to stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The partition.
    pub partition: Partition,
    /// The offset.
    pub offset: KafkaOffset,
    /// When the log took it in, if the topic says so, else the time that was given.
    pub taken_at: Time,
}

/// An idempotent producer.
pub struct Producer {
    broker: Broker,
    producer: FutureProducer<Complaints>,
    complaints: Complaints,
    on_the_way: VecDeque<DeliveryFuture>,
}

impl Producer {
    /// A producer of the broker; nothing is asked of it yet.
    ///
    /// # Errors
    /// When a setting is wrong.
    pub fn new(broker: &Broker) -> Result<Self, Error> {
        let complaints = Complaints::default();
        let mut config = broker.config();
        config.set("enable.idempotence", "true").set("acks", "all").set("compression.codec", "zstd");
        config.set("message.max.bytes", super::topics::MESSAGE_BYTES_MAX.to_string());
        config.set("linger.ms", "5").set("delivery.timeout.ms", "60000");
        // The one of Kafka's own clients: an operator's batches stand in one partition, whoever produces them.
        config.set("partitioner", "murmur2_random");
        let producer = broker.client(&config, complaints.clone())?;
        Ok(Self { broker: broker.clone(), producer, complaints, on_the_way: VecDeque::new() })
    }

    /// Puts a record on its way; waits while too many are.
    ///
    /// # Errors
    /// When the broker refuses it, or an earlier one.
    pub async fn put(
        &mut self,
        topic: Topic,
        partition: Partition,
        key: &[u8],
        value: &[u8],
        time: Option<Time>,
    ) -> Result<(), Error> {
        let delivery = self.start(topic, partition, key, value, time).await?;
        self.on_the_way.push_back(delivery);
        if self.on_the_way.len() >= ON_THE_WAY_MAX {
            self.settle_one().await?;
        }
        Ok(())
    }

    /// Puts a record and waits until the broker has it.
    ///
    /// # Errors
    /// When the broker refuses it or does not answer.
    pub async fn place(&self, topic: Topic, partition: Partition, key: &[u8], value: &[u8]) -> Result<Placed, Error> {
        let delivery = self.start(topic, partition, key, value, None).await?;
        self.placed(delivery).await
    }

    /// The same, in the partition that Kafka's own partitioner gives to the key.
    ///
    /// # Errors
    /// As [`Producer::place`].
    pub async fn place_by_key(&self, topic: Topic, key: &[u8], value: &[u8]) -> Result<Placed, Error> {
        let delivery = self.send(FutureRecord::to(topic.name()).key(key).payload(value)).await?;
        self.placed(delivery).await
    }

    /// Waits until the broker has all that was put.
    ///
    /// # Errors
    /// When the broker refuses one.
    pub async fn settle(&mut self) -> Result<(), Error> {
        while !self.on_the_way.is_empty() {
            self.settle_one().await?;
        }
        Ok(())
    }

    async fn settle_one(&mut self) -> Result<(), Error> {
        match self.on_the_way.pop_front() {
            Some(delivery) => self.placed(delivery).await.map(drop),
            None => Ok(()),
        }
    }

    async fn start(
        &self,
        topic: Topic,
        partition: Partition,
        key: &[u8],
        value: &[u8],
        time: Option<Time>,
    ) -> Result<DeliveryFuture, Error> {
        let mut record = FutureRecord::to(topic.name()).partition(number(partition)).key(key).payload(value);
        if let Some(time) = time {
            record = record.timestamp(time.0 / 1000);
        }
        self.send(record).await
    }

    async fn send(&self, mut record: FutureRecord<'_, [u8], [u8]>) -> Result<DeliveryFuture, Error> {
        loop {
            match self.producer.send_result(record) {
                Ok(delivery) => return Ok(delivery),
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), again)) => record = again,
                Err((error, _)) => return Err(self.failed(&error)),
            }
            tokio::time::sleep(RETRY_EVERY).await;
        }
    }

    async fn placed(&self, delivery: DeliveryFuture) -> Result<Placed, Error> {
        match delivery.await {
            Ok(Ok(Delivery { partition, offset, timestamp })) => {
                // Of a record that the broker had already librdkafka knows neither offset nor time.
                let unknown = || self.failed(&KafkaError::MessageProduction(RDKafkaErrorCode::DuplicateSequenceNumber));
                let time = timestamp.to_millis().filter(|time| *time >= 0).ok_or_else(unknown)?;
                let partition = u32::try_from(partition).map_err(|_| unknown())?;
                if offset < 0 {
                    return Err(unknown());
                }
                let taken_at = Time(time.saturating_mul(1000));
                Ok(Placed { partition: Partition(partition), offset: KafkaOffset(offset), taken_at })
            }
            Ok(Err((error, _))) => Err(self.failed(&error)),
            Err(_) => Err(self.failed(&KafkaError::Canceled)),
        }
    }

    /// What the producer cannot recover from, if it came to that.
    pub fn fatal(&self) -> Option<String> {
        self.producer.client().fatal_error().map(|(code, said)| format!("{code}: {said}"))
    }

    fn failed(&self, error: &KafkaError) -> Error {
        self.broker.failed("produce to", error, &self.complaints)
    }

    /// Waits for what is on its way when the process ends.
    pub fn flush(&self, most: Duration) {
        let _ = self.producer.flush(most);
    }
}
