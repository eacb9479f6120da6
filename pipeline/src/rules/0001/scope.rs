//! Which model versions and adapters pay in an epoch, and whose items they were trained on.

use super::registry::RegistryRows;
use alloy::primitives::B256;
use std::collections::{BTreeMap, BTreeSet};
use warehouse::tables::{Adapter, Contribution, DatanetVersion, ModelVersion};
use warehouse::types::{ContributionId, DatanetId, DatanetVersionId, Epoch, Hash};

/// Largest sketch length x checkpoints: keeps every score inside 64 bits.
pub const SKETCH_VALUES_MAX: u64 = 65_536;
/// Most checkpoints: an index row holds its checkpoint in a byte.
pub const CHECKPOINTS_MAX: u32 = 256;
/// Most items that count per receipt and part.
pub const TOP_K_MAX: u32 = 64;

/// What the influence method needs to know of a model version or an adapter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Influence {
    /// Length of a sketch.
    pub k: u32,
    /// Checkpoints.
    pub checkpoints: u32,
    /// Fewest decoys.
    pub decoys_min: u32,
    /// Items that count per receipt and part.
    pub top_k: u32,
}

impl Influence {
    fn new(method: u8, k: u32, checkpoints: u32, decoys_min: u32, top_k: u32) -> Option<Self> {
        let values = u64::from(k) * u64::from(checkpoints);
        let in_bounds = k.is_multiple_of(4)
            && checkpoints <= CHECKPOINTS_MAX
            && (1..=SKETCH_VALUES_MAX).contains(&values)
            && decoys_min > 0
            && (1..=TOP_K_MAX).contains(&top_k);
        (method == 1 && in_bounds).then_some(Self { k, checkpoints, decoys_min, top_k })
    }

    /// A model version's parameters; `None` when this rule set does not settle them.
    pub fn of_model(row: &ModelVersion) -> Option<Self> {
        Self::new(row.method, row.sketch_k, row.checkpoints, row.decoys_min, row.top_k)
    }

    /// An adapter's parameters; `None` when this rule set does not settle them.
    pub fn of_adapter(row: &Adapter) -> Option<Self> {
        Self::new(row.method, row.sketch_k, row.checkpoints, row.decoys_min, row.top_k)
    }
}

/// A model version or an adapter whose receipts may be charged in an epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Its id.
    pub id: B256,
    /// Its sketch index.
    pub artifact: Hash,
    /// Its parameters.
    pub influence: Influence,
    /// Contributions of its datanet versions, each once.
    pub contributions: BTreeSet<ContributionId>,
}

/// The contributions of some datanet versions, each once.
pub fn contributions_of(pinned: &[DatanetVersionId], versions: &[DatanetVersion]) -> BTreeSet<ContributionId> {
    let pinned: BTreeSet<&DatanetVersionId> = pinned.iter().collect();
    let versions = versions.iter().filter(|version| pinned.contains(&version.version));
    versions.flat_map(|version| version.contributions.iter().copied()).collect()
}

/// The scopes of an epoch, by id. `refused` are those whose artifacts cannot be used.
pub fn scopes(epoch: Epoch, registry: &RegistryRows, refused: &BTreeSet<B256>) -> BTreeMap<B256, Scope> {
    let versions = &registry.datanet_versions;
    let models = registry.models.iter().filter(|row| row.pays_from <= epoch && !row.deprecated).filter_map(|row| {
        let influence = Influence::of_model(row)?;
        let contributions = contributions_of(&row.datanet_versions, versions);
        Some(Scope { id: row.version.0, artifact: row.artifact_hash, influence, contributions })
    });
    let adapters = registry.adapters.iter().filter(|row| row.pays_from <= epoch && !row.deprecated).filter_map(|row| {
        let influence = Influence::of_adapter(row)?;
        let contributions = contributions_of(&row.datanet_versions, versions);
        Some(Scope { id: row.adapter.0, artifact: row.artifact_hash, influence, contributions })
    });
    models.chain(adapters).filter(|scope| !refused.contains(&scope.id)).map(|scope| (scope.id, scope)).collect()
}

/// Accepted items by datanet, copies included.
pub fn items_by_datanet(
    contributions: &BTreeSet<ContributionId>,
    rows: &BTreeMap<ContributionId, Contribution>,
) -> BTreeMap<DatanetId, u64> {
    let mut items = BTreeMap::new();
    for row in contributions.iter().filter_map(|id| rows.get(id)).filter(|row| row.items > 0) {
        *items.entry(row.datanet).or_default() += u64::from(row.items);
    }
    items
}
