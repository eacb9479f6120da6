//! Clusters: which items are copies of which, and whether every index is complete.

use super::run::{Books, Job, Report, Run};
use crate::artifact::{ItemList, SketchIndex};
use crate::error::Error;
use crate::rules::rules_0001::copies::copies;
use crate::rules::rules_0001::scope::{Scope, scopes};
use alloy::primitives::B256;
use bytes::Bytes;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use warehouse::tables::Contribution;
use warehouse::types::{ContributionId, Epoch, Hash};

/// Finds the copies among the items of each model version and adapter that pays.
pub(super) async fn clusters(books: &Books, epoch: Epoch) -> Result<Report, Error> {
    let mut run = Run::begin(books, Job::Clusters, epoch).await?;
    let registry = run.registry().await?;
    let contributions: BTreeMap<ContributionId, Contribution> =
        registry.contributions.iter().map(|row| (row.contribution, row.clone())).collect();
    let mut items: BTreeMap<Hash, Vec<B256>> = BTreeMap::new();
    let mut rows = Vec::new();
    for scope in scopes(epoch, &registry.models, &registry.adapters, &registry.datanet_versions).values() {
        let members = scope.contributions.iter().filter_map(|id| contributions.get(id));
        for member in members.clone() {
            if let Entry::Vacant(entry) = items.entry(member.content_hash) {
                let bytes = fetch(&run, member.content_hash).await?;
                entry.insert(ItemList::parse(member.content_hash, &bytes)?.0);
            }
        }
        load_index(&run, scope).await?.check_items(members.map(|member| (member.contribution, member.items)))?;
        rows.extend(copies(epoch, scope, &contributions, &items).map_err(|broken| run.broken(broken))?);
    }
    run.commit(&rows).await?;
    Ok(run.report(format!("{} copies", rows.len())))
}

/// The bytes of an artifact.
async fn fetch(run: &Run<'_>, hash: Hash) -> Result<Bytes, Error> {
    let found = run.books.artifacts.get(hash).await.map_err(|source| run.failed(source))?;
    found.ok_or_else(|| Error::Artifact {
        hash,
        wrong: format!("it is missing in {}", run.books.artifacts.location()),
        remedy: "bring the file from where its owner published it, under its hex name without 0x",
        replaceable: true,
    })
}

/// The sketch index of a scope, checked against its hash and parameters.
pub(super) async fn load_index(run: &Run<'_>, scope: &Scope) -> Result<SketchIndex, Error> {
    SketchIndex::parse(scope.artifact, &fetch(run, scope.artifact).await?, scope.influence)
}
