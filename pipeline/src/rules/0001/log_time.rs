//! The log time of records: a broker's clock may step back, log time never does.

use std::collections::BTreeMap;
use warehouse::tables::RawLog;
use warehouse::types::{KafkaOffset, Partition, Time, Topic};

/// Log time of each record of an epoch's ranges: the maximum of its own time and its predecessors' in its
/// partition's range, at most the epoch's end.
pub fn log_times(records: &[RawLog], ends_at: Time) -> BTreeMap<(Topic, Partition, KafkaOffset), Time> {
    let own: BTreeMap<_, _> =
        records.iter().map(|record| ((record.topic, record.partition, record.offset), record.taken_at)).collect();
    let mut latest: BTreeMap<(Topic, Partition), Time> = BTreeMap::new();
    own.into_iter()
        .map(|((topic, partition, offset), taken_at)| {
            let latest = latest.entry((topic, partition)).or_insert(taken_at);
            *latest = taken_at.max(*latest);
            ((topic, partition, offset), (*latest).min(ends_at))
        })
        .collect()
}
