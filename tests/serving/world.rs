//! The demo's two nights in a broker and in tables, and a gateway before them.

use super::{Model, Node, address, key, sign};
use crate::demo::{on, settled_demo, stderr, unsettled};
use crate::live::kill;
use crate::servers::desk::address_of;
use crate::servers::free_address;
use crate::servers::http::{Answer, ask, get};
use crate::servers::kafka::Kafka;
use alloy::primitives::{Address, B256};
use alloy::signers::local::PrivateKeySigner;
use bytes::Bytes;
use ingest::kafka::{Producer, read_topic};
use ingest::wire::chain_events::v1::{ChainRecord, chain_record};
use ingest::wire::receipts::v1::Envelope;
use ingest::{CloseSigner, Network, check, signed_close};
use prost::Message;
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::pin::Pin;
use std::process::{Child, Command};
use std::time::Duration;
use tempfile::TempDir;
use warehouse::types::{BatchId, Epoch, KafkaOffset, Partition, Time, Topic};

pub const PROTOBUF: &str = "application/x-protobuf";
pub const BATCHES: &str = "/v1/receipt-batches";

/// The demo's two nights in a broker and in tables, settled, and a gateway before them.
pub struct World {
    pub folder: TempDir,
    pub kafka: Kafka,
    pub network: Network,
    pub model: Model,
    pub address: SocketAddr,
    pub health: SocketAddr,
    pub gateway: Option<Child>,
}

impl World {
    pub fn open() -> Option<Self> {
        let kafka = Kafka::start()?;
        let folder = unsettled();
        let config = folder.path().join("openbooks.toml");
        let text = std::fs::read_to_string(&config).unwrap();
        std::fs::write(&config, text + &kafka.settings()).unwrap();
        let file = |name: &str| address_of(folder.path(), name);
        let network =
            Network { chain_id: 31337, vault: file("vault"), contracts: BTreeMap::new(), receipts_partitions: 2 };
        let model = Model::of(settled_demo());
        let (address, health) = (free_address(), free_address());
        let mut world = Self { folder, kafka, network, model, address, health, gateway: None };
        world.ok(&["ingest", "topics"]);
        world.ok(&["ingest", "replay", "--to-kafka", "demo/chain-events.rec", "demo/receipts.rec"]);
        world.ok(&["ingest", "sink", "--once"]);
        world.ok(&["epoch", "run", "--epoch", "1"]);
        world.ok(&["epoch", "run", "--epoch", "2"]);
        world.keystore("Settler");
        world.start(&[]);
        Some(world)
    }

    pub fn ok(&self, arguments: &[&str]) {
        let output = on(self.folder.path(), arguments);
        assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
    }

    pub fn keystore(&self, name: &str) {
        let folder = self.folder.path();
        let secret = key(name).to_bytes();
        let mut random = rand::thread_rng();
        let made = PrivateKeySigner::encrypt_keystore(folder, &mut random, secret, "secret", Some(name));
        made.unwrap();
        std::fs::write(folder.join("password"), "secret").unwrap();
    }

    pub fn with_key(&self, arguments: &[&str], name: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_openbooks"));
        command.arg("--config").arg(self.folder.path().join("openbooks.toml")).args(arguments);
        command.arg("--keystore").arg(self.folder.path().join(name));
        command.arg("--password-file").arg(self.folder.path().join("password"));
        command
    }

    /// Starts the gateway and waits until it is ready.
    pub fn start(&mut self, more: &[&str]) {
        let [address, health] = [self.address, self.health].map(|address| address.to_string());
        let mut arguments = vec!["ingest", "gateway", "--address", &address, "--listen", &health];
        arguments.extend(more);
        self.gateway = Some(self.with_key(&arguments, "Settler").spawn().unwrap());
        for _ in 0..600 {
            if get(self.health, "/ready").is_some_and(|answer| answer.status == 200) {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("the gateway does not become ready");
    }

    pub fn node(&self, operator: &str, payer: &str, lane: u64) -> Node {
        Node::new(self.network.clone(), self.model.clone(), operator, payer, lane)
    }

    pub fn post(&self, envelope: &Envelope) -> Answer {
        ask(self.address, "POST", BATCHES, PROTOBUF, &envelope.encode_to_vec()).unwrap()
    }

    pub fn get(&self, path: &str) -> Value {
        let answer = get(self.address, path).unwrap();
        assert_eq!(answer.status, 200, "{path}: {}", String::from_utf8_lossy(&answer.body));
        answer.json()
    }

    /// The batches of the broker's topic, with their places.
    pub fn batches(&self) -> BTreeMap<BatchId, Vec<(Partition, KafkaOffset, Time)>> {
        let mut found: BTreeMap<BatchId, Vec<_>> = BTreeMap::new();
        read_topic(&self.kafka.broker(), Topic::Receipts, 2, |record| {
            for batch in check(&self.network, &record).batches {
                found.entry(batch.batch).or_default().push((batch.partition, batch.offset, batch.taken_at));
            }
            Ok(())
        })
        .unwrap();
        found
    }

    /// The settler ends an epoch: in the receipts with the command, in the chain's topic as the indexer would.
    pub async fn close(&self, epoch: u64) {
        let output = self.with_key(&["ingest", "close", "--epoch", &epoch.to_string()], "Settler").output().unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        struct Settler;
        impl CloseSigner for Settler {
            fn address(&self) -> Address {
                address("Settler")
            }
            fn sign(&self, hash: B256) -> Pin<Box<dyn Future<Output = Result<Bytes, ingest::Error>> + Send + '_>> {
                Box::pin(async move { Ok(sign("Settler", hash)) })
            }
        }
        let close =
            signed_close(&self.network, &Settler, Topic::ChainEvents, Partition(0), Epoch(epoch)).await.unwrap();
        let record = ChainRecord { body: Some(chain_record::Body::Close(close)) };
        let producer = Producer::new(&self.kafka.broker()).unwrap();
        producer.place(Topic::ChainEvents, Partition(0), b"", &record.encode_to_vec()).await.unwrap();
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.gateway.take().into_iter().for_each(kill);
    }
}
