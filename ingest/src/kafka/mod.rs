//! A Kafka broker as source and destination of records. Settings of librdkafka pass through as they are.

mod group;
mod live;
mod poison;
mod produce;
mod tail;
mod topics;

pub use live::{Ended, Live, LiveBounds, Stop};
pub use poison::PoisonBound;
pub use produce::{Placed, Producer};
pub use tail::Tail;
pub use topics::{Advice, Found, TopicSpec, check, check_topic, create, spec_of};

use crate::error::Error;
use crate::source::Record;
use bytes::Bytes;
use rdkafka::ClientConfig;
use rdkafka::client::ClientContext;
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use warehouse::types::{KafkaOffset, Partition, Time, Topic};

/// Longest wait for one answer of the broker.
pub(crate) const ANSWER_MAX: Duration = Duration::from_secs(15);
/// Most events of a client that are looked through for a complaint.
const COMPLAINTS_MAX: usize = 20;

/// A cluster, by the settings of its clients.
#[derive(Clone, Debug, Default)]
pub struct Broker {
    /// Settings of librdkafka: `bootstrap.servers`, `security.protocol`, `sasl.mechanism` and so on.
    pub options: BTreeMap<String, String>,
}

/// Keeps the last thing that a client complained about: why a broker does not answer is told nowhere else.
#[derive(Clone, Debug, Default)]
pub(crate) struct Complaints(Arc<Mutex<Option<Complaint>>>);

#[derive(Clone, Debug)]
struct Complaint {
    reason: String,
    /// Whether trying again cannot help.
    permanent: bool,
}

/// What no later try mends by itself.
fn is_permanent(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(
            RDKafkaErrorCode::Authentication
                | RDKafkaErrorCode::SaslAuthenticationFailed
                | RDKafkaErrorCode::TopicAuthorizationFailed
                | RDKafkaErrorCode::GroupAuthorizationFailed
                | RDKafkaErrorCode::ClusterAuthorizationFailed
        )
    )
}

impl Complaints {
    fn last(&self) -> Option<Complaint> {
        self.0.lock().ok().and_then(|last| last.clone())
    }

    fn note(&self, error: &KafkaError, reason: &str) {
        if let Ok(mut last) = self.0.lock() {
            // "All brokers are down" follows what brought them down, and says less.
            let says_less = error.rdkafka_error_code() == Some(RDKafkaErrorCode::AllBrokersDown);
            if last.is_none() || !says_less {
                *last = Some(Complaint { reason: reason.to_owned(), permanent: is_permanent(error) });
            }
        }
    }
}

impl ClientContext for Complaints {
    fn error(&self, error: KafkaError, reason: &str) {
        self.note(&error, reason);
    }
}

impl Broker {
    /// Where it is, for errors.
    pub fn place(&self) -> &str {
        self.options.get("bootstrap.servers").map_or("(no bootstrap.servers)", String::as_str)
    }

    pub(crate) fn config(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        for (key, value) in &self.options {
            config.set(key, value);
        }
        config
    }

    pub(crate) fn client<C, T>(&self, config: &ClientConfig, context: C) -> Result<T, Error>
    where
        C: ClientContext,
        T: FromClientConfigAndContext<C>,
    {
        // librdkafka does not name a file that it cannot open.
        let files = self.options.iter().filter(|(name, _)| name.ends_with(".location"));
        for (name, path) in files.filter(|(_, path)| path.contains('/')) {
            if let Err(error) = std::fs::metadata(path) {
                return Err(Error::BrokerSettings { wrong: format!("{name}: {path}: {error}") });
            }
        }
        config.create_with_context(context).map_err(|error| Error::BrokerSettings { wrong: error.to_string() })
    }

    /// A consumer of no group, for questions.
    pub(crate) fn asker(&self) -> Result<(BaseConsumer<AskContext>, Complaints), Error> {
        let complaints = Complaints::default();
        let consumer = self.client(&self.config(), AskContext(complaints.clone()))?;
        Ok((consumer, complaints))
    }

    /// An error of a step, with what the client complained about.
    pub(crate) fn failed(&self, step: &'static str, error: &KafkaError, complaints: &Complaints) -> Error {
        let complaint = complaints.last();
        let permanent = is_permanent(error) || complaint.as_ref().is_some_and(|complaint| complaint.permanent);
        let said =
            complaint.map(|complaint| complaint.reason).filter(|said| !error.to_string().contains(said.as_str()));
        let detail = said.map_or_else(|| error.to_string(), |said| format!("{error} ({said})"));
        Error::Broker { step, place: self.place().into(), wrong: detail, retryable: !permanent }
    }

    /// What a question to a broker gave; why there was no answer, its client tells when it is polled.
    pub(crate) fn answered<T>(
        &self,
        step: &'static str,
        asker: &BaseConsumer<AskContext>,
        complaints: &Complaints,
        answer: KafkaResult<T>,
    ) -> Result<T, Error> {
        answer.map_err(|error| {
            for _ in 0..COMPLAINTS_MAX {
                let _ = asker.poll(Duration::from_millis(10));
            }
            self.failed(step, &error, complaints)
        })
    }

    /// First and next offset of a partition, as the broker holds it.
    ///
    /// # Errors
    /// When the broker does not answer.
    pub fn bounds(&self, topic: Topic, partition: Partition) -> Result<(KafkaOffset, KafkaOffset), Error> {
        let (asker, complaints) = self.asker()?;
        self.bounds_by(&asker, &complaints, topic, partition)
    }

    pub(crate) fn bounds_by(
        &self,
        asker: &BaseConsumer<AskContext>,
        complaints: &Complaints,
        topic: Topic,
        partition: Partition,
    ) -> Result<(KafkaOffset, KafkaOffset), Error> {
        let answer = asker.fetch_watermarks(topic.name(), number(partition), ANSWER_MAX);
        let (low, high) = self.answered("ask for offsets of", asker, complaints, answer)?;
        Ok((KafkaOffset(low), KafkaOffset(high)))
    }
}

/// Records that are read at once on the way back.
const BACKWARDS: i64 = 256;

/// Gives the records of a partition from its end backwards, until `seen` says that it has seen enough.
///
/// # Errors
/// When the broker does not answer.
pub fn last_records(
    broker: &Broker,
    topic: Topic,
    partition: Partition,
    mut seen: impl FnMut(&Record) -> bool,
) -> Result<(), Error> {
    let (low, high) = broker.bounds(topic, partition)?;
    let mut end = high;
    while end > low {
        let start = KafkaOffset(low.0.max(end.0 - BACKWARDS));
        let mut records = Vec::new();
        Reader::new(broker)?.read(topic, partition, start, end, |record| {
            records.push(record);
            Ok(())
        })?;
        if records.iter().rev().any(&mut seen) {
            break;
        }
        end = start;
    }
    Ok(())
}

/// Gives every record of a topic, from what the broker holds first to the end that it has now.
///
/// # Errors
/// When the broker does not answer, or `take` fails.
pub fn read_topic(
    broker: &Broker,
    topic: Topic,
    partitions: u32,
    mut take: impl FnMut(Record) -> Result<(), Error>,
) -> Result<(), Error> {
    let reader = Reader::new(broker)?;
    for partition in (0..partitions).map(Partition) {
        let (low, high) = broker.bounds(topic, partition)?;
        reader.read(topic, partition, low, high, &mut take)?;
    }
    Ok(())
}

/// A consumer of no group that reads ranges.
struct Reader<'a> {
    broker: &'a Broker,
    consumer: BaseConsumer<AskContext>,
    complaints: Complaints,
}

impl<'a> Reader<'a> {
    fn new(broker: &'a Broker) -> Result<Self, Error> {
        let complaints = Complaints::default();
        let mut config = broker.config();
        config.set("group.id", "openbooks-reader").set("enable.auto.commit", "false").set("auto.offset.reset", "error");
        let consumer = broker.client(&config, AskContext(complaints.clone()))?;
        Ok(Self { broker, consumer, complaints })
    }

    /// The records from an offset up to before another.
    fn read(
        &self,
        topic: Topic,
        partition: Partition,
        from: KafkaOffset,
        to: KafkaOffset,
        mut take: impl FnMut(Record) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let failed = |error: &KafkaError| self.broker.failed("read from", error, &self.complaints);
        let mut list = TopicPartitionList::new();
        let _ = list.add_partition_offset(topic.name(), number(partition), Offset::Offset(from.0));
        self.consumer.assign(&list).map_err(|error| failed(&error))?;
        let mut due = from;
        while due < to {
            match self.consumer.poll(ANSWER_MAX) {
                Some(Ok(message)) => {
                    if let Some(record) = record_of(&message).filter(|record| record.offset < to) {
                        due = KafkaOffset(record.offset.0 + 1);
                        take(record)?;
                    }
                }
                Some(Err(error)) => return Err(failed(&error)),
                None => return Err(failed(&KafkaError::ConsumerQueueClose(RDKafkaErrorCode::OperationTimedOut))),
            }
        }
        Ok(())
    }
}

/// The context of a consumer that only asks.
pub(crate) struct AskContext(Complaints);

impl ClientContext for AskContext {
    fn error(&self, error: KafkaError, reason: &str) {
        self.0.note(&error, reason);
    }
}

impl rdkafka::consumer::ConsumerContext for AskContext {}

/// A partition as librdkafka counts it.
pub(crate) fn number(partition: Partition) -> i32 {
    i32::try_from(partition.0).unwrap_or(i32::MAX)
}

/// The record that a message is; `None` when it is of no topic of ours.
pub(crate) fn record_of(message: &BorrowedMessage<'_>) -> Option<Record> {
    let bytes = |part: Option<&[u8]>| part.map(Bytes::copy_from_slice).unwrap_or_default();
    Some(Record {
        topic: Topic::parse(message.topic())?,
        partition: Partition(u32::try_from(message.partition()).ok()?),
        offset: KafkaOffset(message.offset()),
        taken_at: Time(message.timestamp().to_millis().unwrap_or(-1).saturating_mul(1000)),
        key: bytes(message.key()),
        value: bytes(message.payload()),
    })
}
