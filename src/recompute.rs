//! An epoch settled again from a bundle alone, in a fresh folder: ingest's decoder makes the raw rows,
//! pipeline's jobs run, and the manifest that results is compared with the bundle's.

use crate::bundle::{Bundle, recordings, starts};
use crate::failure::Mismatch;
use crate::settings::ingest_network;
use anyhow::{Context, Result, bail};
use ingest::{Bounds, RecordingReader, Sink};
use pipeline::documents::{DigestDocument, Inputs, Manifest, canonical, hash_of};
use pipeline::jobs::{Books, Job, inputs_of, run, settled};
use std::collections::{BTreeSet, HashMap};
use std::io::Cursor;
use std::path::Path;
use warehouse::encoding::digest_of;
use warehouse::table::Table;
use warehouse::tables::epochs::EpochState;
use warehouse::tables::raw_log::RecordKind;
use warehouse::tables::{Attribution, Balance, EpochRow, LaneHead, Payout, Pending, RawEvidence, RawLog, Spend};
use warehouse::types::{Attempt, Epoch, Hash, KafkaOffset, Topic};
use warehouse::{Artifacts, OffsetRange, Slice, Txn, Warehouse};

const ATTEMPT: Attempt = Attempt(1);

/// What a recomputation showed.
pub struct Recomputed {
    /// The epoch.
    pub epoch: Epoch,
    /// The manifest that both have.
    pub manifest: Manifest,
    /// Its hash.
    pub manifest_hash: Hash,
    /// Records that were decoded and checked again.
    pub records: u64,
    /// Receipts whose evidence was withheld, so that attributions were taken as given.
    pub withheld: usize,
}

/// Settles a bundle's epoch again and compares.
///
/// # Errors
/// [`Mismatch`] names what differs.
pub async fn recompute(bundle: &Bundle, runtime: kernels::Runtime, threads: usize) -> Result<Recomputed> {
    let inputs = &bundle.manifest.inputs;
    let malformed = || Mismatch("the manifest's inputs are malformed".into());
    let epoch = inputs.epoch().ok_or_else(malformed)?;
    let ranges = inputs.ranges().ok_or_else(malformed)?;
    let network = inputs.network.network().ok_or_else(malformed)?;
    if inputs.format != Inputs::FORMAT || inputs.rule_set != pipeline::rules::CURRENT.to_string() {
        bail!(Mismatch(format!("format {} under rule set {} is not known here", inputs.format, inputs.rule_set)));
    }
    let folder = tempfile::tempdir().context("a temporary folder cannot be made")?;
    let at = |name: &str| folder.path().join(name).display().to_string();
    write_artifacts(bundle, &folder.path().join("artifacts"))?;
    let books = Books {
        warehouse: Warehouse::at(&at("warehouse"), HashMap::new())?,
        artifacts: Artifacts::at(&at("artifacts"), &HashMap::new())?,
        network,
        runtime,
    };
    let records = ingest_again(bundle, &books, &ranges, threads).await?;
    for (topic, again) in recordings(&books, inputs).await? {
        if again != bundle.events(topic) {
            bail!(Mismatch(format!("the records of {topic} are not in the one form that a bundle may hold")));
        }
    }
    check_given(bundle)?;
    let withheld = add_withheld_evidence(bundle, &books, &ranges).await?;
    let previous = open_books(bundle, &books, epoch).await?;
    check_ranges(&books, epoch, &ranges).await?;
    let again = inputs_of(&books, epoch, &ranges, previous.as_ref()).await?.inputs;
    compare_inputs(inputs, &again)?;
    freeze_as_given(&books, epoch, inputs).await?;
    for job in Job::ALL.into_iter().filter(|job| *job != Job::Freeze) {
        if job == Job::Attribute && withheld > 0 {
            give_attributions(bundle, &books, epoch).await?;
        } else {
            run(&books, job, epoch).await?;
        }
    }
    let row = settled(&books, epoch).await?.context("the recomputed epoch is not settled")?;
    let manifest: Manifest = serde_json::from_str(&row.document)?;
    compare(&bundle.manifest, &manifest)?;
    Ok(Recomputed { epoch, manifest_hash: hash_of(&manifest), manifest, records, withheld })
}

fn write_artifacts(bundle: &Bundle, folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    for (name, bytes) in bundle.artifacts() {
        // Names are those of the manifest, which are hashes; anything else never becomes a path.
        let hash: Hash = Hash(name.parse().map_err(|_| Mismatch(format!("artifact {name:?} is not named by a hash")))?);
        std::fs::write(folder.join(alloy::hex::encode(hash.0)), bytes)?;
    }
    Ok(())
}

async fn ingest_again(bundle: &Bundle, books: &Books, ranges: &[OffsetRange], threads: usize) -> Result<u64> {
    let bounds = Bounds { threads, ..Bounds::default() };
    let mut sink = Sink::new(books.warehouse.clone(), ingest_network(&books.network), bounds);
    for (topic, partition, first) in starts(ranges) {
        sink = sink.starting_at(topic, partition, first);
    }
    let mut records = 0;
    for topic in Topic::ALL {
        let file = Cursor::new(bundle.events(topic));
        let mut source = RecordingReader::new(file, Path::new(topic.name()))?;
        records += sink.drain(&mut source).await?.records;
    }
    Ok(records)
}

/// What is given beside the records must be what the manifest names.
fn check_given(bundle: &Bundle) -> Result<()> {
    let (inputs, outputs) = (&bundle.manifest.inputs.raw, &bundle.manifest.outputs);
    let evidence = digest_of(&bundle.given::<RawEvidence>()?);
    let attributions = digest_of(&bundle.given::<Attribution>()?);
    for (given, named) in [(evidence, inputs), (attributions, outputs)] {
        let given = DigestDocument::from(&given);
        if !named.contains(&given) {
            bail!(Mismatch(format!("given table {}: its digest {} is not the manifest's", given.table, given.digest)));
        }
    }
    Ok(())
}

/// Evidence rows whose bytes the bundle leaves out: they are stored as given, by hash.
async fn add_withheld_evidence(bundle: &Bundle, books: &Books, ranges: &[OffsetRange]) -> Result<usize> {
    let given: Vec<RawEvidence> = bundle.given()?;
    let found: Vec<RawEvidence> =
        books.warehouse.read_ranges(ranges, |row: &RawEvidence| (row.topic, row.partition, row.offset)).await?;
    let place = |row: &RawEvidence| (row.topic, row.partition, row.offset, row.index);
    let found: BTreeSet<_> = found.iter().map(place).collect();
    let withheld: Vec<RawEvidence> = given.into_iter().filter(|row| !found.contains(&place(row))).collect();
    if !withheld.is_empty() {
        books.warehouse.append(&withheld, ATTEMPT, &[], HashMap::new()).await?;
    }
    Ok(withheld.len())
}

/// Writes the opening tables as the epoch before; gives its settled row.
async fn open_books(bundle: &Bundle, books: &Books, epoch: Epoch) -> Result<Option<EpochRow>> {
    let Some(previous) = epoch.previous() else { return Ok(None) };
    macro_rules! write {
        ($($row:ty),+) => {$(
            let rows: Vec<$row> = bundle.opening()?;
            if let Some(row) = rows.iter().find(|row| row.epoch != previous) {
                bail!(Mismatch(format!("opening table {} holds a row of epoch {}", <$row>::DEF.name, row.epoch)));
            }
            books.warehouse.append(&rows, ATTEMPT, &[], HashMap::new()).await?;
        )+};
    }
    write!(LaneHead, Spend, Balance, Pending, Payout);
    let manifest_hash = bundle.manifest.inputs.previous_manifest.parse().ok().map(Hash);
    let row = EpochRow { state: EpochState::Settled, manifest_hash, ..frozen_row(books, previous, None) };
    books.warehouse.append(std::slice::from_ref(&row), ATTEMPT, &[], HashMap::new()).await?;
    Ok(Some(row))
}

fn frozen_row(books: &Books, epoch: Epoch, inputs: Option<&Inputs>) -> EpochRow {
    EpochRow {
        epoch,
        attempt: ATTEMPT,
        state: EpochState::Frozen,
        starts_at: books.network.calendar.starts_at(epoch),
        ends_at: books.network.calendar.ends_at(epoch),
        chain_id: books.network.chain_id,
        vault: books.network.vault,
        rule_set: pipeline::rules::CURRENT,
        inputs_hash: inputs.map(hash_of).unwrap_or_default(),
        manifest_hash: None,
        payout_root: None,
        total_cumulative: None,
        document: inputs.map(canonical).unwrap_or_default(),
    }
}

/// Each range ends with the first Close of its epoch, and the chain's begins behind the Close before.
async fn check_ranges(books: &Books, epoch: Epoch, ranges: &[OffsetRange]) -> Result<()> {
    let log: Vec<RawLog> = books.warehouse.read(Slice::All).await?;
    for range in ranges {
        let closes = |epoch: Epoch, offset: KafkaOffset| {
            log.iter().any(|row| {
                (row.topic, row.partition, row.offset) == (range.topic, range.partition, offset)
                    && row.kind == RecordKind::Close
                    && row.closes_epoch == Some(epoch)
                    && row.close_signer == Some(books.network.settler)
            })
        };
        let (topic, partition) = (range.topic, range.partition);
        let first = (range.from.0..=range.to.0).find(|offset| closes(epoch, KafkaOffset(*offset)));
        if first != Some(range.to.0) {
            bail!(Mismatch(format!("{topic}/{partition} does not end with the first Close({epoch}) of the settler")));
        }
        let before = epoch.previous().filter(|_| topic == Topic::ChainEvents);
        if before.is_some_and(|before| !closes(before, KafkaOffset(range.from.0 - 1))) {
            bail!(Mismatch(format!("{topic}/{partition} does not begin behind the Close before")));
        }
    }
    Ok(())
}

async fn freeze_as_given(books: &Books, epoch: Epoch, inputs: &Inputs) -> Result<()> {
    let row = frozen_row(books, epoch, Some(inputs));
    books.warehouse.append(&[row], ATTEMPT, &[], HashMap::new()).await?;
    Ok(())
}

/// Writes the attributions that the bundle gives in place of the job that it withholds the evidence for.
async fn give_attributions(bundle: &Bundle, books: &Books, epoch: Epoch) -> Result<()> {
    let rows: Vec<Attribution> = bundle.given()?;
    let txn = Txn { app: format!("{}/{epoch}", Attribution::DEF.name), expected: None, version: i64::from(ATTEMPT.0) };
    books.warehouse.append(&rows, ATTEMPT, &[txn], HashMap::new()).await?;
    Ok(())
}

fn compare_inputs(given: &Inputs, again: &Inputs) -> Result<()> {
    for (given, again) in given.raw.iter().chain(&given.opening).zip(again.raw.iter().chain(&again.opening)) {
        if given != again {
            bail!(Mismatch(format!(
                "input table {}: the manifest names {} rows with digest {}, the records give {} rows with {}",
                given.table, given.rows, given.digest, again.rows, again.digest
            )));
        }
    }
    if given != again {
        bail!(Mismatch("the inputs document is not what the records give (ranges, artifacts or settings)".into()));
    }
    Ok(())
}

/// Compares two manifests, table by table.
pub fn compare(given: &Manifest, again: &Manifest) -> Result<()> {
    for (given, again) in given.outputs.iter().zip(&again.outputs) {
        if given != again {
            bail!(Mismatch(format!(
                "table {}: the manifest names {} rows with digest {}, recomputed are {} rows with {}",
                given.table, given.rows, given.digest, again.rows, again.digest
            )));
        }
    }
    if given.payout_root != again.payout_root {
        bail!(Mismatch(format!("the root is {}, recomputed {}", given.payout_root, again.payout_root)));
    }
    if given != again {
        bail!(Mismatch("the totals differ from the recomputed ones".into()));
    }
    Ok(())
}
