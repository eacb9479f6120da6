//! Which items are copies of which: the earliest commitment of an item is its representative.

use super::scope::Scope;
use alloy::primitives::B256;
use std::collections::BTreeMap;
use warehouse::tables::clusters::CopyTest;
use warehouse::tables::{Contribution, Copy};
use warehouse::types::{BasisPoints, ContributionId, Epoch, Hash};

/// The copies among a scope's items. `items` gives the item hashes behind a content hash.
///
/// In commit order, then item order, an item joins the earliest representative with its hash, else becomes one;
/// so a later commitment never changes an earlier item's cluster. Cost: n log n in the number of items.
///
/// # Errors
/// When the item hashes of a contribution are missing or fewer than its accepted items.
pub fn copies(
    epoch: Epoch,
    scope: &Scope,
    contributions: &BTreeMap<ContributionId, Contribution>,
    items: &BTreeMap<Hash, Vec<B256>>,
) -> Result<Vec<Copy>, String> {
    let mut members: Vec<&Contribution> = scope.contributions.iter().filter_map(|id| contributions.get(id)).collect();
    members.sort_by_key(|row| (row.commit_block, row.commit_log));
    let mut representatives: BTreeMap<B256, (ContributionId, u32)> = BTreeMap::new();
    let mut copies = Vec::new();
    for row in members {
        let hashes = items.get(&row.content_hash).filter(|hashes| hashes.len() as u64 >= u64::from(row.items));
        let hashes = hashes.ok_or_else(|| format!("item hashes of contribution {} are missing", row.contribution))?;
        for (item, hash) in (0..row.items).zip(hashes) {
            match representatives.get(hash) {
                Some((original_contribution, original_item)) => copies.push(Copy {
                    epoch,
                    scope: scope.id,
                    contribution: row.contribution,
                    item,
                    original_contribution: *original_contribution,
                    original_item: *original_item,
                    test: CopyTest::Exact,
                    similarity: BasisPoints::WHOLE,
                }),
                None => {
                    representatives.insert(*hash, (row.contribution, item));
                }
            }
        }
    }
    Ok(copies)
}
