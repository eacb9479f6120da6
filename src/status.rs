//! How far ingest has come, from the tables, the broker and the nodes: for people, as JSON, as Prometheus metrics.
//! Cost: one scan of a few columns of `raw_log`, one question a partition, two a chain.

use crate::settings::Settings;
use anyhow::Result;
use ingest::chain::Nodes;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;
use warehouse::Slice;
use warehouse::tables::raw_log::RecordKind;
use warehouse::tables::{RawChainEvent, RawLog};
use warehouse::types::{KafkaOffset, Partition, Time, Topic};

/// Of the records that were stored last, so many are looked at for the share of quarantined ones.
const SHARE_OF: usize = 1_000;

/// One partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionStatus {
    topic: Topic,
    partition: Partition,
    /// First offset that is not stored.
    due: i64,
    /// The broker's next offset, where there is a broker.
    end: Option<i64>,
    /// When the log took in the last stored record.
    newest: Option<Time>,
    /// Quarantined among the last stored records, and how many these are.
    quarantined: (usize, usize),
}

/// How far ingest has come.
#[derive(Clone, Debug)]
pub struct Status {
    at: Time,
    partitions: Vec<PartitionStatus>,
    /// The last block that is stored.
    stored_block: Option<u64>,
    /// The chain's last final block and its last block, where a node answers.
    final_block: Option<u64>,
    last_block: Option<u64>,
    /// Who did not answer.
    silent: Vec<String>,
}

/// Asks the tables, the broker and the nodes.
pub async fn collect(settings: &Settings) -> Result<Status> {
    let (warehouse, network) = (settings.warehouse()?, settings.ingest_network());
    let mut log: Vec<RawLog> = warehouse.read(Slice::All).await?;
    log.sort_by_key(|row| (row.topic, row.partition, row.offset));
    let events: Vec<RawChainEvent> = warehouse.read(Slice::All).await?;
    let mut silent = Vec::new();
    let broker = settings.broker().ok();
    let mut stored: BTreeMap<(Topic, Partition), Vec<&RawLog>> = BTreeMap::new();
    log.iter().for_each(|row| stored.entry((row.topic, row.partition)).or_default().push(row));
    let mut partitions = Vec::new();
    for topic in Topic::ALL {
        for partition in (0..network.partitions(topic)).map(Partition) {
            let rows = stored.remove(&(topic, partition)).unwrap_or_default();
            let last = &rows[rows.len().saturating_sub(SHARE_OF)..];
            let quarantined = last.iter().filter(|row| row.kind == RecordKind::Quarantined).count();
            let end = broker.as_ref().filter(|_| silent.is_empty()).and_then(|broker| {
                let bounds = tokio::task::block_in_place(|| broker.bounds(topic, partition));
                bounds.map_err(|error| silent.push(error.to_string())).ok().map(|(_, KafkaOffset(end))| end)
            });
            partitions.push(PartitionStatus {
                topic,
                partition,
                due: rows.last().map_or(0, |row| row.offset.0 + 1),
                end,
                newest: rows.iter().map(|row| row.taken_at).max(),
                quarantined: (quarantined, last.len()),
            });
        }
    }
    let (mut final_block, mut last_block) = (None, None);
    if !settings.chain.rpc.is_empty() {
        let nodes = Nodes::at(&settings.chain.rpc);
        for (tag, found) in [("finalized", &mut final_block), ("latest", &mut last_block)] {
            match nodes.head(tag).await {
                Ok((number, _)) => *found = Some(number),
                Err(error) => silent.push(error.to_string()),
            }
        }
    }
    Ok(Status {
        at: Time(chrono::Utc::now().timestamp_micros()),
        partitions,
        stored_block: events.iter().map(|event| event.block_number).max(),
        final_block,
        last_block,
        silent,
    })
}

impl PartitionStatus {
    fn lag(&self) -> Option<i64> {
        self.end.map(|end| (end - self.due).max(0))
    }

    fn age_s(&self, at: Time) -> Option<i64> {
        self.newest.map(|newest| ((at.0 - newest.0) / 1_000_000).max(0))
    }
}

impl Status {
    /// The status as JSON.
    pub fn to_json(&self) -> Value {
        let partitions: Vec<Value> = self
            .partitions
            .iter()
            .map(|row| {
                json!({
                    "topic": row.topic.name(),
                    "partition": row.partition.0,
                    "due_offset": row.due,
                    "end_offset": row.end,
                    "lag": row.lag(),
                    "newest_age_s": row.age_s(self.at),
                    "quarantined": row.quarantined.0,
                    "quarantined_of": row.quarantined.1,
                })
            })
            .collect();
        json!({
            "partitions": partitions,
            "stored_block": self.stored_block,
            "final_block": self.final_block,
            "last_block": self.last_block,
            "silent": self.silent,
        })
    }

    /// The status for people.
    pub fn to_text(&self) -> String {
        let or_dash = |value: Option<String>| value.unwrap_or_else(|| "-".into());
        let mut text = format!(
            "{:<32}{:>10}{:>10}{:>8}{:>14}{:>16}\n",
            "partition", "stored", "end", "lag", "newest", "quarantined"
        );
        for row in &self.partitions {
            let place = format!("{}/{}", row.topic, row.partition);
            let age = or_dash(row.age_s(self.at).map(|age| format!("{age} s ago")));
            let (end, lag) =
                (or_dash(row.end.map(|end| end.to_string())), or_dash(row.lag().map(|lag| lag.to_string())));
            let share = format!("{} of {}", row.quarantined.0, row.quarantined.1);
            let _ = writeln!(text, "{place:<32}{:>10}{end:>10}{lag:>8}{age:>14}{share:>16}", row.due);
        }
        let number = |value: Option<u64>| or_dash(value.map(|number| number.to_string()));
        let (stored, last) = (number(self.stored_block), number(self.last_block));
        let _ = writeln!(text, "blocks: stored {stored}, final {}, last {last}", number(self.final_block));
        self.silent.iter().for_each(|silent| {
            let _ = writeln!(text, "no answer: {silent}");
        });
        text
    }

    /// The status in Prometheus' text format.
    pub fn to_metrics(&self) -> String {
        let mut text = String::new();
        type Reading<'a> = &'a dyn Fn(&PartitionStatus) -> Option<i64>;
        let readings: [(&str, &str, Reading); 5] = [
            ("due_offset", "First offset that is not stored.", &|row| Some(row.due)),
            ("end_offset", "Next offset of the broker.", &|row| row.end),
            ("lag_records", "Records of the broker that are not stored.", &PartitionStatus::lag),
            ("newest_age_seconds", "Age of the newest stored record.", &|row| row.age_s(self.at)),
            ("quarantined_records", "Quarantined among the last thousand.", &|row| {
                i64::try_from(row.quarantined.0).ok()
            }),
        ];
        for (name, help, reading) in readings {
            let _ = writeln!(text, "# HELP openbooks_ingest_{name} {help}\n# TYPE openbooks_ingest_{name} gauge");
            for row in &self.partitions {
                if let Some(value) = reading(row) {
                    let (topic, partition) = (row.topic, row.partition);
                    let _ = writeln!(
                        text,
                        "openbooks_ingest_{name}{{topic=\"{topic}\",partition=\"{partition}\"}} {value}"
                    );
                }
            }
        }
        for (name, help, value) in [
            ("stored_block", "Last block with an event that is stored.", self.stored_block),
            ("final_block", "Last final block of the chain.", self.final_block),
            ("last_block", "Last block of the chain.", self.last_block),
        ] {
            if let Some(value) = value {
                let _ = writeln!(
                    text,
                    "# HELP openbooks_chain_{name} {help}\n# TYPE openbooks_chain_{name} gauge\nopenbooks_chain_{name} {value}"
                );
            }
        }
        text
    }
}
