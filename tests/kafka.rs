//! The sink at a real broker (faults 1 to 7): whatever is killed, whoever joins and leaves, each record is stored once.

mod demo;
mod live;
mod servers;

use demo::{copy_folder, json_on, on, stderr, unsettled};
use ingest::kafka::Producer;
use live::{Live, Produced, kill, records, stop};
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use serde_json::json;
use servers::free_address;
use servers::kafka::Kafka;
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use warehouse::Slice;
use warehouse::tables::RawLog;
use warehouse::types::{Epoch, KafkaOffset, Partition, Topic};

/// How much the kill loop does: batches, receipts in each, kills. `make soak` asks for more.
fn load() -> (u64, u32, u64) {
    if std::env::var_os("OPENBOOKS_SOAK").is_some() { (2_000, 100, 40) } else { (300, 20, 10) }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_doubled_when_broker_and_sink_are_killed() {
    let Some(mut live) = Live::open("") else { return };
    let (batches, receipts, kills) = load();
    let broker = live.kafka.broker();
    let producing = tokio::spawn(async move {
        let producer = Producer::new(&broker).unwrap();
        let mut produced = Produced::default();
        for number in 1..=batches {
            produced.batch(&producer, number, receipts, 64).await;
        }
        produced
    });
    let mut sink = live.sink();
    for turn in 0..kills {
        // Spread by a fixed walk.
        tokio::time::sleep(Duration::from_millis(300 + turn * 377 % 1_100)).await;
        if turn % 3 == 2 {
            live.kafka.restart();
        } else {
            kill(sink);
            sink = live.sink();
        }
    }
    let produced = producing.await.unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    kill(sink);
    live.drain();
    live.holds_exactly(&produced).await;
    println!("{kills} kills over {} receipts: nothing lost, nothing twice", produced.receipts.len());
}

async fn sinks_join_and_leave(assignor: &str) {
    let Some(live) = Live::open(&format!("\"partition.assignment.strategy\" = \"{assignor}\"\n")) else { return };
    let broker = live.kafka.broker();
    let producing = tokio::spawn(async move {
        let producer = Producer::new(&broker).unwrap();
        let mut produced = Produced::default();
        for number in 1..=250 {
            produced.batch(&producer, number, 10, 64).await;
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
        produced
    });
    let mut sinks = vec![live.sink(), live.sink(), live.sink(), live.sink()];
    for turn in 0..8 {
        tokio::time::sleep(Duration::from_millis(1_300)).await;
        let leaving = sinks.remove(0);
        if turn % 2 == 0 {
            kill(leaving);
        } else {
            assert_eq!(stop(leaving), Some(0), "a sink that is asked to end stores what it holds");
        }
        sinks.push(live.sink());
    }
    let produced = producing.await.unwrap();
    tokio::time::sleep(Duration::from_secs(3)).await;
    sinks.into_iter().for_each(kill);
    live.drain();
    live.holds_exactly(&produced).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn four_sinks_join_and_leave_with_the_eager_assignor() {
    sinks_join_and_leave("range").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn four_sinks_join_and_leave_with_the_cooperative_assignor() {
    sinks_join_and_leave("cooperative-sticky").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn poison_is_kept_with_its_place_and_too_much_of_it_stops_the_sink() {
    let Some(live) = Live::open("") else { return };
    let producer = Producer::new(&live.kafka.broker()).unwrap();
    let mut produced = Produced::default();
    for number in 1..=40 {
        produced.batch(&producer, number, 2, 64).await;
    }
    for at in 0..10_u32 {
        let garbage = format!("\0garbage {at}");
        producer.place(Topic::Receipts, Partition(at % live::PARTITIONS), b"", garbage.as_bytes()).await.unwrap();
    }
    let output = live.run(&["ingest", "sink", "--once"]);
    assert!(output.status.success(), "a little poison stops nothing: {}", stderr(&output));
    let quarantined = live.quarantined().await;
    assert_eq!(quarantined.len(), 10);
    assert!(
        quarantined.iter().all(|row| row.topic == Topic::Receipts && row.offset.0 >= 10 && !row.payload.is_empty())
    );

    for at in 0..400_u32 {
        let garbage = format!("more garbage {at}");
        producer.place(Topic::Receipts, Partition(at % live::PARTITIONS), b"", garbage.as_bytes()).await.unwrap();
    }
    let output = live.run(&["ingest", "sink", "--once"]);
    assert_eq!(output.status.code(), Some(5), "{}", stderr(&output));
    assert!(stderr(&output).contains("20 percent") && stderr(&output).contains("receipts.v1/"), "{}", stderr(&output));
    // Nothing is lost: who knows better says so, and goes on.
    live.drain();
    assert_eq!(live.quarantined().await.len(), 410);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_another_one_is_refused_with_both_values() {
    let Some(live) = Live::open("") else { return };
    let producer = Producer::new(&live.kafka.broker()).unwrap();
    let mut produced = Produced::default();
    for number in 1..=40 {
        produced.batch(&producer, number, 1, 64).await;
    }
    live.drain();
    live.holds_exactly(&produced).await;
    let refused = |words: &[&str]| {
        let output = live.run(&["ingest", "sink", "--once"]);
        assert_eq!(output.status.code(), Some(5), "{}", stderr(&output));
        assert!(words.iter().all(|word| stderr(&output).contains(word)), "{words:?}: {}", stderr(&output));
    };
    let mut config = ClientConfig::new();
    live.kafka.broker().options.iter().for_each(|(name, value)| {
        config.set(name, value);
    });
    let admin: AdminClient<DefaultClientContext> = config.create().unwrap();
    let options = AdminOptions::new().operation_timeout(Some(Duration::from_secs(10)));

    // Retention eats what was not read: 5 more records in partition 1, of which the first 3 go.
    for number in 0..5_u64 {
        produced.batch(&producer, 41 + 4 * number, 1, 64).await;
    }
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(Topic::Receipts.name(), 1, Offset::Offset(13)).unwrap();
    admin.delete_records(&list, &options).await.unwrap();
    refused(&["openbooks.receipts.v1", "partition 1", "offset 10", "13 to 14", "retention"]);

    // The topic is made again.
    admin.delete_topics(&[Topic::Receipts.name()], &options).await.unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let missing = live.run(&["ingest", "sink", "--once"]);
    assert_eq!(missing.status.code(), Some(4), "{}", stderr(&missing));
    assert!(stderr(&missing).contains("openbooks ingest topics"), "{}", stderr(&missing));
    assert!(live.run(&["ingest", "topics"]).status.success());
    refused(&["openbooks.receipts.v1", "offset 10", "made again"]);

    // Another number of partitions, and another cluster.
    let config = live.folder.path().join("openbooks.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace("receipts_partitions = 4", "receipts_partitions = 5")).unwrap();
    refused(&["4 partitions", "5"]);
    let other = Live::open("").unwrap();
    copy_folder(&live.folder.path().join("warehouse"), &other.folder.path().join("warehouse"));
    let output = other.run(&["ingest", "sink", "--once"]);
    assert_eq!(output.status.code(), Some(5), "{}", stderr(&output));
    assert!(stderr(&output).contains("the tables are of cluster"), "{}", stderr(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_broker_is_told_once_with_what_to_do() {
    let Some(mut live) = Live::open("") else { return };
    let config = live.folder.path().join("openbooks.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    let refused = |text: &str, code: i32, words: &[&str]| {
        std::fs::write(&config, text).unwrap();
        let output = live.run(&["ingest", "sink", "--once"]);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert_eq!(said.lines().filter(|line| line.starts_with("openbooks: ")).count(), 1, "{said}");
        assert!(words.iter().all(|word| said.contains(word)), "{words:?}: {said}");
    };
    refused(&text.replace("bootstrap.servers", "bootstrap.server"), 2, &["bootstrap.servers", "[kafka]"]);
    refused(&format!("{text}\"no.such.thing\" = \"1\"\n"), 2, &["no.such.thing"]);
    refused(&format!("{text}\"security.protocol\" = \"ssl\"\n"), 75, &["SSL"]);
    let ca = format!("{text}\"security.protocol\" = \"ssl\"\n\"ssl.ca.location\" = \"/no/such.pem\"\n");
    refused(&ca, 2, &["/no/such.pem"]);
    live.kafka.kill();
    let output = live.run(&["ingest", "sink", "--once"]);
    assert_eq!(output.status.code(), Some(2), "the settings are still wrong: {}", stderr(&output));
    std::fs::write(&config, &text).unwrap();
    let output = live.run(&["ingest", "sink", "--once"]);
    assert_eq!(output.status.code(), Some(75), "{}", stderr(&output));
    assert!(stderr(&output).contains("Connection refused"), "{}", stderr(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_epoch_is_closed_in_every_partition_by_the_settler_once_it_is_over() {
    let Some(live) = Live::open("") else { return };
    let password = live.folder.path().join("password");
    let close = |epoch: &str, key: u8, code: i32| {
        let keystore = live.keystore(key);
        let mut command = live.command(&["ingest", "close", "--epoch", epoch, "--keystore"]);
        let output = command.arg(keystore).arg("--password-file").arg(&password).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{}", stderr(&output));
        stderr(&output)
    };
    let said = close("1", live::SETTLER_KEY - 1, 2);
    assert!(said.contains("is not the settler"), "{said}");
    let said = close("999999", live::SETTLER_KEY, 4);
    assert!(said.contains("epoch 999999 goes on for"), "{said}");
    let producer = Producer::new(&live.kafka.broker()).unwrap();
    let mut produced = Produced::default();
    for number in 0..4 {
        produced.batch(&producer, number + 1, 1, 64).await;
    }
    close("1", live::SETTLER_KEY, 0);
    for number in 4..8 {
        produced.batch(&producer, number + 1, 1, 64).await;
    }
    close("1", live::SETTLER_KEY, 0);
    live.drain();
    // Which of two counts, freeze decides: the first.
    let log: Vec<RawLog> = live.warehouse().read(Slice::All).await.unwrap();
    let closes =
        log.iter().filter(|row| row.closes_epoch == Some(Epoch(1)) && row.close_signer == Some(live::settler()));
    let found: BTreeSet<_> = closes.map(|row| (row.partition, row.offset)).collect();
    let expected = (0..live::PARTITIONS).flat_map(|partition| [1, 3].map(|at| (Partition(partition), KafkaOffset(at))));
    assert_eq!(found, expected.collect());
}

/// The demo's settings at the broker; what it says of the second night's payouts, and its manifests.
fn settle(folder: &Path) -> (Vec<u8>, serde_json::Value) {
    for arguments in [&["epoch", "run", "--epoch", "1"], &["epoch", "run", "--epoch", "2"]] {
        let output = on(folder, arguments);
        assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
    }
    let payouts = on(folder, &["export", "payouts", "--epoch", "2", "--format", "csv"]).stdout;
    let query = "SELECT encode(manifest_hash, 'hex') AS manifest FROM epochs WHERE state = 'settled' ORDER BY epoch";
    (payouts, json_on(folder, &["sql", query]))
}

fn demo_at(kafka: &Kafka) -> tempfile::TempDir {
    let folder = unsettled();
    let config = folder.path().join("openbooks.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text + &kafka.settings()).unwrap();
    let output = on(folder.path(), &["ingest", "topics"]);
    assert!(output.status.success(), "{}", stderr(&output));
    folder
}

#[tokio::test(flavor = "multi_thread")]
async fn the_nights_through_a_broker_are_those_of_its_recorded_topics_and_repetitions_change_no_payout() {
    let (Some(once), Some(thrice)) = (Kafka::start(), Kafka::start()) else { return };
    let folder = demo_at(&once);
    let run = |arguments: &[&str]| {
        let output = on(folder.path(), arguments);
        assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
    };
    run(&["ingest", "replay", "--to-kafka", "demo/chain-events.rec", "demo/receipts.rec"]);
    run(&["ingest", "sink", "--once"]);
    let (payouts, manifests) = settle(folder.path());

    // The topics, dumped as recorded files, settle to the same manifests.
    let dumped = unsettled();
    let files = ["openbooks.chain-events.v1", "openbooks.receipts.v1"].map(|topic| {
        let file = dumped.path().join(format!("{topic}.rec"));
        run(&["ingest", "record", topic, file.to_str().unwrap()]);
        file
    });
    let replay = on(dumped.path(), &["ingest", "replay", files[0].to_str().unwrap(), files[1].to_str().unwrap()]);
    assert!(replay.status.success(), "{}", stderr(&replay));
    assert_eq!(settle(dumped.path()), (payouts.clone(), manifests));

    // Every batch produced three times charges nobody twice.
    let again = demo_at(&thrice);
    let producer = Producer::new(&thrice.broker()).unwrap();
    for record in records(Path::new("demo/receipts.rec")) {
        let is_close = ingest::check(&live::network(), &record).log.iter().any(|row| row.closes_epoch.is_some());
        let is_close = is_close || record.key.is_empty();
        for _ in 0..if is_close { 1 } else { 3 } {
            producer.place(record.topic, record.partition, &record.key, &record.value).await.unwrap();
        }
    }
    let output = on(again.path(), &["ingest", "replay", "--to-kafka", "demo/chain-events.rec"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let output = on(again.path(), &["ingest", "sink", "--once"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(settle(again.path()).0, payouts);
}

/// The answer of a port: its status and its body.
fn get(address: std::net::SocketAddr, path: &str) -> Option<(String, String)> {
    let mut stream = std::net::TcpStream::connect(address).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    Some((head.lines().next()?.to_owned(), body.to_owned()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sink_says_how_it_is_and_how_far_it_came() {
    let Some(live) = Live::open("") else { return };
    let producer = Producer::new(&live.kafka.broker()).unwrap();
    let mut produced = Produced::default();
    for number in 1..=8 {
        produced.batch(&producer, number, 2, 64).await;
    }
    live.drain();
    for number in 9..=10 {
        produced.batch(&producer, number, 2, 64).await;
    }
    let status = json_on(live.folder.path(), &["status"]);
    let of = |partition: u64| {
        let rows = status["partitions"].as_array().unwrap();
        rows.iter().find(|row| row["topic"] == "openbooks.receipts.v1" && row["partition"] == partition).unwrap()
    };
    assert_eq!((&of(1)["due_offset"], &of(1)["end_offset"], &of(1)["lag"]), (&json!(2), &json!(3), &json!(1)));
    assert_eq!((&of(3)["due_offset"], &of(3)["lag"], &of(3)["quarantined"]), (&json!(2), &json!(0), &json!(0)));

    let address = free_address();
    let mut command = live.command(&["ingest", "sink", "--age-max-s", "1", "--listen", &address.to_string()]);
    let sink = command.stdout(Stdio::null()).spawn().unwrap();
    let mut said = None;
    for _ in 0..200 {
        said = get(address, "/metrics").filter(|(_, body)| {
            body.contains("openbooks_ingest_lag_records{topic=\"openbooks.receipts.v1\",partition=\"1\"} 0")
        });
        if said.is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let (status, body) = said.expect("the lag goes to zero");
    assert!(status.contains("200") && body.contains("openbooks_ingest_paused_partitions 0"), "{status}\n{body}");
    for path in ["/health", "/ready"] {
        assert!(get(address, path).unwrap().0.contains("200"), "{path}");
    }
    assert_eq!(stop(sink), Some(0));
    live.holds_exactly(&produced).await;
}
