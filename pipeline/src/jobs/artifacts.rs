//! The artifacts that a night reads: each is checked against its name, and against what was pinned, before it is used.

use super::run::Job;
use crate::artifact::{INDEX, ITEMS, ItemList, SketchIndex, refused};
use crate::error::Error;
use crate::rules::rules_0001::scope::Scope;
use alloy::primitives::B256;
use bytes::Bytes;
use std::collections::BTreeMap;
use warehouse::Artifacts;
use warehouse::tables::Contribution;
use warehouse::types::{ContributionId, Epoch, Hash};

/// Where a job takes artifacts from. Item lists stay in memory, 32 bytes an item; an index is read each time.
pub(super) struct Shelf<'a> {
    store: &'a Artifacts,
    job: Job,
    epoch: Epoch,
    items: BTreeMap<Hash, Vec<B256>>,
}

impl<'a> Shelf<'a> {
    /// An empty shelf.
    pub(super) fn new(store: &'a Artifacts, job: Job, epoch: Epoch) -> Self {
        Self { store, job, epoch, items: BTreeMap::new() }
    }

    /// The item lists read so far, by content hash.
    pub(super) const fn items(&self) -> &BTreeMap<Hash, Vec<B256>> {
        &self.items
    }

    /// Checks that a scope can be settled: the lists of its contributions are there and hold the accepted items, its
    /// index is there and complete. Cost: one read and one hash of each byte of the index.
    ///
    /// # Errors
    /// [`Error::Artifact`] names the first that is missing or not what was pinned.
    pub(super) async fn check(
        &mut self,
        scope: &Scope,
        contributions: &BTreeMap<ContributionId, Contribution>,
    ) -> Result<(), Error> {
        let members = scope.contributions.iter().filter_map(|id| contributions.get(id));
        for member in members.clone() {
            let hash = member.content_hash;
            if !self.items.contains_key(&hash) {
                let list = ItemList::parse(hash, &self.fetch(ITEMS, hash).await?)?;
                self.items.insert(hash, list.0);
            }
            let listed = self.items.get(&hash).map_or(0, Vec::len);
            if (listed as u64) < u64::from(member.items) {
                return Err(refused(ITEMS, hash, format!("it lists {listed} items, {} were accepted", member.items)));
            }
        }
        self.index(scope).await?.check_items(members.map(|member| (member.contribution, member.items)))
    }

    /// The sketch index of a scope, checked against its hash and parameters.
    ///
    /// # Errors
    /// As [`Shelf::check`].
    pub(super) async fn index(&self, scope: &Scope) -> Result<SketchIndex, Error> {
        SketchIndex::parse(scope.artifact, &self.fetch(INDEX, scope.artifact).await?, scope.influence)
    }

    async fn fetch(&self, kind: &'static str, hash: Hash) -> Result<Bytes, Error> {
        let failed = |source| Error::Warehouse { job: self.job.name(), epoch: self.epoch, source };
        self.store.get(hash).await.map_err(failed)?.ok_or_else(|| Error::Artifact {
            kind,
            hash,
            wrong: format!("it is missing in {}", self.store.location()),
            remedy: "bring the file, under its hex name without 0x, from where its owner published it or from the bundle of an earlier epoch",
            replaceable: true,
        })
    }
}
