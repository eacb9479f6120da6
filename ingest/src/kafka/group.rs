//! Partitions as a group gives and takes them: their next offsets are read from the tables, never from the group.

use super::{Complaints, number};
use crate::error::Error;
use crate::sink::due_of;
use rdkafka::client::ClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext, RebalanceProtocol};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use rdkafka::types::RDKafkaRespErr;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use tokio::runtime::Handle;
use warehouse::Warehouse;
use warehouse::types::{Partition, Topic};

/// A partition of a topic.
pub(super) type Place = (Topic, Partition);

/// Partitions that came or went, as the group decided, and what failed meanwhile.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub(super) moved: BTreeSet<Place>,
    pub(super) failed: Option<Error>,
}

/// What happens when the group moves partitions: their next offsets are read from the tables.
pub(super) struct Follower {
    pub(super) warehouse: Warehouse,
    pub(super) handle: Handle,
    pub(super) changes: Arc<Mutex<Changes>>,
    pub(super) complaints: Complaints,
}

impl ClientContext for Follower {
    fn error(&self, error: KafkaError, reason: &str) {
        self.complaints.error(error, reason);
    }
}

impl Follower {
    fn change(&self, change: impl FnOnce(&mut Changes)) {
        if let Ok(mut changes) = self.changes.lock() {
            change(&mut changes);
        }
    }

    fn positioned(&self, list: &TopicPartitionList) -> Result<TopicPartitionList, Error> {
        let places: Vec<Place> = places(list).collect();
        self.handle.block_on(positions(&self.warehouse, &places))
    }
}

impl ConsumerContext for Follower {
    fn rebalance(&self, consumer: &BaseConsumer<Self>, err: RDKafkaRespErr, list: &mut TopicPartitionList) {
        let moved: Vec<Place> = places(list).collect();
        self.change(|changes| changes.moved.extend(moved));
        let cooperative = matches!(consumer.rebalance_protocol(), RebalanceProtocol::Cooperative);
        let done: KafkaResult<()> = if err == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
            match self.positioned(list) {
                Ok(list) if cooperative => consumer.incremental_assign(&list),
                Ok(list) => consumer.assign(&list),
                Err(error) => {
                    self.change(|changes| changes.failed = Some(error));
                    consumer.unassign()
                }
            }
        } else if cooperative && !consumer.assignment_lost() {
            consumer.incremental_unassign(list)
        } else {
            consumer.unassign()
        };
        if let Err(error) = done {
            let failed = Error::Broker {
                step: "take partitions of",
                place: "the group".into(),
                wrong: error.to_string(),
                retryable: true,
            };
            self.change(|changes| changes.failed = Some(failed));
        }
    }
}

pub(super) fn places(list: &TopicPartitionList) -> impl Iterator<Item = Place> {
    let elements: Vec<Place> = list
        .elements()
        .iter()
        .filter_map(|element| {
            Some((Topic::parse(element.topic())?, Partition(u32::try_from(element.partition()).ok()?)))
        })
        .collect();
    elements.into_iter()
}

/// Where to go on in each partition: at the first offset that the tables do not hold.
pub(super) async fn positions(warehouse: &Warehouse, places: &[Place]) -> Result<TopicPartitionList, Error> {
    let mut list = TopicPartitionList::new();
    for (topic, partition) in places {
        let due = due_of(warehouse, *topic, *partition).await?;
        // The offset of an offset list is any that is not negative.
        let _ = list.add_partition_offset(topic.name(), number(*partition), Offset::Offset(due.0));
    }
    Ok(list)
}

/// What librdkafka mends by itself.
pub(super) fn is_passing(error: &KafkaError) -> bool {
    use rdkafka::error::RDKafkaErrorCode as Code;
    matches!(
        error.rdkafka_error_code(),
        Some(
            Code::AllBrokersDown
                | Code::BrokerTransportFailure
                | Code::OperationTimedOut
                | Code::RequestTimedOut
                | Code::Resolve
                | Code::NotLeaderForPartition
                | Code::LeaderNotAvailable
                | Code::UnknownTopicOrPartition
                | Code::RebalanceInProgress
                | Code::IllegalGeneration
                | Code::UnknownMemberId
                | Code::NotCoordinator
                | Code::CoordinatorNotAvailable
                | Code::CoordinatorLoadInProgress
        )
    )
}
