//! What every job shares: the books that it works on, the attempt that it belongs to, reading and committing.

use crate::documents::Inputs;
use crate::error::Error;
use crate::network::Network;
use crate::rules::rules_0001::registry::RegistryRows;
use alloy::primitives::B256;
use std::collections::{BTreeSet, HashMap};
use warehouse::encoding::digest_of;
use warehouse::table::{Table, TableDef};
use warehouse::tables::epochs::EpochState;
use warehouse::tables::{self, EpochRow};
use warehouse::types::{Attempt, Epoch, KafkaOffset, Partition, Topic};
use warehouse::{Artifacts, OffsetRange, Slice, Txn, Warehouse};

/// What jobs work on.
#[derive(Clone, Debug)]
pub struct Books {
    /// The tables.
    pub warehouse: Warehouse,
    /// Sketch indexes and item lists.
    pub artifacts: Artifacts,
    /// The deployment.
    pub network: Network,
    /// Where kernels run.
    pub runtime: kernels::Runtime,
}

/// A job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Job {
    /// Fixes the inputs.
    Freeze,
    /// What exists and binds as of the cutoff.
    Registry,
    /// Which receipts count, and what each costs.
    Charge,
    /// Which items are copies.
    Clusters,
    /// Which contributions influenced which receipt.
    Attribute,
    /// Fees to ledger entries to payouts.
    Settle,
    /// Merkle tree and proofs.
    Prove,
    /// Every invariant, or no root.
    Reconcile,
}

impl Job {
    /// Every job, in order.
    pub const ALL: [Self; 8] = [
        Self::Freeze,
        Self::Registry,
        Self::Charge,
        Self::Clusters,
        Self::Attribute,
        Self::Settle,
        Self::Prove,
        Self::Reconcile,
    ];

    /// The job's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Freeze => "freeze",
            Self::Registry => "registry",
            Self::Charge => "charge",
            Self::Clusters => "clusters",
            Self::Attribute => "attribute",
            Self::Settle => "settle",
            Self::Prove => "prove",
            Self::Reconcile => "reconcile",
        }
    }

    /// The tables that the job writes, one commit each.
    pub fn tables(self) -> impl Iterator<Item = &'static TableDef> {
        tables::ALL.iter().copied().filter(move |def| def.writer == self.name())
    }
}

/// What a job did, in one line for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Rows written, by table.
    pub rows: Vec<(&'static str, usize)>,
    /// What else is worth saying.
    pub note: String,
}

/// One job at one attempt of one epoch.
pub struct Run<'a> {
    /// The books.
    pub books: &'a Books,
    /// The job.
    pub job: Job,
    /// The epoch.
    pub epoch: Epoch,
    /// The attempt.
    pub attempt: Attempt,
    /// What `freeze` fixed.
    pub inputs: Inputs,
    /// Model versions and adapters whose artifacts cannot be used.
    pub refused: BTreeSet<B256>,
    ranges: Vec<OffsetRange>,
    rows: Vec<(&'static str, usize)>,
}

impl<'a> Run<'a> {
    /// Begins a job: finds the attempt, and that the job before is done and this one is not.
    ///
    /// # Errors
    /// [`Error::NotReady`] or [`Error::AlreadyDone`].
    pub async fn begin(books: &'a Books, job: Job, epoch: Epoch) -> Result<Self, Error> {
        let failed = |source| Error::Warehouse { job: job.name(), epoch, source };
        let rows: Vec<EpochRow> = books.warehouse.read(Slice::All).await.map_err(failed)?;
        let frozen = rows.iter().filter(|row| row.epoch == epoch && row.state == EpochState::Frozen);
        let Some(frozen) = frozen.max_by_key(|row| row.attempt) else {
            return Err(not_done(Job::Freeze, job, epoch));
        };
        let inputs: Inputs = serde_json::from_str(&frozen.document).map_err(|error| Error::Invariant {
            epoch,
            step: job.name(),
            broken: format!("the inputs document is unreadable: {error}"),
        })?;
        let ranges = inputs.ranges().ok_or_else(|| Error::Invariant {
            epoch,
            step: job.name(),
            broken: "the inputs document names no valid ranges".into(),
        })?;
        let refused = inputs.refused().ok_or_else(|| Error::Invariant {
            epoch,
            step: job.name(),
            broken: "the inputs document names no valid ids".into(),
        })?;
        let run = Self { books, job, epoch, attempt: frozen.attempt, inputs, refused, ranges, rows: Vec::new() };
        let before = Job::ALL.into_iter().take_while(|other| *other != job).filter(|other| *other != Job::Freeze);
        for other in before {
            if !run.is_done(other).await? {
                return Err(not_done(other, job, epoch));
            }
        }
        let settled =
            rows.iter().any(|row| row.epoch == epoch && row.attempt == run.attempt && row.state == EpochState::Settled);
        if settled || (job != Job::Reconcile && run.is_done(job).await?) {
            return Err(Error::AlreadyDone { job: job.name(), epoch });
        }
        Ok(run)
    }

    async fn is_done(&self, job: Job) -> Result<bool, Error> {
        for def in job.tables() {
            if !self.is_written(def).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn version(&self, def: &'static TableDef) -> Result<Option<i64>, Error> {
        let app = app_of(def, self.epoch);
        self.books.warehouse.version_of(def, &app).await.map_err(|source| self.failed(source))
    }

    async fn is_written(&self, def: &'static TableDef) -> Result<bool, Error> {
        Ok(self.version(def).await?.is_some_and(|version| version >= i64::from(self.attempt.0)))
    }

    /// Wraps an error of the warehouse.
    pub fn failed(&self, source: warehouse::Error) -> Error {
        Error::Warehouse { job: self.job.name(), epoch: self.epoch, source }
    }

    /// An error that stops the settlement.
    pub fn broken(&self, broken: impl Into<String>) -> Error {
        Error::Invariant { epoch: self.epoch, step: self.job.name(), broken: broken.into() }
    }

    /// The epoch's rows of a raw table; of chain events, everything up to the cutoff.
    ///
    /// # Errors
    /// When they are not those that were frozen.
    pub async fn raw<T: Table>(
        &self,
        position: impl Fn(&T) -> (Topic, Partition, KafkaOffset),
    ) -> Result<Vec<T>, Error> {
        let ranges = raw_ranges(&self.ranges);
        let rows: Vec<T> =
            self.books.warehouse.read_ranges(&ranges, position).await.map_err(|source| self.failed(source))?;
        self.check_digest(&rows, &self.inputs.raw)?;
        Ok(rows)
    }

    /// A closing table of the epoch before; empty before the first epoch.
    ///
    /// # Errors
    /// When they are not those that were frozen.
    pub async fn opening<T: Table>(&self) -> Result<Vec<T>, Error> {
        let rows: Vec<T> = match self.epoch.previous() {
            None => Vec::new(),
            Some(previous) => {
                let row = settled(self.books, previous).await?;
                let row = row.ok_or_else(|| not_settled(previous, self.job, self.epoch))?;
                let slice = Slice::Epoch(previous, row.attempt);
                self.books.warehouse.read(slice).await.map_err(|source| self.failed(source))?
            }
        };
        self.check_digest(&rows, &self.inputs.opening)?;
        Ok(rows)
    }

    fn check_digest<T: Table>(&self, rows: &[T], frozen: &[crate::documents::DigestDocument]) -> Result<(), Error> {
        let found = crate::documents::DigestDocument::from(&digest_of(rows));
        match frozen.iter().find(|digest| digest.table == found.table) {
            Some(frozen) if *frozen == found => Ok(()),
            Some(frozen) => Err(self.broken(format!(
                "table {} changed since it was frozen: {} rows with digest {}, then {} rows with {}",
                found.table, found.rows, found.digest, frozen.rows, frozen.digest
            ))),
            None => Err(self.broken(format!("the inputs document names no table {}", found.table))),
        }
    }

    /// The rows that an earlier job of this attempt wrote.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn output<T: Table>(&self) -> Result<Vec<T>, Error> {
        let slice = Slice::Epoch(self.epoch, self.attempt);
        self.books.warehouse.read(slice).await.map_err(|source| self.failed(source))
    }

    /// The registry's tables.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn registry(&self) -> Result<RegistryRows, Error> {
        let mut flows: Vec<warehouse::tables::Flow> = self.output().await?;
        flows.sort_by_key(|flow| (flow.block, flow.log));
        Ok(RegistryRows {
            datanets: self.output().await?,
            datanet_versions: self.output().await?,
            contributions: self.output().await?,
            validations: self.output().await?,
            models: self.output().await?,
            adapters: self.output().await?,
            operators: self.output().await?,
            keys: self.output().await?,
            stakes: self.output().await?,
            splits: self.output().await?,
            flows,
        })
    }

    /// Commits a table of this job, unless an earlier, interrupted run did.
    ///
    /// # Errors
    /// [`Error::AlreadyDone`] when another run of the same attempt was faster; else the warehouse's.
    pub async fn commit<T: Table + Clone>(&mut self, rows: &[T]) -> Result<(), Error> {
        let def = T::DEF;
        self.rows.push((def.name, rows.len()));
        let found = self.version(def).await?;
        if found.is_some_and(|version| version >= i64::from(self.attempt.0)) {
            return Ok(());
        }
        let txn = Txn { app: app_of(def, self.epoch), expected: found, version: i64::from(self.attempt.0) };
        let inputs = crate::documents::hash_of(&self.inputs);
        let metadata = HashMap::from([
            ("openbooks.inputs".to_owned(), inputs.to_string().into()),
            ("openbooks.digest".to_owned(), digest_of(rows).digest.to_string().into()),
        ]);
        match self.books.warehouse.append(rows, self.attempt, &[txn], metadata).await {
            Ok(_) => Ok(()),
            Err(warehouse::Error::Moved { found: Some(_), .. }) if self.is_written(def).await? => Ok(()),
            Err(source) => Err(self.failed(source)),
        }
    }

    /// The job's report.
    pub fn report(self, note: impl Into<String>) -> Report {
        Report { rows: self.rows, note: note.into() }
    }
}

fn app_of(def: &TableDef, epoch: Epoch) -> String {
    format!("{}/{epoch}", def.name)
}

/// The error for a job whose predecessor is not done.
fn not_done(missing: Job, job: Job, epoch: Epoch) -> Error {
    Error::NotReady {
        job: job.name(),
        epoch,
        missing: format!("{} is not done", missing.name()),
        remedy: format!("run `openbooks epoch {} --epoch {epoch}` first", missing.name()),
    }
}

/// The error for an epoch whose predecessor is not settled.
pub(super) fn not_settled(previous: Epoch, job: Job, epoch: Epoch) -> Error {
    Error::NotReady {
        job: job.name(),
        epoch,
        missing: format!("epoch {previous} is not settled"),
        remedy: format!("run `openbooks epoch run --epoch {previous}` first"),
    }
}

/// The ranges of a raw table that an epoch reads: of receipts its own range, of the chain everything up to the cutoff,
/// which is what the registry is folded from and what a bundle holds.
pub fn raw_ranges(ranges: &[OffsetRange]) -> Vec<OffsetRange> {
    let whole_chain = |range: &OffsetRange| match range.topic {
        Topic::ChainEvents => OffsetRange { from: KafkaOffset(0), ..*range },
        Topic::Receipts => *range,
    };
    ranges.iter().map(whole_chain).collect()
}

/// The settled row of an epoch's latest attempt that is neither cancelled nor revoked.
///
/// # Errors
/// When `epochs` cannot be read.
pub async fn settled(books: &Books, epoch: Epoch) -> Result<Option<EpochRow>, Error> {
    let failed = |source| Error::Warehouse { job: "read epochs", epoch, source };
    let rows: Vec<EpochRow> = books.warehouse.read(Slice::All).await.map_err(failed)?;
    Ok(settled_among(&rows, epoch).cloned())
}

/// The same, among the rows of `epochs`.
pub fn settled_among(rows: &[EpochRow], epoch: Epoch) -> Option<&EpochRow> {
    let of_epoch = || rows.iter().filter(|row| row.epoch == epoch);
    let is_dead = |attempt: Attempt| {
        let ends = [EpochState::Cancelled, EpochState::Revoked];
        of_epoch().any(|row| row.attempt == attempt && ends.contains(&row.state))
    };
    let live = of_epoch().filter(|row| row.state == EpochState::Settled && !is_dead(row.attempt));
    live.max_by_key(|row| row.attempt)
}
