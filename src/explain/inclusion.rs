//! Proofs that a row stands in a table whose digest the manifest names: its hash, its place, and the siblings up to
//! the tree hash (RFC 6962), which is bound to the table's name, schema version and row count.

use crate::failure::Mismatch;
use alloy::primitives::B256;
use pipeline::documents::Manifest;
use serde_json::{Value, json};
use std::fmt::Write;
use warehouse::encoding::{bind, encode_rows, key_of, row_hash};
use warehouse::merkle::{inclusion_proof, root_of};
use warehouse::table::Table;
use warehouse::types::Hash;

/// A row's proof under the manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowProof {
    /// The table.
    pub table: &'static str,
    /// The row's canonical encoding.
    pub row: Vec<u8>,
    /// SHA-256 of it: the leaf's data.
    pub row_hash: B256,
    /// The row's place in key order, from 0.
    pub index: usize,
    /// Rows of the table.
    pub rows: usize,
    /// Siblings from the leaf up.
    pub proof: Vec<B256>,
    /// The table's digest, which the manifest names.
    pub digest: Hash,
}

impl RowProof {
    /// Proves a row of these, which are all rows of the table.
    ///
    /// # Errors
    /// [`Mismatch`] when the row is none of them, or the digest to which the proof leads is not the manifest's.
    pub fn of<T: Table>(rows: &[T], row: &T, manifest: &Manifest) -> Result<Self, Mismatch> {
        let table = T::DEF.name;
        let key = key_of(row);
        let encoded = encode_rows(rows);
        let index = encoded.iter().position(|other| other.key == key);
        let index = index.ok_or_else(|| Mismatch(format!("table {table}: the receipt's row is missing")))?;
        let leaves: Vec<B256> = encoded.iter().map(row_hash).collect();
        let proof = inclusion_proof(&leaves, index).unwrap_or_default();
        let (data, count) = (leaves[index], leaves.len());
        // From the proof alone, as anybody would: not from the tree that made it.
        let root = root_of(data.as_slice(), index, count, &proof);
        let root = root.ok_or_else(|| Mismatch(format!("table {table}: the proof has a wrong length")))?;
        let digest = bind(T::DEF, count as u64, root).digest;
        let named = manifest.outputs.iter().find(|output| output.table == table).map(|output| output.digest.as_str());
        if named != Some(digest.to_string().as_str()) {
            let named = named.unwrap_or("none");
            return Err(Mismatch(format!(
                "table {table}: the proof leads to digest {digest}, the manifest names {named}"
            )));
        }
        Ok(Self { table, row: encoded[index].row.clone(), row_hash: data, index, rows: count, proof, digest })
    }

    /// The proof as JSON.
    pub fn to_json(&self) -> Value {
        json!({
            "table": self.table,
            "row": alloy::hex::encode_prefixed(&self.row),
            "row_hash": self.row_hash.to_string(),
            "index": self.index.to_string(),
            "rows": self.rows.to_string(),
            "proof": self.proof.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "digest": self.digest.to_string(),
        })
    }

    /// The proof as text.
    pub fn to_text(&self) -> String {
        let mut text = format!("{}, row {} of {}\n", self.table, self.index, self.rows);
        let _ = writeln!(text, "  row hash  {}", self.row_hash);
        for (at, sibling) in self.proof.iter().enumerate() {
            let _ = writeln!(text, "  {:<8}  {sibling}", if at == 0 { "proof" } else { "" });
        }
        let _ = writeln!(text, "  digest    {}, as the manifest names it", self.digest);
        text
    }
}
