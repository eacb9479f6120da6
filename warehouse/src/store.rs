//! Delta tables on an object store: open or create, append with application versions in the same commit, read.
//! A commit is compared with the versions that its writer saw, and made against that very snapshot.

use crate::arrow_rows::{full_schema, partition_of};
use crate::cell::Value;
use crate::error::Error;
use crate::files;
use crate::location;
use crate::table::{Layout, Table, TableDef};
use crate::types::{Attempt, Epoch, KafkaOffset, Partition, Topic};
use deltalake::kernel::engine::arrow_conversion::TryIntoKernel;
use deltalake::kernel::transaction::{CommitBuilder, CommitProperties, TransactionError};
use deltalake::kernel::{Action, Add, StructType, Transaction};
use deltalake::logstore::ObjectStoreRef;
use deltalake::operations::create::CreateBuilder;
use deltalake::protocol::{DeltaOperation, SaveMode};
use deltalake::{DeltaTable, DeltaTableError, TableProperty};
use futures::TryStreamExt;
use object_store::ObjectStoreExt;
use object_store::path::Path;
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};
use url::Url;

/// The tables under one location: a folder or a bucket.
#[derive(Clone, Debug)]
pub struct Warehouse {
    root: Url,
    options: HashMap<String, String>,
}

/// Where a commit says whose it is.
const COMMIT_TOKEN: &str = "openbooks.commit";
/// Commits among which a lost one is looked for.
const COMMITS_READ_BACK: usize = 100;

/// A name for a commit that no other has.
fn token() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    format!("{}-{now}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// A range of offsets of one partition, both ends inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OffsetRange {
    /// The topic.
    pub topic: Topic,
    /// The partition.
    pub partition: Partition,
    /// First offset.
    pub from: KafkaOffset,
    /// Last offset.
    pub to: KafkaOffset,
}

impl OffsetRange {
    /// Whether the record stands in this range.
    pub fn holds(&self, topic: Topic, partition: Partition, offset: KafkaOffset) -> bool {
        self.topic == topic && self.partition == partition && (self.from..=self.to).contains(&offset)
    }
}

/// Which part of a table to read.
#[derive(Clone, Copy, Debug)]
pub enum Slice {
    /// Everything.
    All,
    /// One attempt at one epoch.
    Epoch(Epoch, Attempt),
}

/// An application version that a commit moves.
#[derive(Clone, Debug)]
pub struct Txn {
    /// Whose version: `topic/partition` of a raw table, `table/epoch` of a derived one.
    pub app: String,
    /// The version that the writer saw.
    pub expected: Option<i64>,
    /// The version to which this commit moves it.
    pub version: i64,
}

/// What an append did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Rows written.
    pub rows: usize,
    /// Files written.
    pub files: usize,
}

impl Warehouse {
    /// The warehouse at `location`; nothing is created before the first append.
    ///
    /// # Errors
    /// When it is neither a folder's path nor a bucket's URL.
    pub fn at(location: &str, options: HashMap<String, String>) -> Result<Self, Error> {
        Ok(Self { root: location::url_of(location)?, options })
    }

    /// Where it is.
    pub fn root(&self) -> &Url {
        &self.root
    }

    /// The base of the store that holds all tables, the store, and the folder of the tables in it.
    pub(crate) fn store(&self) -> Result<(Url, ObjectStoreRef, Path), Error> {
        let failed = |source| Error::Store { step: "open", path: self.root.to_string(), source };
        let (store, folder) = location::store_at(&self.root, &self.options).map_err(failed)?;
        let mut base = self.root.clone();
        base.set_path("/");
        Ok((base, store, folder))
    }

    fn url_of(&self, def: &TableDef) -> Result<Url, Error> {
        let mut url = self.root.clone();
        url.path_segments_mut()
            .map_err(|()| Error::Location { location: self.root.to_string() })?
            .pop_if_empty()
            .push(def.name);
        Ok(url)
    }

    /// The table as it is now, or `None` before the first append.
    ///
    /// # Errors
    /// When the store or the table's log cannot be read, or the table lacks the statistics property.
    pub async fn open(&self, def: &'static TableDef) -> Result<Option<DeltaTable>, Error> {
        let failed = |source| Error::Delta { step: "open", table: def.name, source: Box::new(source) };
        let url = self.url_of(def)?;
        let folder_is_missing = url.to_file_path().is_ok_and(|path| !path.exists());
        if folder_is_missing {
            return Ok(None);
        }
        match deltalake::open_table_with_storage_options(url, self.options.clone()).await {
            Ok(table) => {
                check_property(def, &table)?;
                Ok(Some(table))
            }
            Err(DeltaTableError::NotATable(_)) => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    async fn open_or_create(&self, def: &'static TableDef) -> Result<DeltaTable, Error> {
        if let Some(table) = self.open(def).await? {
            return Ok(table);
        }
        let failed = |source| Error::Delta { step: "create", table: def.name, source: Box::new(source) };
        let url = self.url_of(def)?;
        if let Ok(path) = url.to_file_path() {
            std::fs::create_dir_all(&path).map_err(|error| failed(error.into()))?;
        }
        let schema: StructType =
            full_schema(def).as_ref().try_into_kernel().map_err(|source| Error::Arrow { table: def.name, source })?;
        let created = CreateBuilder::new()
            .with_location(url.as_str())
            .with_storage_options(self.options.clone())
            .with_table_name(def.name)
            .with_comment(def.grain)
            .with_columns(schema.fields().cloned())
            .with_partition_columns(partition_columns(def))
            .with_configuration_property(TableProperty::DataSkippingStatsColumns, Some(files::stats_columns(def)))
            .with_configuration_property(TableProperty::AppendOnly, Some("true"))
            .with_save_mode(SaveMode::ErrorIfExists)
            .await;
        match created {
            Ok(table) => Ok(table),
            Err(error) => match self.open(def).await? {
                Some(made_meanwhile) => Ok(made_meanwhile),
                None => Err(failed(error)),
            },
        }
    }

    /// The version to which `app` moved the table, or `None` if it never did.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn version_of(&self, def: &'static TableDef, app: &str) -> Result<Option<i64>, Error> {
        match self.open(def).await? {
            Some(table) => app_version(def, &table, app).await,
            None => Ok(None),
        }
    }

    /// Appends rows and moves application versions in one commit. Files are named by their content,
    /// so a repeated attempt writes nothing twice.
    ///
    /// # Errors
    /// [`Error::Moved`] when an application version is not the expected one, or another writer moved it meanwhile:
    /// then nothing was written that a reader could see.
    pub async fn append<T: Table + Clone>(
        &self,
        rows: &[T],
        attempt: Attempt,
        txns: &[Txn],
        mut metadata: HashMap<String, serde_json::Value>,
    ) -> Result<Appended, Error> {
        let def = T::DEF;
        let table = self.open_or_create(def).await?;
        for txn in txns {
            let found = app_version(def, &table, &txn.app).await?;
            if found != txn.expected {
                return Err(Error::Moved { table: def.name, app: txn.app.clone(), expected: txn.expected, found });
            }
        }
        let mut actions = self.store_files(&table, rows, attempt).await?;
        let appended = Appended { rows: rows.len(), files: actions.len() };
        actions.extend(txns.iter().map(|txn| Action::Txn(Transaction::new(&txn.app, txn.version))));
        let failed = |source| Error::Delta { step: "commit to", table: def.name, source: Box::new(source) };
        let operation = DeltaOperation::Write {
            mode: SaveMode::Append,
            partition_by: Some(partition_columns(def).map(str::to_owned).collect()),
            predicate: None,
        };
        let snapshot = table.snapshot().map_err(failed)?;
        let token = token();
        metadata.insert(COMMIT_TOKEN.to_owned(), token.clone().into());
        let committed = CommitBuilder::from(CommitProperties::default().with_metadata(metadata))
            .with_actions(actions)
            .build(Some(snapshot), table.log_store(), operation)
            .await;
        match (committed, txns.first()) {
            (Ok(_), _) => Ok(appended),
            (Err(_), _) if self.holds_commit(def, &token).await => Ok(appended),
            (Err(DeltaTableError::Transaction { source: TransactionError::CommitConflict(_) }), Some(txn)) => {
                let found = self.version_of(def, &txn.app).await?;
                Err(Error::Moved { table: def.name, app: txn.app.clone(), expected: txn.expected, found })
            }
            (Err(error), _) => Err(failed(error)),
        }
    }

    /// Whether the commit landed although its reply was lost: then trying again found the version taken, by ourselves.
    async fn holds_commit(&self, def: &'static TableDef, token: &str) -> bool {
        let Ok(Some(table)) = self.open(def).await else { return false };
        let mut commits = table.history(Some(COMMITS_READ_BACK));
        while let Ok(Some(commit)) = commits.try_next().await {
            if commit.info.get(COMMIT_TOKEN).and_then(|found| found.as_str()) == Some(token) {
                return true;
            }
        }
        false
    }

    async fn store_files<T: Table + Clone>(
        &self,
        table: &DeltaTable,
        rows: &[T],
        attempt: Attempt,
    ) -> Result<Vec<Action>, Error> {
        let mut partitions: BTreeMap<Vec<(&'static str, String)>, Vec<T>> = BTreeMap::new();
        for row in rows {
            partitions.entry(partition_of(row, attempt)).or_default().push(row.clone());
        }
        let store = table.log_store().object_store(None);
        let mut actions = Vec::with_capacity(partitions.len());
        for (partition, rows) in partitions {
            let file = files::encode(&rows)?;
            let folder: String = partition.iter().map(|(column, value)| format!("{column}={value}/")).collect();
            let path = format!("{folder}{}", file.name);
            let size = i64::try_from(file.bytes.len()).unwrap_or(i64::MAX);
            store.put(&Path::from(path.as_str()), file.bytes.into()).await.map_err(|source| Error::Store {
                step: "write",
                path: format!("{}/{path}", T::DEF.name),
                source,
            })?;
            actions.push(Action::Add(Add {
                path,
                partition_values: partition.into_iter().map(|(column, value)| (column.into(), Some(value))).collect(),
                size,
                data_change: true,
                stats: Some(file.stats),
                ..Add::default()
            }));
        }
        Ok(actions)
    }

    /// The rows of a slice, in no particular order. Every file's hash is checked.
    ///
    /// # Errors
    /// [`Error::Corrupted`] names the file whose bytes changed.
    pub async fn read<T: Table>(&self, slice: Slice) -> Result<Vec<T>, Error> {
        self.read_where(|partition, _| match slice {
            Slice::All => true,
            Slice::Epoch(epoch, attempt) => {
                partition.get("epoch").is_some_and(|found| *found == Some(epoch.to_string()))
                    && partition.get("attempt").is_some_and(|found| *found == Some(attempt.to_string()))
            }
        })
        .await
    }

    /// The rows of a raw table whose records stand in one of the ranges, read from the files that may hold some.
    ///
    /// # Errors
    /// As [`Warehouse::read`].
    pub async fn read_ranges<T: Table>(
        &self,
        ranges: &[OffsetRange],
        position: impl Fn(&T) -> (Topic, Partition, KafkaOffset),
    ) -> Result<Vec<T>, Error> {
        let (from, to) =
            ranges.iter().fold((i64::MAX, i64::MIN), |(from, to), range| (from.min(range.from.0), to.max(range.to.0)));
        let mut rows: Vec<T> = self
            .read_where(|_, stats| offset_bounds(stats).is_none_or(|(low, high)| low <= to && high >= from))
            .await?;
        rows.retain(|row| {
            let (topic, partition, offset) = position(row);
            ranges.iter().any(|range| range.holds(topic, partition, offset))
        });
        Ok(rows)
    }

    async fn read_where<T: Table>(
        &self,
        wanted: impl Fn(&HashMap<String, Option<String>>, Option<&str>) -> bool,
    ) -> Result<Vec<T>, Error> {
        let def = T::DEF;
        let Some(table) = self.open(def).await? else { return Ok(Vec::new()) };
        let failed = |source| Error::Delta { step: "read", table: def.name, source: Box::new(source) };
        let snapshot = table.snapshot().map_err(failed)?.snapshot();
        let log_store = table.log_store();
        let views: Vec<_> = snapshot.file_views(&log_store, None).try_collect().await.map_err(failed)?;
        let store = log_store.object_store(None);
        let mut rows = Vec::new();
        for view in views {
            let partition = view.partition_values_map();
            if !wanted(&partition, view.stats().as_deref()) {
                continue;
            }
            let path = view.object_store_path();
            let lost = |source| Error::Store { step: "read", path: format!("{}/{path}", def.name), source };
            let bytes = store.get(&path).await.map_err(lost)?.bytes().await.map_err(lost)?;
            let epoch = partition.get("epoch").cloned().flatten().and_then(|epoch| epoch.parse().ok()).map(Value::Int);
            rows.extend(files::decode(path.as_ref(), bytes, epoch.as_ref())?);
        }
        Ok(rows)
    }
}

fn offset_bounds(stats: Option<&str>) -> Option<(i64, i64)> {
    let stats: serde_json::Value = serde_json::from_str(stats?).ok()?;
    Some((stats["minValues"]["offset"].as_i64()?, stats["maxValues"]["offset"].as_i64()?))
}

fn partition_columns(def: &TableDef) -> impl Iterator<Item = &'static str> {
    let columns: &[&'static str] = match def.layout {
        Layout::ByDate => &["date"],
        Layout::ByEpoch => &["epoch", "attempt"],
        Layout::Whole => &[],
    };
    columns.iter().copied()
}

async fn app_version(def: &'static TableDef, table: &DeltaTable, app: &str) -> Result<Option<i64>, Error> {
    let failed = |source| Error::Delta { step: "read versions of", table: def.name, source: Box::new(source) };
    table.snapshot().map_err(failed)?.snapshot().transaction_version(&table.log_store(), app).await.map_err(failed)
}

fn check_property(def: &'static TableDef, table: &DeltaTable) -> Result<(), Error> {
    let property = "delta.dataSkippingStatsColumns";
    let failed = |source| Error::Delta { step: "open", table: def.name, source: Box::new(source) };
    let configured = table.snapshot().map_err(failed)?.metadata().configuration().contains_key(property);
    if configured { Ok(()) } else { Err(Error::Property { table: def.name, property }) }
}
