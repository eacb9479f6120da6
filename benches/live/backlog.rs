//! A backlog of two gigabytes: receipts with sketches of 3 KB, drained by one sink.

use super::process::{cpu_s, watch};
use super::{Line, live};
use ingest::kafka::Producer;
use live::{Live, PARTITIONS, Produced};
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Message;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use std::process::Stdio;
use std::time::{Duration, Instant};
use warehouse::types::Topic;

/// Sketches of one receipt, and their length: 3 KB.
const SKETCH: usize = 3 * 1024;
/// Receipts in a batch.
const RECEIPTS: u32 = 100;

/// Gigabytes are asked for in megabytes: a quick look needs fewer.
fn backlog_mb() -> u64 {
    std::env::var("OPENBOOKS_BACKLOG_MB").ok().and_then(|text| text.parse().ok()).unwrap_or(2_000)
}

/// librdkafka reads everything and drops it: bytes, seconds, seconds of CPU.
fn peer(live: &Live) -> (usize, f64, f64) {
    let mut config = ClientConfig::new();
    live.kafka.broker().options.iter().for_each(|(name, value)| {
        config.set(name, value);
    });
    config.set("group.id", "bench").set("enable.auto.commit", "false").set("check.crcs", "true");
    let consumer: BaseConsumer = config.create().expect("a consumer");
    let mut list = TopicPartitionList::new();
    let mut left = 0;
    for partition in 0..i32::try_from(PARTITIONS).expect("few") {
        let (low, high) =
            consumer.fetch_watermarks(Topic::Receipts.name(), partition, Duration::from_secs(10)).expect("ends");
        left += high - low;
        list.add_partition_offset(Topic::Receipts.name(), partition, Offset::Beginning).expect("an offset");
    }
    let (began, cpu) = (Instant::now(), cpu_s(std::process::id()).unwrap_or_default());
    consumer.assign(&list).expect("partitions");
    let mut bytes = 0;
    while left > 0 {
        if let Some(message) = consumer.poll(Duration::from_secs(10)) {
            bytes += message.expect("a record").payload().map_or(0, <[u8]>::len);
            left -= 1;
        }
    }
    (bytes, began.elapsed().as_secs_f64(), cpu_s(std::process::id()).unwrap_or_default() - cpu)
}

pub(crate) async fn run() -> Vec<Line> {
    let Some(live) = Live::open("") else { return Vec::new() };
    let batches = backlog_mb() * 1_000_000 / (u64::from(RECEIPTS) * (SKETCH as u64 + 220));
    let mut producer = Producer::new(&live.kafka.broker()).expect("a producer");
    let mut produced = Produced::default();
    for number in 1..=batches {
        produced.put(&mut producer, number, RECEIPTS, SKETCH).await;
    }
    producer.settle().await.expect("produced");
    let (bytes, read_s, read_cpu_s) = peer(&live);
    let mut command = live.command(&["ingest", "sink", "--once"]);
    let went = watch(command.stdout(Stdio::null()).spawn().expect("a sink"));
    live.holds_exactly(&produced).await;
    let megabytes = bytes as f64 / 1e6;
    let receipts = produced.receipts.len() as f64;
    let half = went.resident_mb.len() / 2;
    let most = |of: &[f64]| of.iter().copied().fold(0.0, f64::max);
    let (first, second) = (most(&went.resident_mb[..half]), most(&went.resident_mb[half..]));
    let (wall, cpu) = (went.wall_s, went.cpu_s);
    let peer = "librdkafka reads the same and drops it";
    let work = format!("{megabytes:.0} MB of receipts from the broker into tables");
    vec![
        Line { work, ours: megabytes / wall, peer, theirs: Some(megabytes / read_s), unit: "MB/s", aim: None },
        Line {
            work: "the same, a second of CPU".into(),
            ours: megabytes / cpu,
            peer,
            theirs: Some(megabytes / read_cpu_s),
            unit: "MB/CPU s",
            aim: Some(0.8),
        },
        Line {
            work: "the same, rows of receipts".into(),
            ours: receipts / wall,
            peer: "",
            theirs: None,
            unit: "rows/s",
            aim: None,
        },
        Line {
            work: "most memory in its first half".into(),
            ours: first,
            peer: "",
            theirs: None,
            unit: "MB",
            aim: Some(600.0),
        },
        Line {
            work: "most memory in its second half".into(),
            ours: second,
            peer: "",
            theirs: None,
            unit: "MB",
            aim: Some(600.0),
        },
    ]
}
