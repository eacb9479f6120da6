//! The gateway when every lane sends as fast as it is answered, beside a producer with the broker's credentials.

use super::delay::percentile;
use super::serving::world::{BATCHES, PROTOBUF, World};
use super::serving::{Node, address};
use super::{Line, live};
use crate::servers::http::Connection;
use bytes::Bytes;
use ingest::kafka::Producer;
use ingest::wire::receipts::v1::{Envelope, ReceiptRecord, receipt_record};
use live::kill;
use prost::Message;
use std::net::SocketAddr;
use std::time::Instant;
use warehouse::types::{Partition, Topic};

/// Lanes that send at the same time.
const LANES: u64 = 16;
/// Batches of each lane, and receipts in each.
const BATCHES_OF_A_LANE: u64 = 60;
const RECEIPTS: u64 = 20;

/// A lane's batches, sealed before anything is timed.
fn batches(mut node: Node) -> Vec<Envelope> {
    let mut sealed = Vec::new();
    for _ in 0..BATCHES_OF_A_LANE {
        let (mut content, evidence) = node.content(RECEIPTS);
        // One of each batch is paid, so that the deposits last; the others are judged all the same.
        let poor = Node { payer: "Kiosk on the Corner".into(), ..node.clone() };
        content.spends.push(poor.spend(10_000_000_000_000_000_000, &poor.payer));
        let payer = Bytes::copy_from_slice(address(&poor.payer).as_slice());
        content.receipts[1..].iter_mut().for_each(|receipt| receipt.payer = payer.clone());
        let envelope = node.seal(&content, evidence);
        node.goes_on(&envelope);
        sealed.push(envelope);
    }
    sealed
}

/// Posts a lane's batches; the seconds of each.
fn post(address: SocketAddr, batches: &[Envelope]) -> Vec<f64> {
    let mut connection = Connection::open(address).expect("the gateway");
    let sent = batches.iter().map(|envelope| {
        let began = Instant::now();
        let answer = connection.ask("POST", BATCHES, PROTOBUF, &envelope.encode_to_vec()).expect("an answer");
        assert_eq!(answer.status, 202, "{}", String::from_utf8_lossy(&answer.body));
        began.elapsed().as_secs_f64()
    });
    sent.collect()
}

pub(crate) async fn run() -> Vec<Line> {
    let Some(mut world) = World::open() else { return Vec::new() };
    kill(world.gateway.take().expect("it runs"));
    world.start(&["--batches-per-second", "1000000", "--requests-per-second", "1000000"]);
    let lanes: Vec<Vec<Envelope>> = (0..LANES)
        .map(|lane| {
            let (operator, payer) = [
                ("Pine Serving", "Museum of Ledgers"),
                ("Cedar Serving", "Clinic Sundarbans"),
                ("Larch Serving", "Clinic Sundarbans"),
            ][usize::try_from(lane % 3).expect("few")];
            batches(world.node(operator, payer, 1_000 + lane))
        })
        .collect();
    let count = (LANES * BATCHES_OF_A_LANE) as f64;
    let address = world.address;
    let began = Instant::now();
    let tasks: Vec<_> =
        lanes.iter().cloned().map(|lane| tokio::task::spawn_blocking(move || post(address, &lane))).collect();
    let mut delays = Vec::new();
    for task in tasks {
        delays.extend(task.await.expect("a lane"));
    }
    let ours = count / began.elapsed().as_secs_f64();

    // The same records, each waited for, by as many producers' tasks; nothing is checked there.
    let producer = std::sync::Arc::new(Producer::new(&world.kafka.broker()).expect("a producer"));
    let began = Instant::now();
    let tasks: Vec<_> = lanes
        .into_iter()
        .map(|lane| {
            let producer = std::sync::Arc::clone(&producer);
            tokio::spawn(async move {
                for envelope in lane {
                    let record = ReceiptRecord { body: Some(receipt_record::Body::Batch(envelope)) };
                    let placed = producer.place(Topic::Receipts, Partition(0), b"", &record.encode_to_vec()).await;
                    placed.expect("produced");
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("a lane");
    }
    let theirs = count / began.elapsed().as_secs_f64();
    let peer = "a producer that checks nothing and signs nothing";
    let delay = |work: &str, percent: usize, delays: &mut [f64]| Line {
        work: work.into(),
        ours: 1_000.0 * percentile(delays, percent),
        peer: "",
        theirs: None,
        unit: "ms",
        aim: None,
    };
    vec![
        Line {
            work: format!("gateway, {LANES} lanes, {RECEIPTS} receipts a batch"),
            ours,
            peer,
            theirs: Some(theirs),
            unit: "batches/s",
            aim: None,
        },
        delay("gateway, a batch, p50", 50, &mut delays),
        delay("gateway, a batch, p99", 99, &mut delays),
    ]
}
