//! The receipt gateway at a real broker: what it takes in stands where its Ack says, what it refuses nowhere, and
//! whatever is killed, a batch that is sent again counts once.

mod demo;
mod live;
mod servers;
mod serving;

use alloy::primitives::{B256, keccak256};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use demo::stderr;
use ingest::kafka::Placed;
use ingest::wire::receipts::v1::{Envelope, Receipt};
use ingest::{Network, recover};
use live::{kill, stop};
use prost::Message;
use serde_json::{Value, json};
use servers::free_address;
use servers::http::{Answer, ask, get};
use serving::world::{BATCHES, PROTOBUF, World};
use serving::{Node, address, key, sign};
use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;
use warehouse::types::{BatchId, KafkaOffset, Partition, Time};

const PINE: &str = "Pine Serving";
const CEDAR: &str = "Cedar Serving";
const MUSEUM: &str = "Museum of Ledgers";

/// The place that an Ack names, once its signature was found to be the settler's.
fn acked(network: &Network, answer: &Answer) -> Placed {
    let ack = answer.json();
    let text = |name: &str| ack[name].as_str().unwrap().to_owned();
    let placed = Placed {
        partition: Partition(u32::try_from(ack["partition"].as_u64().unwrap()).unwrap()),
        offset: KafkaOffset(text("offset").parse().unwrap()),
        taken_at: Time(text("taken_at_us").parse().unwrap()),
    };
    let hash = network.ack_hash(BatchId(text("batch").parse().unwrap()), &placed);
    let signature = alloy::hex::decode(text("signature")).unwrap();
    assert_eq!(recover(hash, &signature), Some(address("Settler")));
    assert_eq!(ack["topic"], "openbooks.receipts.v1");
    placed
}

fn id_of(envelope: &Envelope) -> BatchId {
    BatchId(keccak256(&envelope.content))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_taken_in_acknowledged_and_settled() {
    let Some(world) = World::open() else { return };
    let mut node = world.node(PINE, MUSEUM, 90);
    let funds = |name: &str| {
        let funds = world.get(&format!("/v1/payers/{:#x}/funds", address(MUSEUM)));
        let of = funds["funds"].as_array().unwrap().iter();
        let found = of.into_iter().find(|row| row["operator"] == format!("{:#x}", address(PINE))).unwrap().clone();
        found[name].as_str().unwrap().parse::<u128>().unwrap()
    };
    let before = (funds("deposit"), funds("charged"));

    let first = node.next(3);
    let answer = world.post(&first);
    assert_eq!(answer.status, 202, "{}", String::from_utf8_lossy(&answer.body));
    let placed = acked(&world.network, &answer);
    let verdicts = &answer.json()["verdicts"];
    assert_eq!(verdicts["charged"]["receipts"], 3, "{verdicts}");
    let fee: u128 = verdicts["charged"]["fee"].as_str().unwrap().parse().unwrap();
    assert!(fee > 0);
    assert_eq!((funds("deposit"), funds("charged")), (before.0 - fee, before.1 + fee));
    assert_eq!(world.batches()[&id_of(&first)], [(placed.partition, placed.offset, placed.taken_at)]);

    // Again: the same place, and nothing more in the topic.
    let again = world.post(&first);
    assert_eq!(again.status, 200);
    assert_eq!(acked(&world.network, &again), placed);
    assert_eq!(world.batches()[&id_of(&first)].len(), 1);
    node.goes_on(&first);

    // The other form of the same protocol.
    let second = node.next(1);
    let text = |bytes: &Bytes| BASE64_STANDARD.encode(bytes);
    let evidence: Vec<String> = second.evidence.iter().map(text).collect();
    let form = json!({ "content": text(&second.content), "signature": text(&second.signature), "evidence": evidence });
    let answer = ask(world.address, "POST", BATCHES, "application/json", form.to_string().as_bytes()).unwrap();
    assert_eq!(answer.status, 202, "{}", String::from_utf8_lossy(&answer.body));
    node.goes_on(&second);

    let lanes = world.get(&format!("/v1/operators/{:#x}/lanes", address(PINE)));
    let lane = lanes["lanes"].as_array().unwrap().iter().find(|lane| lane["lane"] == "90").unwrap().clone();
    assert_eq!((&lane["number"], &lane["head"]), (&json!("2"), &json!(node.head.to_string())));

    let path = format!("/v1/batches/{}", id_of(&first));
    let found = world.get(&path);
    assert_eq!(
        (&found["state"], &found["number"], &found["offset"]),
        (&json!("accepted"), &json!("1"), &json!(placed.offset.to_string()))
    );
    assert_eq!(found["receipts"][2]["verdict"], "charged");
    let receipt = found["receipts"][2]["receipt"].clone();
    let link = format!(
        "/v1/operators/{:#x}/lanes/90/batches/1/receipts/2?output_commitment={}",
        address(PINE),
        keccak256("output 90 1002")
    );
    assert_eq!(world.get(&link)["receipt"], receipt);
    let other = link.replace(&keccak256("output 90 1002").to_string(), &keccak256("output").to_string());
    assert_eq!(get(world.address, &other).unwrap().code(), "not-found");

    // The epoch ends, is settled, and the same questions are answered with what was charged.
    world.close(3).await;
    world.ok(&["ingest", "sink", "--once"]);
    world.ok(&["epoch", "run", "--epoch", "3"]);
    let mut settled = Value::Null;
    for _ in 0..200 {
        settled = world.get(&path);
        if settled["state"] == "settled" {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!((&settled["state"], &settled["epoch"]), (&json!("settled"), &json!("3")), "{settled}");
    let charged: u128 = settled["receipts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["fee"].as_str().unwrap().parse::<u128>().unwrap())
        .sum();
    assert_eq!(charged, fee, "the preliminary verdict was right");
    let answered = world.get(&link);
    assert_eq!(
        (&answered["receipt"], &answered["state"], &answered["verdict"]),
        (&receipt, &json!("settled"), &json!("charged"))
    );
    let old = world.post(&first);
    assert_eq!((old.status, acked(&world.network, &old)), (200, placed));
    assert_eq!(world.post(&node.next(1)).status, 202, "and the lane goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_is_named_and_stands_nowhere() {
    let Some(mut world) = World::open() else { return };
    let mut node = world.node(PINE, MUSEUM, 91);
    let before = world.batches();
    let refused = |envelope: &Envelope, status: u16, code: &str| {
        let answer = world.post(envelope);
        assert_eq!((answer.status, answer.code()), (status, code.to_owned()), "{}", answer.json()["detail"]);
        answer.json()
    };
    let body = |kind: &str, body: &[u8]| ask(world.address, "POST", BATCHES, kind, body).unwrap();
    for (kind, bytes, status, code) in [
        ("text/plain", &b"batch"[..], 415, "unsupported-media-type"),
        ("application/json", b"{", 400, "bad-request"),
        ("application/json", br#"{"content": "*", "signature": ""}"#, 400, "bad-request"),
        ("application/json", br#"{"content": "", "signature": "", "more": 1}"#, 400, "bad-request"),
        (PROTOBUF, b"\xff\xff", 422, "undecodable"),
        (PROTOBUF, b"", 422, "malformed"),
    ] {
        let answer = body(kind, bytes);
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{kind}");
    }
    let long = vec![0; ingest::RECORD_BYTES_MAX + 1];
    assert_eq!(body(PROTOBUF, &long).code(), "too-large");
    assert_eq!(get(world.address, "/v1/batches/0x12").unwrap().code(), "bad-request");
    assert_eq!(get(world.address, "/v1/nothing").unwrap().code(), "not-found");
    assert_eq!(ask(world.address, "DELETE", BATCHES, PROTOBUF, b"").unwrap().code(), "method-not-allowed");

    let mut envelope = node.next(1);
    envelope.signature = sign(MUSEUM, world.network.batch_hash(keccak256(&envelope.content)));
    refused(&envelope, 422, "signature");
    let stranger = Node { operator: "Nobody".into(), signer: "Nobody".into(), ..node.clone() };
    refused(&stranger.next(1), 403, "unknown-operator");
    let other_key = Node { signer: MUSEUM.into(), ..node.clone() };
    refused(&other_key.next(1), 403, "invalid-key");

    let mut early = node.clone();
    early.number = 1;
    let problem = refused(&early.next(1), 409, "lane-gap");
    assert_eq!(
        (&problem["expected_number"], &problem["expected_previous"]),
        (&json!("1"), &json!(B256::ZERO.to_string()))
    );
    let fork = Node { head: B256::repeat_byte(1), ..node.clone() };
    refused(&fork.next(1), 409, "lane-fork");

    let (mut content, evidence) = node.content(2);
    content.spends = vec![node.spend(1, PINE)];
    let problem = refused(&node.seal(&content, evidence.clone()), 422, "spend-refused");
    assert_eq!(problem["payers"], json!([format!("{:#x}", address(MUSEUM))]));
    content.spends = node.content(2).0.spends;
    let nobody = world.node(PINE, "Nobody", 91);
    let (mut unpaid, proof) = nobody.content(2);
    unpaid.spends = vec![nobody.spend(1, "Nobody")];
    let problem = refused(&nobody.seal(&unpaid, proof), 422, "receipts-refused");
    assert_eq!(problem["receipts"][1], json!({ "index": 1, "reason": "beyond_spend" }), "no later Spend pays it");
    let stranger = world.node(PINE, "Clinic Sundarbans", 91);
    content.spends.push(stranger.spend(1, &stranger.payer));
    refused(&node.seal(&content, evidence.clone()), 422, "spend-refused");
    content.spends.pop();
    let more = [evidence.clone(), vec![node.evidence(7)]].concat();
    assert!(refused(&node.seal(&content, more), 422, "malformed")["detail"].as_str().unwrap().contains("3 evidence"));
    let problem = refused(&node.seal(&content, evidence[..1].to_vec()), 422, "receipts-refused");
    assert_eq!(problem["receipts"], json!([{ "index": 1, "reason": "evidence_missing" }]));
    content.receipts[0] = Receipt { payer: Bytes::from_static(b"short"), ..content.receipts[0].clone() };
    let problem = refused(&node.seal(&content, evidence), 422, "receipts-refused");
    assert_eq!(problem["receipts"][0]["reason"], "the payer is not 20 bytes");
    let poor = world.node(PINE, "Kiosk on the Corner", 91);
    let problem = refused(&poor.next(2), 402, "nothing-chargeable");
    assert_eq!(problem["verdicts"]["beyond_deposit"]["receipts"], 2, "{problem}");
    assert_eq!(world.batches(), before, "nothing of it stands in the topic");

    // More than its share of batches.
    stop(world.gateway.take().unwrap());
    world.start(&["--batches-per-second", "1"]);
    let (one, mut two) = (node.next(1), None);
    assert_eq!(world.post(&one).status, 202);
    node.goes_on(&one);
    for _ in 0..3 {
        two = Some(world.post(&node.next(1)));
        if two.as_ref().unwrap().status == 429 {
            break;
        }
        node.goes_on(&node.next(1).clone());
    }
    let two = two.unwrap();
    assert_eq!(two.code(), "rate-limited");
    assert!(two.head.to_lowercase().contains("retry-after: 1"), "{}", two.head);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_what_comes_at_the_same_time_each_number_is_taken_in_once() {
    let Some(world) = World::open() else { return };
    let mut node = world.node(PINE, MUSEUM, 94);
    for turn in 0..4_u64 {
        // Half of them are the same batch, half are others under its number.
        let same = node.next(1);
        let others = (1..=4).map(|seed| {
            let (mut content, evidence) = node.content(1);
            content.receipts[0].tokens_in = 1 + u32::try_from(seed).unwrap();
            node.seal(&content, evidence)
        });
        let all: Vec<Envelope> = others.chain(std::iter::repeat_n(same, 4)).collect();
        let answers: Vec<(Envelope, Answer)> = std::thread::scope(|scope| {
            let posts: Vec<_> = all.iter().map(|envelope| scope.spawn(|| world.post(envelope))).collect();
            all.iter().cloned().zip(posts.into_iter().map(|post| post.join().unwrap())).collect()
        });
        let taken: Vec<&(Envelope, Answer)> = answers.iter().filter(|(_, answer)| answer.status < 300).collect();
        let first = taken.iter().filter(|(_, answer)| answer.status == 202).count();
        assert_eq!(first, 1, "turn {turn}: one of them is first");
        let counts = id_of(&taken[0].0);
        let place = acked(&world.network, &taken[0].1);
        for (envelope, answer) in &answers {
            if id_of(envelope) == counts {
                assert_eq!(acked(&world.network, answer), place, "all of the same batch name its place");
            } else {
                assert_eq!((answer.status, answer.code().as_str()), (409, "lane-fork"));
            }
        }
        assert_eq!(world.batches()[&counts].len(), 1, "it stands there once");
        node.goes_on(&taken[0].0);
    }
}

/// How many batches each of the lanes sends, and how often something is killed. `make soak` asks for more.
fn load() -> (u64, u64) {
    if std::env::var_os("OPENBOOKS_SOAK").is_some() { (600, 40) } else { (40, 6) }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_killed_a_batch_that_is_sent_again_counts_once() {
    let Some(mut world) = World::open() else { return };
    let (batches, kills) = load();
    let before: BTreeSet<BatchId> = world.batches().into_keys().collect();
    let lanes: Vec<_> = [(PINE, 92), (PINE, 93), (CEDAR, 92)]
        .map(|(operator, lane)| {
            let (mut node, address) = (world.node(operator, MUSEUM, lane), world.address);
            std::thread::spawn(move || {
                let mut acks = Vec::new();
                while node.number < batches {
                    // A batch without receipts is a batch all the same: it needs no money.
                    let envelope = node.next(0);
                    let answer = ask(address, "POST", BATCHES, PROTOBUF, &envelope.encode_to_vec());
                    match answer.filter(|answer| answer.status < 300) {
                        Some(answer) => {
                            acks.push((id_of(&envelope), acked(&node.network, &answer)));
                            node.goes_on(&envelope);
                        }
                        None => std::thread::sleep(Duration::from_millis(50)),
                    }
                }
                acks
            })
        })
        .into();
    for turn in 0..kills {
        std::thread::sleep(Duration::from_millis(300 + turn * 377 % 900));
        if turn % 3 == 2 {
            world.kafka.restart();
        }
        kill(world.gateway.take().unwrap());
        world.start(&[]);
    }
    let acks: Vec<_> = lanes.into_iter().flat_map(|lane| lane.join().unwrap()).collect();
    let found = world.batches();
    let sent: BTreeSet<BatchId> = acks.iter().map(|(batch, _)| *batch).collect();
    let taken: BTreeSet<BatchId> = found.keys().copied().filter(|batch| !before.contains(batch)).collect();
    assert_eq!(taken, sent, "what stands in the topic is what was acknowledged");
    for (batch, placed) in &acks {
        let place = (placed.partition, placed.offset, placed.taken_at);
        assert!(found[batch].contains(&place), "{batch} stands where its Ack says: {place:?}, {:?}", found[batch]);
    }
    for (operator, lane) in [(PINE, "92"), (PINE, "93"), (CEDAR, "92")] {
        let lanes = world.get(&format!("/v1/operators/{:#x}/lanes", address(operator)));
        let found = lanes["lanes"].as_array().unwrap().iter().find(|row| row["lane"] == lane).unwrap().clone();
        assert_eq!(found["number"], json!(batches.to_string()));
    }
    let twice = found.values().filter(|places| places.len() > 1).count();
    println!("{kills} kills over {} batches: {twice} stand twice and count once", acks.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn it_refuses_another_key_and_a_port_that_is_taken_and_ends_when_asked() {
    let Some(mut world) = World::open() else { return };
    world.keystore("Proposer");
    let [address, other] = [world.address, free_address()].map(|address| address.to_string());
    for (port, name, words) in
        [(&other, "Proposer", "is not the gateway's"), (&address, "Settler", "cannot be listened at")]
    {
        let output = world.with_key(&["ingest", "gateway", "--address", port], name).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        assert!(stderr(&output).contains(words), "{}", stderr(&output));
    }
    let contract = world.get("/v1/openapi.json");
    assert!(contract["paths"].as_object().unwrap().contains_key(BATCHES), "{contract}");
    assert_eq!(stop(world.gateway.take().unwrap()), Some(0));
    assert!(get(world.address, "/v1/network").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_client_works_with_it() {
    let python = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("target/client-venv/bin/python");
    if !python.exists() {
        println!("skipped: {} is missing; `make install-tests` makes it", python.display());
        return;
    }
    let Some(world) = World::open() else { return };
    let secret = |name: &str| alloy::hex::encode_prefixed(key(name).to_bytes());
    let mut command = Command::new(python);
    command.args(["-m", "pytest", "-q", "-p", "no:cacheprovider", "clients/python/tests/test_gateway.py"]);
    command.current_dir(env!("CARGO_MANIFEST_DIR")).env("PYTHONPATH", "clients/python/src");
    command.env("OPENBOOKS_GATEWAY", format!("http://{}", world.address));
    command.env("OPENBOOKS_OPERATOR", format!("{:#x}", address(PINE)));
    command.env("OPENBOOKS_OPERATOR_KEY", secret(&format!("{PINE}, signing key 1")));
    command.env("OPENBOOKS_PAYER_KEY", secret(MUSEUM));
    command.env("OPENBOOKS_MODEL_VERSION", world.model.version.to_string());
    command.env("OPENBOOKS_SKETCH_K", world.model.sketch_k.to_string());
    command.env("OPENBOOKS_CHECKPOINTS", world.model.checkpoints.to_string());
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("passed") && !said.contains("skipped"), "{said}");
}
