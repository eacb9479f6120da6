//! Bundles: everything that a stranger needs to recompute an epoch, in one file (docs/formats.md, "Bundle").

use crate::failure::{Mismatch, NotReady};
use crate::settings::ingest_network;
use anyhow::{Context, Result, bail};
use bytes::Bytes;
use ingest::{RawRows, Record, RecordingWriter, rebuild};
use pipeline::documents::{Inputs, Manifest, canonical};
use pipeline::jobs::{Books, raw_ranges, settled};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;
use warehouse::encoding::encode_rows;
use warehouse::table::Table;
use warehouse::tables::{
    Adapter, Attribution, Balance, EpochRow, LaneHead, ModelVersion, Payout, Pending, Quarantined, RawBatch,
    RawChainEvent, RawEvidence, RawLog, RawReceipt, Spend,
};
use warehouse::types::{Epoch, Hash, KafkaOffset, ModelVersionId, Partition, ReceiptId, Topic};
use warehouse::{OffsetRange, Slice};

/// What a bundle says about itself.
const README: &str = include_str!("bundle-readme.txt");
const TRAILER_BYTES: usize = 32;
/// Most bytes of a bundle that is read.
const BUNDLE_BYTES_MAX: u64 = 16 << 30;

/// A bundle's members by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    members: BTreeMap<String, Bytes>,
    /// The manifest that it holds.
    pub manifest: Manifest,
}

impl Bundle {
    /// Collects an epoch's bundle from the warehouse. Restricted evidence stays out.
    pub async fn collect(books: &Books, epoch: Epoch) -> Result<Self> {
        let row = settled(books, epoch).await?;
        let Some(row) = row else {
            bail!(NotReady(format!("epoch {epoch} is not settled; run `openbooks epoch run --epoch {epoch}`")))
        };
        let manifest: Manifest = serde_json::from_str(&row.document).context("the stored manifest is unreadable")?;
        let inputs = &manifest.inputs;
        let mut members = BTreeMap::from([("README.txt".to_owned(), Bytes::from_static(README.as_bytes()))]);
        members.insert("manifest.json".into(), canonical(&manifest).into());

        let mut rows = raw_rows(books, inputs).await?;
        members.insert(given("raw_evidence"), rows_file(&rows.evidence));
        withhold(books, epoch, &row, &mut rows).await?;
        let records = rebuild(&rows)?;
        for topic in Topic::ALL {
            members.insert(events(topic), recording(books, topic, &records)?);
        }
        let slice = Slice::Epoch(epoch, row.attempt);
        members.insert(given("attributions"), rows_file(&books.warehouse.read::<Attribution>(slice).await?));
        let previous = match epoch.previous() {
            None => None,
            Some(previous) => settled(books, previous).await?,
        };
        macro_rules! opening {
            ($($row:ty),+) => {$(
                let rows: Vec<$row> = match &previous {
                    None => Vec::new(),
                    Some(row) => books.warehouse.read(Slice::Epoch(row.epoch, row.attempt)).await?,
                };
                members.insert(opening(<$row>::DEF.name), rows_file(&rows));
            )+};
        }
        opening!(LaneHead, Spend, Balance, Pending, Payout);
        for artifact in &inputs.artifacts {
            let hash = Hash(artifact.hash.parse()?);
            let bytes = books.artifacts.get(hash).await?;
            let bytes = bytes
                .ok_or_else(|| NotReady(format!("artifact {hash} is missing in {}", books.artifacts.location())))?;
            members.insert(format!("artifacts/{}", alloy::hex::encode(hash.0)), bytes);
        }
        Ok(Self { members, manifest })
    }

    /// The bundle in a file.
    ///
    /// # Errors
    /// [`Mismatch`] when any byte is not what a bundle of these members has.
    pub fn read(path: &Path) -> Result<Self> {
        let file = std::fs::File::open(path)
            .map_err(|error| crate::failure::Usage(format!("bundle {} cannot be read: {error}", path.display())))?;
        let mut bytes = Vec::new();
        file.take(BUNDLE_BYTES_MAX).read_to_end(&mut bytes)?;
        Self::parse(&bytes, &path.display().to_string())
    }

    /// The bundle in bytes; `name` is for errors.
    ///
    /// # Errors
    /// As [`Bundle::read`].
    pub fn parse(bytes: &[u8], name: &str) -> Result<Self> {
        let altered = |what: &str| Mismatch(format!("bundle {name}: {what}; it was altered or cut off"));
        let cut = bytes.len().checked_sub(TRAILER_BYTES).ok_or_else(|| altered("it is too short"))?;
        if Sha256::digest(&bytes[..cut]).as_slice() != &bytes[cut..] {
            bail!(altered("its SHA-256 is not the one at its end"));
        }
        let mut members = BTreeMap::new();
        let mut archive = tar::Archive::new(&bytes[..cut]);
        for entry in archive.entries().map_err(|_| altered("it is no tar archive"))? {
            let mut entry = entry.map_err(|_| altered("a member's header is broken"))?;
            let name = entry.path().map_err(|_| altered("a member's name is broken"))?.display().to_string();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).map_err(|_| altered("a member is cut off"))?;
            members.insert(name, Bytes::from(content));
        }
        let manifest = members.get("manifest.json").ok_or_else(|| altered("it has no manifest.json"))?;
        let manifest: Manifest =
            serde_json::from_slice(manifest).map_err(|_| altered("manifest.json is no manifest"))?;
        let bundle = Self { members, manifest };
        if bundle.members.get("README.txt").is_none_or(|readme| readme != README.as_bytes()) {
            bail!(altered("README.txt is not the text of this format"));
        }
        if bundle.members["manifest.json"] != canonical(&bundle.manifest).as_bytes() {
            bail!(altered("manifest.json is not in canonical form"));
        }
        if bundle.names() != bundle.expected_names() {
            bail!(altered("its members are not those that its manifest needs"));
        }
        if bundle.to_bytes()? != bytes {
            bail!(altered("its archive is not in canonical form"));
        }
        Ok(bundle)
    }

    /// The bundle's bytes: members by name, fixed headers, SHA-256 at the end.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let mut archive = tar::Builder::new(Vec::new());
        for (name, content) in &self.members {
            let mut header = tar::Header::new_ustar();
            header.set_entry_type(tar::EntryType::Regular);
            header.set_mode(0o644);
            header.set_uid(0);
            header.set_gid(0);
            header.set_mtime(0);
            header.set_size(content.len() as u64);
            archive.append_data(&mut header, name, content.as_ref())?;
        }
        let mut bytes = archive.into_inner()?;
        let trailer = Sha256::digest(&bytes);
        bytes.extend(trailer);
        Ok(bytes)
    }

    fn names(&self) -> BTreeSet<String> {
        self.members.keys().cloned().collect()
    }

    fn expected_names(&self) -> BTreeSet<String> {
        let mut names: BTreeSet<String> = ["README.txt".to_owned(), "manifest.json".to_owned()].into();
        names.extend(Topic::ALL.map(events));
        names.extend(["raw_evidence", "attributions"].map(given));
        names.extend(self.manifest.inputs.opening.iter().map(|digest| opening(&digest.table)));
        let artifacts = self.manifest.inputs.artifacts.iter();
        names.extend(artifacts.map(|artifact| format!("artifacts/{}", artifact.hash.trim_start_matches("0x"))));
        names
    }

    /// The recorded topic file of a topic.
    pub fn events(&self, topic: Topic) -> Bytes {
        self.member(&events(topic))
    }

    /// The rows of a table that is taken as given.
    pub fn given<T: Table>(&self) -> Result<Vec<T>> {
        parse_rows(&self.member(&given(T::DEF.name)))
    }

    /// The rows of an opening table.
    pub fn opening<T: Table>(&self) -> Result<Vec<T>> {
        parse_rows(&self.member(&opening(T::DEF.name)))
    }

    /// Artifacts by hex name.
    pub fn artifacts(&self) -> impl Iterator<Item = (&str, &Bytes)> {
        self.members.iter().filter_map(|(name, bytes)| Some((name.strip_prefix("artifacts/")?, bytes)))
    }

    fn member(&self, name: &str) -> Bytes {
        self.members.get(name).cloned().unwrap_or_default()
    }
}

fn events(topic: Topic) -> String {
    format!("events/{}.rec", topic.name())
}

fn given(table: &str) -> String {
    format!("given/{table}.rows")
}

fn opening(table: &str) -> String {
    format!("opening/{table}.rows")
}

/// The records behind the raw rows of an epoch, as the one recorded file of each topic that a bundle may hold.
pub async fn recordings(books: &Books, inputs: &Inputs) -> Result<BTreeMap<Topic, Bytes>> {
    let records = rebuild(&raw_rows(books, inputs).await?)?;
    Topic::ALL.into_iter().map(|topic| Ok((topic, recording(books, topic, &records)?))).collect()
}

/// The raw rows of an epoch; of the chain, everything up to the cutoff.
async fn raw_rows(books: &Books, inputs: &Inputs) -> Result<RawRows> {
    let ranges = inputs.ranges().context("the manifest names no valid ranges")?;
    let ranges = raw_ranges(&ranges);
    macro_rules! read {
        ($row:ty) => {
            books.warehouse.read_ranges(&ranges, |row: &$row| (row.topic, row.partition, row.offset)).await?
        };
    }
    Ok(RawRows {
        log: read!(RawLog),
        batches: read!(RawBatch),
        receipts: read!(RawReceipt),
        evidence: read!(RawEvidence),
        events: read!(RawChainEvent),
        quarantined: read!(Quarantined),
    })
}

/// Takes the bytes out of evidence that its model version, or its adapter, keeps restricted.
async fn withhold(books: &Books, epoch: Epoch, row: &EpochRow, rows: &mut RawRows) -> Result<()> {
    let slice = Slice::Epoch(epoch, row.attempt);
    let models: Vec<ModelVersion> = books.warehouse.read(slice).await?;
    let adapters: Vec<Adapter> = books.warehouse.read(slice).await?;
    let public: BTreeSet<ModelVersionId> =
        models.iter().filter(|model| model.evidence_public).map(|model| model.version).collect();
    let public_adapters: BTreeSet<_> =
        adapters.iter().filter(|adapter| adapter.evidence_public).map(|adapter| adapter.adapter).collect();
    let is_public = |receipt: &RawReceipt| {
        public.contains(&receipt.model_version)
            && receipt.adapter.is_none_or(|adapter| public_adapters.contains(&adapter))
    };
    // A blob that a restricted receipt names stays out wherever else it is named.
    let restricted: BTreeSet<Hash> =
        rows.receipts.iter().filter(|receipt| !is_public(receipt)).map(|receipt| receipt.evidence_hash).collect();
    let shown: BTreeSet<ReceiptId> =
        rows.receipts.iter().filter(|receipt| is_public(receipt)).map(|receipt| receipt.receipt).collect();
    for evidence in &mut rows.evidence {
        if restricted.contains(&evidence.evidence_hash) || !shown.contains(&evidence.receipt) {
            evidence.evidence = Vec::new();
        }
    }
    Ok(())
}

fn recording(books: &Books, topic: Topic, records: &[Record]) -> Result<Bytes> {
    let partitions = ingest_network(&books.network).partitions(topic);
    let mut writer = RecordingWriter::new(Vec::new(), Path::new(topic.name()), topic, partitions)?;
    for record in records.iter().filter(|record| record.topic == topic) {
        writer.write(record)?;
    }
    Ok(writer.finish()?.into())
}

fn rows_file<T: Table>(rows: &[T]) -> Bytes {
    let mut file = Vec::new();
    for row in encode_rows(rows) {
        let length = u32::try_from(row.row.len()).unwrap_or(u32::MAX);
        file.extend(length.to_be_bytes());
        file.extend(row.row);
    }
    file.into()
}

fn parse_rows<T: Table>(whole: &[u8]) -> Result<Vec<T>> {
    let mut file = whole;
    let broken = |wrong: String| Mismatch(format!("bundle: rows of {}: {wrong}", T::DEF.name));
    let mut rows = Vec::new();
    while !file.is_empty() {
        let cut = || broken("cut off".into());
        let (length, rest) = file.split_first_chunk::<4>().ok_or_else(cut)?;
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        let (row, rest) = rest.split_at_checked(length).ok_or_else(cut)?;
        rows.push(warehouse::encoding::decode_row(row).map_err(broken)?);
        file = rest;
    }
    if rows_file(&rows) != whole {
        return Err(broken("not in canonical form".into()).into());
    }
    Ok(rows)
}

/// Where a partition's records begin in a bundle.
pub fn starts(ranges: &[OffsetRange]) -> impl Iterator<Item = (Topic, Partition, KafkaOffset)> {
    ranges.iter().filter(|range| range.topic == Topic::Receipts).map(|range| (range.topic, range.partition, range.from))
}
