//! Attribute: which contributions influenced which charged receipt, as integer weights.

use super::artifacts::Shelf;
use super::run::{Books, Job, Report, Run};
use crate::artifact::{IndexRow, SketchIndex};
use crate::error::Error;
use crate::rules::rules_0001::roles::{ADAPTER, BASE};
use crate::rules::rules_0001::scope::{Scope, scopes};
use alloy::primitives::B256;
use kernels::influence::{Scored, Shape, Sketches};
use std::collections::{BTreeMap, BTreeSet};
use warehouse::tables::attributions::PartWeight;
use warehouse::tables::charges::Outcome;
use warehouse::tables::{Attribution, Charge, Copy, RawEvidence};
use warehouse::types::{ContributionId, ContributionNumber, Epoch, ReceiptId, Weight};

/// A receipt's tau and weights in one part.
type PartResult = (i64, Vec<PartWeight>);

/// Scores every charged receipt against the indexes of its model version and adapter.
pub(super) async fn attribute(books: &Books, epoch: Epoch) -> Result<Report, Error> {
    let mut run = Run::begin(books, Job::Attribute, epoch).await?;
    let registry = run.registry().await?;
    let charges: Vec<Charge> = run.output().await?;
    let copies: Vec<Copy> = run.output().await?;
    let evidence: Vec<RawEvidence> = run.raw(|row: &RawEvidence| (row.topic, row.partition, row.offset)).await?;
    let evidence: BTreeMap<_, _> =
        evidence.iter().map(|row| ((row.topic, row.partition, row.offset, row.index), row)).collect();
    let numbers: BTreeMap<ContributionId, ContributionNumber> =
        registry.contributions.iter().map(|row| (row.contribution, row.number)).collect();

    let mut queries: BTreeMap<(B256, u8), Vec<(ReceiptId, &RawEvidence)>> = BTreeMap::new();
    let charged = || charges.iter().filter(|charge| charge.outcome == Outcome::Charged);
    for charge in charged() {
        let found = evidence.get(&(charge.topic, charge.partition, charge.offset, charge.index));
        let found =
            *found.ok_or_else(|| run.broken(format!("receipt {} was charged without evidence", charge.receipt)))?;
        queries.entry((charge.model_version.0, BASE)).or_default().push((charge.receipt, found));
        if let Some(adapter) = charge.adapter {
            queries.entry((adapter.0, ADAPTER)).or_default().push((charge.receipt, found));
        }
    }
    let scopes = scopes(epoch, &registry, &run.refused);
    let shelf = Shelf::new(&run.books.artifacts, run.job, epoch);
    let mut results: BTreeMap<(ReceiptId, u8), PartResult> = BTreeMap::new();
    for ((id, part), queries) in queries {
        let scope = scopes.get(&id).ok_or_else(|| run.broken(format!("{id} was charged and does not pay")))?;
        let index = shelf.index(scope).await?;
        let scored = score(books, scope, &index, &copies, &numbers, part, &queries)
            .map_err(|source| Error::Kernel { epoch, source })?;
        results.extend(queries.iter().map(|(receipt, _)| (*receipt, part)).zip(scored));
    }
    let rows: Vec<Attribution> = charged().map(|charge| attribution(epoch, charge, &results)).collect();
    run.commit(&rows).await?;
    Ok(run.report(format!("on {}", books.runtime)))
}

fn attribution(epoch: Epoch, charge: &Charge, results: &BTreeMap<(ReceiptId, u8), PartResult>) -> Attribution {
    let base = results.get(&(charge.receipt, BASE));
    let adapter = results.get(&(charge.receipt, ADAPTER));
    Attribution {
        epoch,
        receipt: charge.receipt,
        fee: charge.fee,
        model_version: charge.model_version,
        adapter: charge.adapter,
        tau_base: base.map_or(0, |(tau, _)| *tau),
        tau_adapter: adapter.map(|(tau, _)| *tau),
        weights: base.into_iter().chain(adapter).flat_map(|(_, weights)| weights.iter().copied()).collect(),
    }
}

/// Scores one part of many receipts against one index: representatives only, by number and item.
fn score(
    books: &Books,
    scope: &Scope,
    index: &SketchIndex,
    copies: &[Copy],
    numbers: &BTreeMap<ContributionId, ContributionNumber>,
    part: u8,
    queries: &[(ReceiptId, &RawEvidence)],
) -> Result<Vec<PartResult>, kernels::Error> {
    let copied: BTreeSet<(ContributionId, u32)> =
        copies.iter().filter(|copy| copy.scope == scope.id).map(|copy| (copy.contribution, copy.item)).collect();
    let mut rows: Vec<(ContributionNumber, u32, &IndexRow)> = index
        .items
        .iter()
        .filter(|(key, _)| !copied.contains(*key))
        .filter_map(|((contribution, item), row)| Some((*numbers.get(contribution)?, *item, row)))
        .collect();
    rows.sort_by_key(|(number, item, _)| (*number, *item));
    let size = |value: u32| usize::try_from(value).unwrap_or(usize::MAX);
    let shape = Shape::new(size(scope.influence.k), size(scope.influence.checkpoints))?;

    let (mut exponents, mut values) = (Vec::<u8>::new(), Vec::<u8>::new());
    for (_, evidence) in queries {
        for sketch in evidence.sketches.iter().filter(|sketch| sketch.part == part) {
            let start = size(sketch.start);
            exponents.push(u8::try_from(sketch.exponent).unwrap_or(u8::MAX));
            values.extend(evidence.evidence.get(start..start + size(sketch.length)).unwrap_or_default());
        }
    }
    let queries = Sketches::new(shape, bytemuck::cast_slice(&values), &exponents)?;
    let (item_exponents, item_values) = concatenate(rows.iter().map(|(_, _, row)| *row));
    let (decoy_exponents, decoy_values) = concatenate(index.decoys.iter());
    let items = Sketches::new(shape, bytemuck::cast_slice(&item_values), &item_exponents)?;
    let decoys = Sketches::new(shape, bytemuck::cast_slice(&decoy_values), &decoy_exponents)?;
    let scored = books.runtime.score_topk(queries, items, decoys, size(scope.influence.top_k))?;
    Ok(scored.iter().map(|scored| (scored.tau, weights(part, scored, &rows))).collect())
}

fn concatenate<'r>(rows: impl Iterator<Item = &'r IndexRow>) -> (Vec<u8>, Vec<u8>) {
    rows.fold((Vec::new(), Vec::new()), |(mut exponents, mut values), row| {
        exponents.extend(&row.exponents);
        values.extend(&row.values);
        (exponents, values)
    })
}

/// The weight of each contribution: the sum of its items' scores above tau, by number.
fn weights(part: u8, scored: &Scored, rows: &[(ContributionNumber, u32, &IndexRow)]) -> Vec<PartWeight> {
    let mut sums: BTreeMap<ContributionNumber, u128> = BTreeMap::new();
    for hit in &scored.top {
        let row = usize::try_from(hit.position).ok().and_then(|at| rows.get(at));
        if let Some((number, _, _)) = row {
            *sums.entry(*number).or_default() += u128::from(hit.a.unsigned_abs());
        }
    }
    sums.into_iter().map(|(number, weight)| PartWeight { part, number, weight: Weight(weight) }).collect()
}
