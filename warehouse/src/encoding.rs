//! The canonical encoding of rows, and digests of tables that depend on rows alone (docs/formats.md, "Rows and digests").

use crate::cell::{CellType, Value};
use crate::merkle;
use crate::table::{Table, TableDef};
use crate::types::Hash;
use alloy::primitives::B256;
use sha2::{Digest as _, Sha256};

/// A table's rows, bound to its name and version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableDigest {
    /// The table's name.
    pub table: &'static str,
    /// Number of rows.
    pub rows: u64,
    /// The digest.
    pub digest: Hash,
}

/// A row in canonical form.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EncodedRow {
    /// Encoding of the key columns.
    pub key: Vec<u8>,
    /// Encoding of every column that is in the digest.
    pub row: Vec<u8>,
}

/// Appends the canonical encoding of one value.
pub fn encode_value(value: &Value, out: &mut Vec<u8>) {
    if *value == Value::Null {
        out.push(0);
        return;
    }
    out.push(1);
    match value {
        Value::Null => {}
        Value::Int(int) => out.extend(int.to_be_bytes()),
        Value::Bytes(bytes) => encode_bytes(bytes, out),
        Value::Text(text) => encode_bytes(text.as_bytes(), out),
        Value::List(values) => {
            out.extend(length(values.len()));
            values.iter().for_each(|value| encode_value(value, out));
        }
        Value::Struct(values) => values.iter().for_each(|value| encode_value(value, out)),
    }
}

fn encode_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    out.extend(length(bytes.len()));
    out.extend(bytes);
}

/// Lengths are 4 bytes; a longer value cannot stand in a table.
fn length(len: usize) -> [u8; 4] {
    u32::try_from(len).unwrap_or(u32::MAX).to_be_bytes()
}

/// The canonical form of rows, in key order.
pub fn encode_rows<T: Table>(rows: &[T]) -> Vec<EncodedRow> {
    let def = T::DEF;
    let mut encoded: Vec<EncodedRow> = rows.iter().map(|row| encode_row(def, &row.to_values())).collect();
    encoded.sort_unstable();
    encoded
}

/// The row's key in canonical form: rows are ordered by it.
pub fn key_of<T: Table>(row: &T) -> Vec<u8> {
    encode_key(T::DEF, &row.to_values())
}

fn encode_key(def: &TableDef, values: &[Value]) -> Vec<u8> {
    let mut key = Vec::new();
    for name in def.key {
        if let Some(at) = def.columns.iter().position(|column| column.name == *name) {
            encode_value(&values[at], &mut key);
        }
    }
    key
}

fn encode_row(def: &TableDef, values: &[Value]) -> EncodedRow {
    let mut encoded = EncodedRow { key: encode_key(def, values), row: Vec::new() };
    for (column, value) in def.columns.iter().zip(values) {
        if column.in_digest {
            encode_value(value, &mut encoded.row);
        }
    }
    encoded
}

/// The rows of a table whose canonical encodings these are. Columns outside the digest come back empty.
pub fn decode_row<T: Table>(mut bytes: &[u8]) -> Result<T, String> {
    let mut values = Vec::with_capacity(T::DEF.columns.len());
    for column in T::DEF.columns {
        let value = match (column.in_digest, column.nullable) {
            (true, _) => {
                decode_value(column.ty, &mut bytes).ok_or_else(|| format!("column {} is cut off", column.name))?
            }
            (false, true) => Value::Null,
            (false, false) if column.ty == CellType::Text => Value::Text(String::new()),
            (false, false) => Value::Bytes(Vec::new()),
        };
        values.push(value);
    }
    if bytes.is_empty() { T::from_values(values) } else { Err(format!("{} bytes follow the row", bytes.len())) }
}

fn decode_value(ty: CellType, bytes: &mut &[u8]) -> Option<Value> {
    let (tag, rest) = bytes.split_first()?;
    *bytes = rest;
    match tag {
        0 => return Some(Value::Null),
        1 => {}
        _ => return None,
    }
    Some(match ty {
        CellType::Boolean | CellType::Int32 | CellType::Int64 | CellType::Time | CellType::Decimal => {
            Value::Int(i128::from_be_bytes(take(bytes, 16)?.try_into().ok()?))
        }
        CellType::Binary => Value::Bytes(take_prefixed(bytes)?.to_vec()),
        CellType::Text => Value::Text(String::from_utf8(take_prefixed(bytes)?.to_vec()).ok()?),
        CellType::List(element) => {
            let count = u32::from_be_bytes(take(bytes, 4)?.try_into().ok()?);
            let values: Option<Vec<Value>> = (0..count).map(|_| decode_value(*element, bytes)).collect();
            Value::List(values?)
        }
        CellType::Struct(fields) => {
            let values: Option<Vec<Value>> = fields.iter().map(|(_, ty)| decode_value(*ty, bytes)).collect();
            Value::Struct(values?)
        }
    })
}

fn take<'a>(bytes: &mut &'a [u8], len: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(len)?;
    *bytes = rest;
    Some(taken)
}

fn take_prefixed<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let len = u32::from_be_bytes(take(bytes, 4)?.try_into().ok()?);
    take(bytes, usize::try_from(len).ok()?)
}

/// The hash of one row: a leaf of the table's tree.
pub fn row_hash(row: &EncodedRow) -> B256 {
    B256::from_slice(&Sha256::digest(&row.row))
}

/// The digest of a table's rows, whatever order they are in.
pub fn digest_of<T: Table>(rows: &[T]) -> TableDigest {
    let leaves: Vec<B256> = encode_rows(rows).iter().map(row_hash).collect();
    bind(T::DEF, leaves.len() as u64, merkle::tree_hash(&leaves))
}

/// Binds a tree hash to the table's name, version and row count.
pub fn bind(def: &'static TableDef, rows: u64, tree: B256) -> TableDigest {
    let mut hasher = Sha256::new();
    hasher.update(b"openbooks.table.v1");
    hasher.update(length(def.name.len()));
    hasher.update(def.name);
    hasher.update(def.version.to_be_bytes());
    hasher.update(rows.to_be_bytes());
    hasher.update(tree);
    TableDigest { table: def.name, rows, digest: Hash(B256::from_slice(&hasher.finalize())) }
}
