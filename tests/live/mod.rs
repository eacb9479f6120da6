//! A small network at a real broker: signed batches go in, and what the tables hold is compared with them, as sets.
#![allow(dead_code, unreachable_pub, reason = "each file of tests uses a part of it")]

#[path = "../../ingest/tests/ingest/signed.rs"]
#[allow(unused_imports, reason = "the tests of ingest use the rest")]
mod signed;

use crate::demo::stderr;
use crate::servers::kafka::Kafka;
use alloy::primitives::Address;
use alloy::signers::local::PrivateKeySigner;
use ingest::kafka::{Placed, Producer};
use ingest::{Network, Record};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use tempfile::TempDir;
use warehouse::tables::{Quarantined, RawLog, RawReceipt};
use warehouse::types::{Partition, ReceiptId, Topic};
use warehouse::{Slice, Warehouse};

use signed::{batch, record};

pub const PARTITIONS: u32 = 4;

/// A broker with both topics, and settings beside empty tables.
pub struct Live {
    pub kafka: Kafka,
    pub folder: TempDir,
}

pub const SETTLER_KEY: u8 = signed::SETTLER_KEY;

pub fn settler() -> Address {
    signed::address(SETTLER_KEY)
}

pub fn network() -> Network {
    Network { receipts_partitions: PARTITIONS, ..signed::network() }
}

impl Live {
    /// `None` (said aloud) where no broker is installed. `more` goes into the settings' [kafka].
    pub fn open(more: &str) -> Option<Self> {
        Self::before(Kafka::start()?, more)
    }

    /// The same, before a broker that runs.
    pub fn before(kafka: Kafka, more: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let address = |byte: u8| format!("0x{}", format!("{byte:02x}").repeat(20));
        let text = format!(
            "warehouse = \"warehouse\"\n[network]\nchain_id = 31337\nvault = \"{}\"\ntoken = \"{}\"\ndatanets = \"{}\"\n\
             models = \"{}\"\noperators = \"{}\"\nsplits = \"{}\"\ngovernance = \"{}\"\nsettler = \"{:#x}\"\n\
             genesis = \"2026-01-01T00:00:00Z\"\nepoch_length_s = 86400\nreceipts_partitions = {PARTITIONS}\n{}{more}",
            address(0x11),
            address(0x12),
            address(0x13),
            address(0x14),
            address(0x15),
            address(0x16),
            address(0x17),
            signed::address(signed::SETTLER_KEY),
            kafka.settings()
        );
        std::fs::write(folder.path().join("openbooks.toml"), text).unwrap();
        let live = Self { kafka, folder };
        let output = live.run(&["ingest", "topics"]);
        assert!(output.status.success(), "{}", stderr(&output));
        Some(live)
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_openbooks"));
        command.arg("--config").arg(self.folder.path().join("openbooks.toml")).args(arguments);
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// A sink in a process of its own.
    pub fn sink(&self) -> Child {
        let mut command = self.command(&["ingest", "sink", "--age-max-s", "1"]);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    /// Everything that the broker holds is in the tables then.
    pub fn drain(&self) {
        let output = self.run(&["ingest", "sink", "--once", "--quarantine-percent-max", "100"]);
        assert!(output.status.success(), "{}", stderr(&output));
    }

    pub fn warehouse(&self) -> Warehouse {
        Warehouse::at(&self.folder.path().join("warehouse").display().to_string(), HashMap::new()).unwrap()
    }

    /// The tables hold what was produced, and nothing else.
    pub async fn holds_exactly(&self, produced: &Produced) {
        hold_exactly(&self.warehouse(), produced).await;
    }

    /// A keystore of one of the small keys, with its password beside it.
    pub fn keystore(&self, number: u8) -> PathBuf {
        let (folder, name, password) = (self.folder.path(), format!("key-{number}"), "only for tests");
        let key = [&[0; 31][..], &[number]].concat();
        PrivateKeySigner::encrypt_keystore(folder, &mut rand::thread_rng(), key, password, Some(&name)).unwrap();
        std::fs::write(folder.join("password"), password).unwrap();
        folder.join(name)
    }

    pub async fn quarantined(&self) -> Vec<Quarantined> {
        self.warehouse().read(Slice::All).await.unwrap()
    }
}

/// The tables hold what was produced: each record and each receipt once, at its place, and nothing else.
pub async fn hold_exactly(warehouse: &Warehouse, produced: &Produced) {
    let log: Vec<RawLog> = warehouse.read(Slice::All).await.unwrap();
    let receipts: Vec<RawReceipt> = warehouse.read(Slice::All).await.unwrap();
    let mut offsets: BTreeMap<(Topic, Partition), Vec<i64>> = BTreeMap::new();
    log.iter().for_each(|row| offsets.entry((row.topic, row.partition)).or_default().push(row.offset.0));
    for (place, mut found) in offsets {
        found.sort_unstable();
        let count = i64::try_from(found.len()).unwrap();
        assert_eq!(found, (0..count).collect::<Vec<_>>(), "offsets of {place:?}");
    }
    let found: BTreeSet<ReceiptId> = receipts.iter().map(|row| row.receipt).collect();
    assert_eq!(found.len(), receipts.len(), "no receipt stands twice");
    assert_eq!(found, produced.receipts);
    let hashes: Vec<_> = log.iter().map(|row| row.content_hash.0).collect();
    let known: BTreeSet<_> = hashes.iter().copied().collect();
    assert_eq!(known.len(), hashes.len(), "no record stands twice");
    assert_eq!(known.len(), produced.records);
}

/// What was produced, as the broker acknowledged it.
#[derive(Clone, Debug, Default)]
pub struct Produced {
    pub receipts: BTreeSet<ReceiptId>,
    pub records: usize,
}

impl Produced {
    /// Puts one good batch on its way, and does not wait.
    pub async fn put(&mut self, producer: &mut Producer, number: u64, receipts: u32, sketch: usize) {
        let value = batch(number, receipts, 1, sketch);
        let partition = Partition(u32::try_from(number).unwrap() % PARTITIONS);
        let expected = ingest::check(&network(), &record(Topic::Receipts, partition.0, 0, value.clone()));
        assert_eq!(expected.receipts.len(), receipts as usize);
        producer.put(Topic::Receipts, partition, b"", &value, None).await.unwrap();
        self.receipts.extend(expected.receipts.iter().map(|row| row.receipt));
        self.records += 1;
    }

    /// Produces one good batch into the partition that its number gives.
    pub async fn batch(&mut self, producer: &Producer, number: u64, receipts: u32, sketch: usize) -> Placed {
        let value = batch(number, receipts, 1, sketch);
        let partition = Partition(u32::try_from(number).unwrap() % PARTITIONS);
        let expected = ingest::check(&network(), &record(Topic::Receipts, partition.0, 0, value.clone()));
        assert_eq!(expected.receipts.len(), receipts as usize);
        let placed = producer.place(Topic::Receipts, partition, b"", &value).await.unwrap();
        self.receipts.extend(expected.receipts.iter().map(|row| row.receipt));
        self.records += 1;
        placed
    }
}

/// A process that does not outlive its test.
pub struct Running(Option<Child>);

impl Running {
    pub fn start(mut command: Command) -> Self {
        Self(Some(command.spawn().unwrap()))
    }

    /// Asks it to end; its code.
    pub fn stop(mut self) -> Option<i32> {
        stop(self.0.take().unwrap())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.take().into_iter().for_each(kill);
    }
}

/// Kills a process (-9).
pub fn kill(mut process: Child) {
    process.kill().unwrap();
    process.wait().unwrap();
}

/// Asks a process to end, and waits until it has.
pub fn stop(mut process: Child) -> Option<i32> {
    let id = process.id().to_string();
    Command::new("kill").arg(&id).status().unwrap();
    process.wait().unwrap().code()
}

/// The records of a recorded topic file.
pub fn records(path: &Path) -> Vec<Record> {
    ingest::RecordingReader::open(path).unwrap().map(Result::unwrap).collect()
}
