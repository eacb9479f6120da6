//! The inputs document and the manifest: canonical JSON (RFC 8785) whose keccak256 is committed.
//! Every integer is a decimal string; no attempt, version, path, device, time of day or build is in either.

use crate::network::Network;
use alloy::primitives::{B256, keccak256};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use warehouse::OffsetRange;
use warehouse::encoding::TableDigest;
use warehouse::types::{Amount, Epoch, Hash, KafkaOffset, Partition, Topic};

/// What `freeze` fixes: ranges, digests, artifacts, rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inputs {
    /// `openbooks.inputs.v1`
    pub format: String,
    /// Number of the rule set.
    pub rule_set: String,
    /// The deployment.
    pub network: NetworkDocument,
    /// Number of the epoch.
    pub epoch: String,
    /// First second of the epoch.
    pub starts_at: String,
    /// First second after it.
    pub ends_at: String,
    /// Offset ranges, by topic and partition.
    pub ranges: Vec<RangeDocument>,
    /// Raw tables.
    pub raw: Vec<DigestDocument>,
    /// Closing tables of the epoch before.
    pub opening: Vec<DigestDocument>,
    /// Artifacts, by kind and hash.
    pub artifacts: Vec<ArtifactDocument>,
    /// Ids of the model versions and adapters whose artifacts cannot be used; ascending.
    pub refused: Vec<String>,
    /// Hash of the manifest of the epoch before; zero for the first.
    pub previous_manifest: String,
}

/// The inputs and what came of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// `openbooks.manifest.v1`
    pub format: String,
    /// The inputs document.
    pub inputs: Inputs,
    /// Its hash.
    pub inputs_hash: String,
    /// Output tables, in the order of the jobs.
    pub outputs: Vec<DigestDocument>,
    /// Root over all accounts' cumulative amounts.
    pub payout_root: String,
    /// Sum of all leaves.
    pub total_cumulative: String,
    /// Sums of the epoch.
    pub totals: Totals,
}

/// Sums of an epoch, in base units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Totals {
    pub charged: String,
    pub earned: String,
    pub returned: String,
    pub corrected: String,
    pub withheld: String,
}

/// A deployment, as documents name it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct NetworkDocument {
    pub chain_id: String,
    pub vault: String,
    pub token: String,
    pub datanets: String,
    pub models: String,
    pub operators: String,
    pub splits: String,
    pub governance: String,
    pub settler: String,
    pub genesis: String,
    pub epoch_length: String,
    pub receipts_partitions: String,
}

/// A range of offsets, both ends inclusive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct RangeDocument {
    pub topic: String,
    pub partition: String,
    pub from: String,
    pub to: String,
}

/// A table's rows and digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct DigestDocument {
    pub table: String,
    pub rows: String,
    pub digest: String,
}

/// An artifact: kind `index` or `items`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct ArtifactDocument {
    pub kind: String,
    pub hash: String,
}

impl From<&Network> for NetworkDocument {
    fn from(network: &Network) -> Self {
        let hex = |address| format!("{address:#x}");
        Self {
            chain_id: network.chain_id.to_string(),
            vault: hex(network.vault),
            token: hex(network.token),
            datanets: hex(network.datanets),
            models: hex(network.models),
            operators: hex(network.operators),
            splits: hex(network.splits),
            governance: hex(network.governance),
            settler: hex(network.settler),
            genesis: network.calendar.genesis_s.to_string(),
            epoch_length: network.calendar.length_s.to_string(),
            receipts_partitions: network.receipts_partitions.to_string(),
        }
    }
}

impl NetworkDocument {
    /// The deployment that this names; `None` when a field is malformed.
    pub fn network(&self) -> Option<Network> {
        Some(Network {
            chain_id: self.chain_id.parse().ok()?,
            vault: self.vault.parse().ok()?,
            token: self.token.parse().ok()?,
            datanets: self.datanets.parse().ok()?,
            models: self.models.parse().ok()?,
            operators: self.operators.parse().ok()?,
            splits: self.splits.parse().ok()?,
            governance: self.governance.parse().ok()?,
            settler: self.settler.parse().ok()?,
            calendar: warehouse::types::EpochCalendar {
                genesis_s: self.genesis.parse().ok()?,
                length_s: self.epoch_length.parse().ok().filter(|length| *length > 0)?,
            },
            receipts_partitions: self.receipts_partitions.parse().ok()?,
        })
    }
}

impl From<&OffsetRange> for RangeDocument {
    fn from(range: &OffsetRange) -> Self {
        Self {
            topic: range.topic.name().into(),
            partition: range.partition.to_string(),
            from: range.from.to_string(),
            to: range.to.to_string(),
        }
    }
}

impl RangeDocument {
    fn range(&self) -> Option<OffsetRange> {
        Some(OffsetRange {
            topic: Topic::parse(&self.topic)?,
            partition: Partition(self.partition.parse().ok()?),
            from: KafkaOffset(self.from.parse().ok()?),
            to: KafkaOffset(self.to.parse().ok()?),
        })
    }
}

impl From<&TableDigest> for DigestDocument {
    fn from(digest: &TableDigest) -> Self {
        Self { table: digest.table.into(), rows: digest.rows.to_string(), digest: digest.digest.to_string() }
    }
}

impl Inputs {
    /// The format's name.
    pub const FORMAT: &str = "openbooks.inputs.v1";

    /// The ranges; `None` when one is malformed.
    pub fn ranges(&self) -> Option<Vec<OffsetRange>> {
        self.ranges.iter().map(RangeDocument::range).collect()
    }

    /// The model versions and adapters whose artifacts cannot be used; `None` when one is malformed.
    pub fn refused(&self) -> Option<BTreeSet<B256>> {
        self.refused.iter().map(|id| id.parse().ok()).collect()
    }

    /// The epoch; `None` when it is malformed.
    pub fn epoch(&self) -> Option<Epoch> {
        self.epoch.parse().ok().filter(|epoch| *epoch > 0).map(Epoch)
    }
}

impl Manifest {
    /// The format's name.
    pub const FORMAT: &str = "openbooks.manifest.v1";

    /// The sum of all leaves; `None` when it is malformed.
    pub fn total(&self) -> Option<Amount> {
        self.total_cumulative.parse().ok().and_then(Amount::new)
    }
}

/// The canonical bytes of a document.
pub fn canonical<D: Serialize>(document: &D) -> String {
    // The documents hold strings and lists only: their canonical form always exists.
    serde_json_canonicalizer::to_string(document).unwrap_or_default()
}

/// The hash of a document: keccak256 of its canonical bytes.
pub fn hash_of<D: Serialize>(document: &D) -> Hash {
    Hash(keccak256(canonical(document)))
}
