//! The two topics as they must be: made once, checked at every start.

use super::{ANSWER_MAX, Broker, Complaints, number};
use crate::error::Error;
use crate::network::Network;
use crate::sink::due_of;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::consumer::Consumer;
use rdkafka::error::RDKafkaErrorCode;
use std::collections::{BTreeMap, HashMap};
use warehouse::table::Table;
use warehouse::tables::{RawLog, TopicSource};
use warehouse::types::{Attempt, KafkaOffset, Partition, Topic};
use warehouse::{OffsetRange, Slice, Txn, Warehouse};

/// Most bytes of a message: a record's, and room for what Kafka adds.
pub(super) const MESSAGE_BYTES_MAX: usize = crate::RECORD_BYTES_MAX + (64 << 10);

/// How a topic must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicSpec {
    /// Its partitions; they never change.
    pub partitions: u32,
    /// What must be exactly so: a compacted topic loses records, another time is another epoch.
    pub required: BTreeMap<&'static str, String>,
    /// What it is made with, and may be changed.
    pub advised: BTreeMap<&'static str, String>,
}

/// How a topic of the network must be.
pub fn spec_of(network: &Network, topic: Topic) -> TopicSpec {
    let time = match topic {
        Topic::Receipts => "LogAppendTime",
        Topic::ChainEvents => "CreateTime",
    };
    let required = [("cleanup.policy", "delete".to_owned()), ("message.timestamp.type", time.to_owned())];
    let advised = [
        ("retention.ms", "-1".to_owned()),
        ("retention.bytes", "-1".to_owned()),
        ("compression.type", "producer".to_owned()),
        ("max.message.bytes", MESSAGE_BYTES_MAX.to_string()),
        // The recorded times of chain events are those of blocks, however old.
        ("message.timestamp.before.max.ms", i64::MAX.to_string()),
    ];
    TopicSpec {
        partitions: network.partitions(topic),
        required: required.into_iter().collect(),
        advised: advised.into_iter().collect(),
    }
}

/// What making a topic found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// It was made.
    Made,
    /// It was there.
    There,
}

/// A setting that differs from what is advised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// The setting.
    pub name: &'static str,
    /// As it is.
    pub found: String,
    /// As it is advised.
    pub advised: String,
}

impl Broker {
    fn admin(&self) -> Result<(AdminClient<Complaints>, Complaints), Error> {
        let complaints = Complaints::default();
        Ok((self.client(&self.config(), complaints.clone())?, complaints))
    }

    fn partitions(&self, topic: Topic) -> Result<Option<usize>, Error> {
        let (asker, complaints) = self.asker()?;
        let answer = asker.fetch_metadata(Some(topic.name()), ANSWER_MAX);
        let metadata = self.answered("ask for the topics of", &asker, &complaints, answer)?;
        let found = metadata.topics().iter().find(|found| found.name() == topic.name());
        Ok(found.filter(|found| found.error().is_none()).map(|found| found.partitions().len()))
    }

    fn cluster(&self) -> Result<String, Error> {
        let (asker, _) = self.asker()?;
        // Asking for metadata first lets a broker that does not answer be told as such.
        self.partitions(Topic::Receipts)?;
        asker.client().fetch_cluster_id(ANSWER_MAX).ok_or_else(|| self.later("ask for the id of", "it gives none"))
    }

    fn later(&self, step: &'static str, wrong: &str) -> Error {
        Error::Broker { step, place: self.place().into(), wrong: wrong.into(), retryable: true }
    }

    async fn settings_of(&self, topic: Topic) -> Result<HashMap<String, String>, Error> {
        let (admin, complaints) = self.admin()?;
        let failed = |error| self.failed("ask for the settings of a topic of", &error, &complaints);
        let options = AdminOptions::new().request_timeout(Some(ANSWER_MAX));
        let asked = [ResourceSpecifier::Topic(topic.name())];
        let answers = admin.describe_configs(&asked, &options).await.map_err(failed)?;
        let mut settings = HashMap::new();
        for answer in answers {
            let resource = answer.map_err(|code| failed(rdkafka::error::KafkaError::AdminOp(code)))?;
            settings.extend(resource.entries.into_iter().filter_map(|entry| Some((entry.name, entry.value?))));
        }
        Ok(settings)
    }
}

/// Makes a topic where it is missing, then checks it.
///
/// # Errors
/// As [`check_topic`], or when the broker refuses to make it.
pub async fn create(broker: &Broker, network: &Network, topic: Topic) -> Result<(Found, Vec<Advice>), Error> {
    let spec = spec_of(network, topic);
    let mut found = Found::There;
    if broker.partitions(topic)?.is_none() {
        let (admin, complaints) = broker.admin()?;
        let partitions = number(Partition(spec.partitions));
        let new = NewTopic::new(topic.name(), partitions, TopicReplication::Fixed(-1));
        let new =
            spec.required.iter().chain(&spec.advised).fold(new, |new, (name, value)| new.set(name, value.as_str()));
        let options = AdminOptions::new().request_timeout(Some(ANSWER_MAX)).operation_timeout(Some(ANSWER_MAX));
        let failed = |error| broker.failed("make a topic at", &error, &complaints);
        for made in admin.create_topics(&[new], &options).await.map_err(failed)? {
            match made {
                Ok(_) => found = Found::Made,
                Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
                Err((_, code)) => return Err(failed(rdkafka::error::KafkaError::AdminOp(code))),
            }
        }
    }
    Ok((found, check_topic(broker, network, topic).await?))
}

/// A topic as it must be; what differs from what is advised.
///
/// # Errors
/// [`Error::NoTopic`] when it is missing, [`Error::Topic`] with both values when it is another one.
pub async fn check_topic(broker: &Broker, network: &Network, topic: Topic) -> Result<Vec<Advice>, Error> {
    let spec = spec_of(network, topic);
    let Some(partitions) = broker.partitions(topic)? else {
        return Err(Error::NoTopic { topic, place: broker.place().into() });
    };
    let wrong = |wrong: String| Error::Topic { topic, wrong };
    if partitions as u64 != u64::from(spec.partitions) {
        return Err(wrong(format!("it has {partitions} partitions, the network {}", spec.partitions)));
    }
    let settings = broker.settings_of(topic).await?;
    let value = |name: &str| settings.get(name).cloned().unwrap_or_default();
    for (name, required) in &spec.required {
        let found = value(name);
        if found != *required {
            return Err(wrong(format!("its {name} is {found:?}, it must be {required:?}")));
        }
    }
    let differs = spec.advised.into_iter().map(|(name, advised)| Advice { name, found: value(name), advised });
    Ok(differs.filter(|advice| advice.found != advice.advised).collect())
}

/// Everything that must hold before a record is taken in: the topics are as they must be, the cluster is the one of
/// which the tables tell, and the broker holds the next offset of every partition.
///
/// # Errors
/// As [`check_topic`]; [`Error::Topic`] with the stored and the seen value when the log is another one.
pub async fn check(broker: &Broker, network: &Network, warehouse: &Warehouse) -> Result<(), Error> {
    let table = |source| Error::Table { step: "read", table: "topic_sources", source: Box::new(source) };
    let cluster = broker.cluster()?;
    let known: Vec<TopicSource> = warehouse.read(Slice::All).await.map_err(table)?;
    for topic in Topic::ALL {
        check_topic(broker, network, topic).await?;
        let seen = TopicSource { topic, cluster: cluster.clone(), partitions: network.partitions(topic) };
        if !is_known(&known, &seen)? {
            let txn = Txn { app: topic.name().into(), expected: None, version: 1 };
            match warehouse.append(std::slice::from_ref(&seen), Attempt(1), &[txn], HashMap::new()).await {
                Ok(_) => {}
                // Another sink began at the same time: at the same cluster?
                Err(warehouse::Error::Moved { .. }) => {
                    let known: Vec<TopicSource> = warehouse.read(Slice::All).await.map_err(table)?;
                    is_known(&known, &seen)?;
                }
                Err(source) => return Err(table(source)),
            }
        }
        check_offsets(broker, network, warehouse, topic).await?;
    }
    Ok(())
}

/// Whether the tables know where the topic is read from; then it is there.
fn is_known(known: &[TopicSource], seen: &TopicSource) -> Result<bool, Error> {
    match known.iter().find(|known| known.topic == seen.topic) {
        None => Ok(false),
        Some(known) if known == seen => Ok(true),
        Some(known) => {
            let wrong = format!(
                "the tables are of cluster {:?} with {} partitions, this is {:?} with {}",
                known.cluster, known.partitions, seen.cluster, seen.partitions
            );
            Err(Error::Topic { topic: seen.topic, wrong })
        }
    }
}

async fn check_offsets(broker: &Broker, network: &Network, warehouse: &Warehouse, topic: Topic) -> Result<(), Error> {
    for partition in (0..network.partitions(topic)).map(Partition) {
        let due = due_of(warehouse, topic, partition).await?;
        let (low, high) = broker.bounds(topic, partition)?;
        if (low..=high).contains(&due) {
            check_last(broker, network, warehouse, (topic, partition), low, due).await?;
            continue;
        }
        let held = |KafkaOffset(low): KafkaOffset, KafkaOffset(high): KafkaOffset| format!("{low} to {}", high - 1);
        let why = if due > high { "it was made again" } else { "retention ate what was not read" };
        let wrong = format!(
            "partition {partition} is stored up to before offset {due}, the broker holds {}: {why}",
            held(low, high)
        );
        return Err(Error::Topic { topic, wrong });
    }
    Ok(())
}

/// The last stored record is still the one that the broker holds: a topic that was made again may be as long.
async fn check_last(
    broker: &Broker,
    network: &Network,
    warehouse: &Warehouse,
    (topic, partition): (Topic, Partition),
    low: KafkaOffset,
    due: KafkaOffset,
) -> Result<(), Error> {
    let last = KafkaOffset(due.0 - 1);
    if due <= low {
        return Ok(());
    }
    let range = OffsetRange { topic, partition, from: last, to: last };
    let stored: Vec<RawLog> = warehouse
        .read_ranges(&[range], |row: &RawLog| (row.topic, row.partition, row.offset))
        .await
        .map_err(|source| Error::Table { step: "read", table: RawLog::DEF.name, source: Box::new(source) })?;
    let mut held = Vec::new();
    super::Reader::new(broker)?.read(topic, partition, last, due, |record| {
        held.extend(crate::check::check(network, &record).log);
        Ok(())
    })?;
    let hash = |rows: &[RawLog]| rows.first().map(|row| row.content_hash).unwrap_or_default();
    if hash(&stored) == hash(&held) {
        return Ok(());
    }
    let wrong = format!(
        "partition {partition}: the record at offset {last} is stored as {}, the broker holds {}: it was made again",
        hash(&stored),
        hash(&held)
    );
    Err(Error::Topic { topic, wrong })
}
