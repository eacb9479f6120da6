//! Freeze: fixes what an epoch is settled from. It reads tables only.

use super::artifacts::Shelf;
use super::run::{Books, Job, Report, not_settled, raw_ranges, settled};
use crate::artifact::{INDEX, ITEMS};
use crate::documents::{
    ArtifactDocument, DigestDocument, Inputs, Manifest, NetworkDocument, RangeDocument, canonical, hash_of,
};
use crate::error::Error;
use crate::rules;
use crate::rules::rules_0001::{registry, scope};
use alloy::primitives::B256;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use warehouse::encoding::digest_of;
use warehouse::tables::epochs::EpochState;
use warehouse::tables::raw_log::RecordKind;
use warehouse::tables::{
    Balance, Contribution, EpochRow, LaneHead, Payout, Pending, Quarantined, RawBatch, RawChainEvent, RawEvidence,
    RawLog, RawReceipt, Spend,
};
use warehouse::types::{Attempt, ContributionId, Epoch, KafkaOffset, Partition, Topic};
use warehouse::{OffsetRange, Slice, Txn};

/// Freezes an epoch.
///
/// # Errors
/// [`Error::NotReady`] when the epoch before is not settled or a partition is not closed;
/// [`Error::AlreadyDone`] when the same inputs are frozen; [`Error::Invariant`] when offsets have a gap.
pub async fn freeze(books: &Books, epoch: Epoch) -> Result<Report, Error> {
    let failed = |source| Error::Warehouse { job: "freeze", epoch, source };
    let previous = match epoch.previous() {
        None => None,
        Some(previous) => {
            Some(settled(books, previous).await?.ok_or_else(|| not_settled(previous, Job::Freeze, epoch))?)
        }
    };
    let log: Vec<RawLog> = books.warehouse.read(Slice::All).await.map_err(failed)?;
    let ranges = ranges_of(books, epoch, &log)?;
    let Found { inputs, refused } = inputs_of(books, epoch, &ranges, previous.as_ref()).await?;
    let notes: String = refused.iter().map(|(id, why)| format!("; {id} is refused: {why}")).collect();
    check_none_lost(books, epoch, previous.as_ref(), refused).await?;

    let rows: Vec<EpochRow> = books.warehouse.read(Slice::All).await.map_err(failed)?;
    let frozen = rows.iter().filter(|row| row.epoch == epoch && row.state == EpochState::Frozen);
    let last = frozen.max_by_key(|row| row.attempt);
    let inputs_hash = hash_of(&inputs);
    let dead = last.is_some_and(|last| is_dead(&rows, last));
    if !dead && last.is_some_and(|last| last.inputs_hash == inputs_hash) {
        return Err(Error::AlreadyDone { job: "freeze", epoch });
    }
    if let Some(live) = rows.iter().find(|row| {
        !dead
            && row.epoch == epoch
            && Some(row.attempt) == last.map(|last| last.attempt)
            && matches!(row.state, EpochState::Proposed | EpochState::Final)
    }) {
        // A file that came later changes nothing about a root that is out.
        let frozen: Option<Inputs> = last.and_then(|last| serde_json::from_str(&last.document).ok());
        let as_frozen = frozen.map(|frozen| Inputs { artifacts: frozen.artifacts, refused: frozen.refused, ..inputs });
        if as_frozen.is_some_and(|inputs| last.is_some_and(|last| last.inputs_hash == hash_of(&inputs))) {
            return Err(Error::AlreadyDone { job: "freeze", epoch });
        }
        let broken = format!("other inputs ({inputs_hash}) while the root of attempt {} is live", live.attempt);
        return Err(Error::Invariant { epoch, step: "freeze", broken });
    }
    let attempt = Attempt(last.map_or(1, |last| last.attempt.0 + 1));
    let row = EpochRow {
        epoch,
        attempt,
        state: EpochState::Frozen,
        starts_at: books.network.calendar.starts_at(epoch),
        ends_at: books.network.calendar.ends_at(epoch),
        chain_id: books.network.chain_id,
        vault: books.network.vault,
        rule_set: rules::CURRENT,
        inputs_hash,
        manifest_hash: None,
        payout_root: None,
        total_cumulative: None,
        document: canonical(&inputs),
    };
    let txn = Txn {
        app: format!("epochs/{epoch}/frozen"),
        expected: last.map(|last| i64::from(last.attempt.0)),
        version: i64::from(attempt.0),
    };
    match books.warehouse.append(&[row], attempt, &[txn], HashMap::new()).await {
        Ok(_) => Ok(Report { rows: vec![("epochs", 1)], note: format!("inputs {inputs_hash}{notes}") }),
        Err(warehouse::Error::Moved { .. }) => Err(Error::AlreadyDone { job: "freeze", epoch }),
        Err(source) => Err(failed(source)),
    }
}

/// Whether the attempt's root was cancelled or revoked: then the epoch is settled again, from whatever inputs.
fn is_dead(rows: &[EpochRow], attempt: &EpochRow) -> bool {
    rows.iter().any(|row| {
        (row.epoch, row.attempt) == (attempt.epoch, attempt.attempt)
            && matches!(row.state, EpochState::Cancelled | EpochState::Revoked)
    })
}

/// The epoch's range in every partition: after the Close before, up to its own Close, without a gap.
fn ranges_of(books: &Books, epoch: Epoch, log: &[RawLog]) -> Result<Vec<OffsetRange>, Error> {
    let mut partitions: BTreeMap<(Topic, Partition), BTreeMap<KafkaOffset, &RawLog>> = BTreeMap::new();
    for record in log {
        partitions.entry((record.topic, record.partition)).or_default().insert(record.offset, record);
    }
    let receipts = (0..books.network.receipts_partitions).map(|partition| (Topic::Receipts, Partition(partition)));
    let expected = std::iter::once((Topic::ChainEvents, Partition(0))).chain(receipts);
    let mut ranges = Vec::new();
    for (topic, partition) in expected {
        let records = partitions.remove(&(topic, partition)).unwrap_or_default();
        let close = |epoch: Epoch| {
            let mut closes = records.values().filter(|record| {
                record.kind == RecordKind::Close
                    && record.closes_epoch == Some(epoch)
                    && record.close_signer == Some(books.network.settler)
            });
            closes.next().map(|record| record.offset).ok_or_else(|| Error::NotReady {
                job: "freeze",
                epoch,
                missing: format!(
                    "{topic}/{partition} (of {} partitions) holds no Close({epoch}) by the settler {:#x}",
                    if topic == Topic::Receipts { books.network.receipts_partitions } else { 1 },
                    books.network.settler
                ),
                remedy: "ingest the rest of the topic, then run it again".into(),
            })
        };
        let from = match epoch.previous() {
            None => KafkaOffset(0),
            Some(previous) => KafkaOffset(close(previous)?.0 + 1),
        };
        let to = close(epoch)?;
        for (expected, found) in (from.0..=to.0).zip(records.range(from..=to).map(|(offset, _)| *offset)) {
            if expected != found.0 {
                let gap = warehouse::Error::Gap { topic, partition, expected: KafkaOffset(expected), found };
                return Err(Error::Warehouse { job: "freeze", epoch, source: gap });
            }
        }
        if to < from {
            let broken = format!("{topic}/{partition}: Close({epoch}) at {to} stands before the epoch's start {from}");
            return Err(Error::Invariant { epoch, step: "freeze", broken });
        }
        ranges.push(OffsetRange { topic, partition, from, to });
    }
    Ok(ranges)
}

/// Nobody can stop a night with a version whose artifacts nobody has: its receipts are refused. What the epoch before
/// had is another matter, as is a place that holds nothing at all: that is the settler's loss, and must not cost others.
async fn check_none_lost(
    books: &Books,
    epoch: Epoch,
    previous: Option<&EpochRow>,
    refused: BTreeMap<B256, Error>,
) -> Result<(), Error> {
    let failed = |source| Error::Warehouse { job: "freeze", epoch, source };
    let before: Option<Manifest> =
        previous.map(|row| serde_json::from_str(&row.document)).transpose().map_err(|error| Error::Invariant {
            epoch,
            step: "freeze",
            broken: format!("the manifest of the epoch before is unreadable: {error}"),
        })?;
    let before: BTreeSet<ArtifactDocument> =
        before.into_iter().flat_map(|manifest| manifest.inputs.artifacts).collect();
    if !refused.is_empty() && books.artifacts.is_empty().await.map_err(failed)? {
        return Err(Error::NotReady {
            job: "freeze",
            epoch,
            missing: format!("{} holds no artifact at all", books.artifacts.location()),
            remedy: "bring the indexes and item lists, or correct `artifacts` in the settings".into(),
        });
    }
    // Missing or altered; what is itself and does not fit who pins it was never usable for it.
    let lost = |error: &Error| match error {
        Error::Artifact { kind, hash, replaceable: true, .. } => {
            before.contains(&ArtifactDocument { kind: (*kind).into(), hash: hash.to_string() })
        }
        _ => false,
    };
    refused.into_values().find(lost).map_or(Ok(()), Err)
}

/// What an epoch is settled from, and why some model versions and adapters are not.
pub struct Found {
    /// The document.
    pub inputs: Inputs,
    /// Those that are refused, and what is wrong with their artifacts.
    pub refused: BTreeMap<B256, Error>,
}

/// The inputs document of an epoch whose ranges are known. `previous` is the settled row of the epoch before.
///
/// # Errors
/// When tables cannot be read, or the chain's events contradict themselves.
pub async fn inputs_of(
    books: &Books,
    epoch: Epoch,
    ranges: &[OffsetRange],
    previous: Option<&EpochRow>,
) -> Result<Found, Error> {
    let failed = |source| Error::Warehouse { job: "freeze", epoch, source };
    let mut raw = Vec::new();
    macro_rules! digest_raw {
        ($($row:ty),+) => {$(
            let rows: Vec<$row> = books
                .warehouse
                .read_ranges(&raw_ranges(ranges), |row: &$row| (row.topic, row.partition, row.offset))
                .await
                .map_err(failed)?;
            raw.push(DigestDocument::from(&digest_of(&rows)));
        )+};
    }
    digest_raw!(RawLog, RawBatch, RawReceipt, RawEvidence, Quarantined, RawChainEvent);
    let mut opening = Vec::new();
    macro_rules! digest_opening {
        ($($row:ty),+) => {$(
            let rows: Vec<$row> = match previous {
                None => Vec::new(),
                Some(row) => books.warehouse.read(Slice::Epoch(row.epoch, row.attempt)).await.map_err(failed)?,
            };
            opening.push(DigestDocument::from(&digest_of(&rows)));
        )+};
    }
    digest_opening!(LaneHead, Spend, Balance, Pending, Payout);
    let starts_at = books.network.calendar.starts_at_s(epoch);
    let (artifacts, refused) = artifacts_of(books, epoch, ranges).await?;
    let inputs = Inputs {
        format: Inputs::FORMAT.into(),
        rule_set: rules::CURRENT.to_string(),
        network: NetworkDocument::from(&books.network),
        epoch: epoch.to_string(),
        starts_at: starts_at.to_string(),
        ends_at: books.network.calendar.ends_at_s(epoch).to_string(),
        ranges: ranges.iter().map(RangeDocument::from).collect(),
        raw,
        opening,
        artifacts,
        refused: refused.keys().map(B256::to_string).collect(),
        previous_manifest: previous.and_then(|row| row.manifest_hash).unwrap_or_default().to_string(),
    };
    Ok(Found { inputs, refused })
}

/// The artifacts of every model version and adapter that pays: indexes, and the item lists of what they were trained on.
/// One whose artifacts are missing or not what it pinned is refused.
async fn artifacts_of(
    books: &Books,
    epoch: Epoch,
    ranges: &[OffsetRange],
) -> Result<(Vec<ArtifactDocument>, BTreeMap<B256, Error>), Error> {
    let failed = |source| Error::Warehouse { job: "freeze", epoch, source };
    let events: Vec<RawChainEvent> = books
        .warehouse
        .read_ranges(&raw_ranges(ranges), |row: &RawChainEvent| (row.topic, row.partition, row.offset))
        .await
        .map_err(failed)?;
    let from = ranges.iter().find(|range| range.topic == Topic::ChainEvents).map_or(KafkaOffset(0), |range| range.from);
    let registry = registry::fold(&books.network, epoch, from, &events).map_err(|broken| Error::Invariant {
        epoch,
        step: "freeze",
        broken,
    })?;
    let contributions: BTreeMap<ContributionId, Contribution> =
        registry.contributions.iter().map(|row| (row.contribution, row.clone())).collect();
    let mut shelf = Shelf::new(&books.artifacts, Job::Freeze, epoch);
    let mut artifacts = BTreeSet::new();
    let mut refused = BTreeMap::new();
    for scope in scope::scopes(epoch, &registry, &BTreeSet::new()).values() {
        match shelf.check(scope, &contributions).await {
            Ok(()) => {}
            Err(error @ Error::Artifact { .. }) => {
                refused.insert(scope.id, error);
                continue;
            }
            Err(error) => return Err(error),
        }
        artifacts.insert(ArtifactDocument { kind: INDEX.into(), hash: scope.artifact.to_string() });
        let lists = scope.contributions.iter().filter_map(|id| contributions.get(id));
        artifacts.extend(lists.map(|row| ArtifactDocument { kind: ITEMS.into(), hash: row.content_hash.to_string() }));
    }
    Ok((artifacts.into_iter().collect(), refused))
}
