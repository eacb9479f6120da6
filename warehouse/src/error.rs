//! What can go wrong with tables and object storage.

use crate::types::{KafkaOffset, Partition, Topic};

/// An error of the warehouse. `Display` names the step and the place; the cause is the source.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The location is no folder and no bucket.
    #[error("location {location:?} is neither a folder nor a bucket (s3://, gs://, az://, abfss://)")]
    Location {
        /// As it was given.
        location: String,
    },
    /// Delta could not do it.
    #[error("{step} table {table}")]
    Delta {
        /// What was tried.
        step: &'static str,
        /// The table.
        table: &'static str,
        /// The cause.
        source: Box<deltalake::DeltaTableError>,
    },
    /// A table exists that this program must not touch.
    #[error("table {table} was created without {property}: its statistics would hide rows from readers; make it again")]
    Property {
        /// The table.
        table: &'static str,
        /// The property that is missing.
        property: &'static str,
    },
    /// The object store could not do it.
    #[error("{step} {path}")]
    Store {
        /// What was tried.
        step: &'static str,
        /// The object.
        path: String,
        /// The cause.
        source: object_store::Error,
    },
    /// A file's bytes are not those that were written.
    #[error(
        "file {path} is corrupted: its SHA-256 is not the one in its name; restore it from a copy, or make the table again"
    )]
    Corrupted {
        /// The file: its table, and its path there.
        path: String,
    },
    /// A file is no Parquet file of the table.
    #[error("file {path} of table {table} cannot be read")]
    Parquet {
        /// The table.
        table: &'static str,
        /// The file, relative to the warehouse.
        path: String,
        /// The cause.
        source: parquet::errors::ParquetError,
    },
    /// Rows do not fit in the table's columns.
    #[error("rows of table {table} cannot be converted")]
    Arrow {
        /// The table.
        table: &'static str,
        /// The cause.
        source: arrow::error::ArrowError,
    },
    /// A stored row is no row of the domain.
    #[error("a row of table {table} is invalid: {wrong}")]
    Row {
        /// The table.
        table: &'static str,
        /// What is wrong with it.
        wrong: String,
    },
    /// The store breaks the promise on which commits rest.
    #[error("store {location} cannot hold tables: it ignores conditional writes ({wrong}); nothing was written")]
    Unsafe {
        /// The store.
        location: String,
        /// What it did.
        wrong: String,
    },
    /// Somebody else wrote in between.
    #[error("table {table} moved on: {app} is at {found:?}, expected {expected:?}; nothing was written")]
    Moved {
        /// The table.
        table: &'static str,
        /// The application id whose version differs.
        app: String,
        /// The version that was expected.
        expected: Option<i64>,
        /// The version that is there.
        found: Option<i64>,
    },
    /// Offsets are missing in a table.
    #[error("records of {topic}/{partition} are not contiguous: {expected} is followed by {found}")]
    Gap {
        /// The topic.
        topic: Topic,
        /// The partition.
        partition: Partition,
        /// The offset that should stand there.
        expected: KafkaOffset,
        /// The offset that does.
        found: KafkaOffset,
    },
    /// A query could not be planned or run.
    #[error("query failed")]
    Query {
        /// The cause.
        source: Box<datafusion::error::DataFusionError>,
    },
}

impl Error {
    /// Whether trying again later may help.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Delta { source, .. } => {
                matches!(
                    **source,
                    deltalake::DeltaTableError::ObjectStore { .. } | deltalake::DeltaTableError::Io { .. }
                )
            }
            Self::Store { source, .. } => matches!(source, object_store::Error::Generic { .. }),
            Self::Moved { .. } => true,
            Self::Location { .. }
            | Self::Property { .. }
            | Self::Corrupted { .. }
            | Self::Parquet { .. }
            | Self::Arrow { .. }
            | Self::Row { .. }
            | Self::Gap { .. }
            | Self::Unsafe { .. }
            | Self::Query { .. } => false,
        }
    }

    /// Whether data is not what it must be, so that going on could pay wrongly.
    pub fn is_broken_invariant(&self) -> bool {
        match self {
            Self::Corrupted { .. }
            | Self::Parquet { .. }
            | Self::Row { .. }
            | Self::Gap { .. }
            | Self::Unsafe { .. }
            | Self::Property { .. } => true,
            Self::Location { .. }
            | Self::Delta { .. }
            | Self::Store { .. }
            | Self::Arrow { .. }
            | Self::Moved { .. }
            | Self::Query { .. } => false,
        }
    }
}
