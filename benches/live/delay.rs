//! The delay from a produced batch to its visible row, at a sink that stores every second.

use super::{Line, live};
use ingest::kafka::Producer;
use live::{Live, PARTITIONS, Produced, kill};
use std::collections::VecDeque;
use std::time::{Duration, Instant};
use warehouse::types::{KafkaOffset, Partition, Topic};

const BATCHES: u64 = 600;
const EVERY: Duration = Duration::from_millis(50);

/// The value below which `percent` of a hundred lie.
pub(crate) fn percentile(values: &mut [f64], percent: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    values[(values.len() - 1) * percent / 100]
}

pub(crate) async fn run() -> Vec<Line> {
    let Some(live) = Live::open("") else { return Vec::new() };
    let producer = Producer::new(&live.kafka.broker()).expect("a producer");
    let sink = live.sink();
    let mut produced = Produced::default();
    // The first one shows that the sink is up.
    let warm = produced.batch(&producer, PARTITIONS.into(), 20, 1_024).await;
    let warehouse = live.warehouse();
    let due = async |partition: Partition| {
        ingest::due_of(&warehouse, Topic::Receipts, partition).await.unwrap_or(KafkaOffset(0))
    };
    while due(warm.partition).await <= warm.offset {
        tokio::time::sleep(EVERY).await;
    }
    let (mut waiting, mut delays) = (VecDeque::new(), Vec::new());
    let mut number = u64::from(PARTITIONS);
    while delays.len() < usize::try_from(BATCHES).expect("few") {
        let turn = Instant::now();
        if number < u64::from(PARTITIONS) + BATCHES {
            number += 1;
            let began = Instant::now();
            waiting.push_back((began, produced.batch(&producer, number, 20, 1_024).await));
        }
        let mut dues = Vec::new();
        for partition in 0..PARTITIONS {
            dues.push(due(Partition(partition)).await);
        }
        let now = Instant::now();
        waiting.retain(|(began, placed)| {
            let visible = dues[placed.partition.0 as usize] > placed.offset;
            delays.extend(visible.then(|| (now - *began).as_secs_f64()));
            !visible
        });
        tokio::time::sleep(EVERY.saturating_sub(turn.elapsed())).await;
    }
    kill(sink);
    live.drain();
    live.holds_exactly(&produced).await;
    let line = |work: &str, percent: usize, delays: &mut [f64]| Line {
        work: work.into(),
        ours: percentile(delays, percent),
        peer: "",
        theirs: None,
        unit: "s",
        aim: None,
    };
    vec![
        line("produce to visible row, p50, stored every second", 50, &mut delays),
        line("produce to visible row, p99, stored every second", 99, &mut delays),
    ]
}
