//! Parquet files whose name is the SHA-256 of their bytes: the same rows give the same file,
//! and a flipped byte is found whenever rows are read.

use crate::arrow_rows::{from_batch, to_batch};
use crate::cell::{CellType, Value};
use crate::encoding::key_of;
use crate::error::Error;
use crate::table::{Table, TableDef};
use arrow::array::{ArrayRef, RecordBatch};
use arrow::compute::kernels::aggregate::{max, min};
use arrow::datatypes::{Int32Type, Int64Type};
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use sha2::{Digest, Sha256};

/// Most bytes of a row group before compression.
const ROW_GROUP_BYTES_MAX: usize = 64 << 20;
/// Most rows of a row group.
const ROW_GROUP_ROWS_MAX: usize = 1 << 20;
/// Columns of large random bytes: neither dictionary nor statistics help there.
const OPAQUE_COLUMNS: [&str; 5] = ["content", "evidence", "payload", "data", "signature"];

/// A file, ready to be stored.
pub(crate) struct EncodedFile {
    /// part-SHA256.parquet
    pub(crate) name: String,
    pub(crate) bytes: Bytes,
    /// Delta statistics: rows, and bounds of integer columns only.
    pub(crate) stats: String,
}

/// Rows as a Parquet file, in key order.
pub(crate) fn encode<T: Table + Clone>(rows: &[T]) -> Result<EncodedFile, Error> {
    let table = T::DEF.name;
    let batch = to_batch(&in_key_order(rows)).map_err(|source| Error::Arrow { table, source })?;
    let failed = |source: ParquetError| Error::Parquet { table, path: "(being written)".into(), source };
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties(T::DEF))).map_err(failed)?;
    writer.write(&batch).map_err(failed)?;
    let bytes = Bytes::from(writer.into_inner().map_err(failed)?);
    Ok(EncodedFile { name: format!("part-{}.parquet", sha256_hex(&bytes)), bytes, stats: stats(T::DEF, &batch) })
}

fn in_key_order<T: Table + Clone>(rows: &[T]) -> Vec<T> {
    let mut rows = rows.to_vec();
    rows.sort_by_cached_key(key_of);
    rows
}

fn properties(def: &TableDef) -> WriterProperties {
    let mut builder = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_bytes(Some(ROW_GROUP_BYTES_MAX))
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS_MAX));
    for column in def.columns.iter().filter(|column| OPAQUE_COLUMNS.contains(&column.name)) {
        let path = ColumnPath::from(column.name);
        builder = builder
            .set_column_dictionary_enabled(path.clone(), false)
            .set_column_statistics_enabled(path, EnabledStatistics::None);
    }
    builder.build()
}

/// Bounds of integer columns. Never of decimals: readers take their bounds through f64 and lose rows.
fn stats(def: &TableDef, batch: &RecordBatch) -> String {
    let mut lowest = serde_json::Map::new();
    let mut highest = serde_json::Map::new();
    for column in def.columns {
        if let Some((low, high)) = batch.column_by_name(column.name).and_then(|array| bounds(column.ty, array)) {
            lowest.insert(column.name.into(), low.into());
            highest.insert(column.name.into(), high.into());
        }
    }
    serde_json::json!({ "numRecords": batch.num_rows(), "minValues": lowest, "maxValues": highest }).to_string()
}

fn bounds(ty: CellType, array: &ArrayRef) -> Option<(i64, i64)> {
    use arrow::array::AsArray;
    match ty {
        CellType::Int32 => {
            let array = array.as_primitive::<Int32Type>();
            Some((min(array)?.into(), max(array)?.into()))
        }
        CellType::Int64 => {
            let array = array.as_primitive::<Int64Type>();
            Some((min(array)?, max(array)?))
        }
        _ => None,
    }
}

/// Columns of which Delta may keep statistics.
pub(crate) fn stats_columns(def: &TableDef) -> String {
    let columns = def.columns.iter().filter(|column| matches!(column.ty, CellType::Int32 | CellType::Int64));
    columns.map(|column| column.name).collect::<Vec<_>>().join(",")
}

/// The rows of a file. `path` names it in errors; `epoch` is what its partition says.
pub(crate) fn decode<T: Table>(path: &str, bytes: Bytes, epoch: Option<&Value>) -> Result<Vec<T>, Error> {
    let table = T::DEF.name;
    check_hash(table, path, &bytes)?;
    let unreadable = |source: ParquetError| Error::Parquet { table, path: path.into(), source };
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes).map_err(unreadable)?.build().map_err(unreadable)?;
    let mut rows = Vec::new();
    for batch in reader {
        let batch = batch.map_err(|source| Error::Arrow { table, source })?;
        rows.extend(from_batch::<T>(&batch, epoch).map_err(|wrong| Error::Row { table, wrong })?);
    }
    Ok(rows)
}

/// Files that compaction wrote carry no hash in their name; their rows are checked by the tables' digests.
fn check_hash(table: &'static str, path: &str, bytes: &Bytes) -> Result<(), Error> {
    match promised_hash(path) {
        Some(hash) if hash != sha256_hex(bytes) => Err(Error::Corrupted { path: format!("{table}/{path}") }),
        _ => Ok(()),
    }
}

/// The SHA-256 in a file's name, if it holds one.
pub(crate) fn promised_hash(path: &str) -> Option<&str> {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.strip_prefix("part-")?.strip_suffix(".parquet").filter(|hash| hash.len() == 64)
}

fn sha256_hex(bytes: &[u8]) -> String {
    alloy::hex::encode(Sha256::digest(bytes))
}
