//! Sketch indexes: the whitened, projected gradient of each training item (docs/formats.md, "Sketch index").

use super::{INDEX, altered, refused};
use crate::error::Error;
use crate::rules::rules_0001::scope::Influence;
use alloy::primitives::B256;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use warehouse::types::{ContributionId, Hash};

const MAGIC: &[u8] = b"OBINDEX1";
const HEADER_BYTES: usize = 20;
/// Contribution id, item, checkpoint, exponent.
const ROW_HEADER_BYTES: usize = 38;

/// A parsed sketch index: decoys and items, each row its T sketches of k values.
#[derive(Clone, Debug)]
pub struct SketchIndex {
    hash: Hash,
    /// Decoys, in order.
    pub decoys: Vec<IndexRow>,
    /// Items by (contribution, item).
    pub items: BTreeMap<(ContributionId, u32), IndexRow>,
}

/// The sketches of one item or decoy.
#[derive(Clone, Debug, Default)]
pub struct IndexRow {
    /// T exponents.
    pub exponents: Vec<u8>,
    /// T x k values.
    pub values: Vec<u8>,
}

impl SketchIndex {
    /// The index in `bytes`, whose SHA-256 must be `hash`, of the shape that its model version pins.
    ///
    /// # Errors
    /// [`Error::Artifact`] when the bytes are others, malformed, of another shape, or not in order.
    pub fn parse(hash: Hash, bytes: &[u8], influence: Influence) -> Result<Self, Error> {
        if Sha256::digest(bytes).as_slice() != hash.0.as_slice() {
            return Err(altered(INDEX, hash, "SHA-256 is another one"));
        }
        let refuse = |wrong: String| refused(INDEX, hash, wrong);
        let header: &[u8; HEADER_BYTES] = bytes
            .first_chunk()
            .filter(|header| header.starts_with(MAGIC))
            .ok_or_else(|| refuse("it is no sketch index".into()))?;
        let word = |at: usize| u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
        if (word(8), word(12)) != (influence.k, influence.checkpoints) {
            return Err(refuse(format!(
                "it holds sketches of {} values at {} checkpoints, its model version pins {} at {}",
                word(8),
                word(12),
                influence.k,
                influence.checkpoints
            )));
        }
        let k = usize::try_from(influence.k).unwrap_or(usize::MAX);
        let rows = &bytes[HEADER_BYTES..];
        let row_bytes = ROW_HEADER_BYTES + k;
        if rows.len() as u64 != u64::from(word(16)) * row_bytes as u64 {
            return Err(refuse(format!("it names {} rows and holds {} bytes of them", word(16), rows.len())));
        }
        let mut index = Self { hash, decoys: Vec::new(), items: BTreeMap::new() };
        let mut before: Option<&[u8]> = None;
        for row in rows.chunks_exact(row_bytes) {
            let key = &row[..ROW_HEADER_BYTES - 1];
            if before.is_some_and(|before| before >= key) {
                return Err(refuse("its rows do not ascend".into()));
            }
            before = Some(key);
            index.add(row)?;
        }
        index.check_whole_rows(influence)?;
        Ok(index)
    }

    fn add(&mut self, row: &[u8]) -> Result<(), Error> {
        let (header, values) = row.split_at(ROW_HEADER_BYTES);
        let contribution = ContributionId(B256::from_slice(&header[..32]));
        let item = u32::from_be_bytes([header[32], header[33], header[34], header[35]]);
        let (checkpoint, exponent) = (header[36], header[37]);
        let sketches = if contribution.0.is_zero() {
            if checkpoint == 0 {
                self.decoys.push(IndexRow::default());
            }
            self.decoys.last_mut()
        } else {
            Some(self.items.entry((contribution, item)).or_default())
        };
        let sketches = sketches.filter(|row| row.exponents.len() == usize::from(checkpoint) && exponent <= 15);
        let sketches = sketches.ok_or_else(|| {
            refused(
                INDEX,
                self.hash,
                format!("item {item} of {contribution} at checkpoint {checkpoint} is out of place or of bounds"),
            )
        })?;
        sketches.exponents.push(exponent);
        sketches.values.extend(values);
        Ok(())
    }

    fn check_whole_rows(&self, influence: Influence) -> Result<(), Error> {
        let whole = |row: &IndexRow| row.exponents.len() as u64 == u64::from(influence.checkpoints);
        if !self.decoys.iter().chain(self.items.values()).all(whole) {
            return Err(refused(INDEX, self.hash, "an item lacks a checkpoint".into()));
        }
        if (self.decoys.len() as u64) < u64::from(influence.decoys_min) {
            let (has, needs) = (self.decoys.len(), influence.decoys_min);
            return Err(refused(
                INDEX,
                self.hash,
                format!("it has {has} decoys, its model version pins at least {needs}"),
            ));
        }
        Ok(())
    }

    /// Checks that the index has exactly these items: (contribution, accepted items).
    ///
    /// # Errors
    /// [`Error::Artifact`] names the first item that is missing or too many.
    pub fn check_items(&self, contributions: impl Iterator<Item = (ContributionId, u32)>) -> Result<(), Error> {
        let mut count = 0;
        for (contribution, items) in contributions {
            for item in 0..items {
                if !self.items.contains_key(&(contribution, item)) {
                    return Err(refused(
                        INDEX,
                        self.hash,
                        format!("it lacks accepted item {item} of contribution {contribution}"),
                    ));
                }
                count += 1;
            }
        }
        if count == self.items.len() {
            Ok(())
        } else {
            Err(refused(INDEX, self.hash, format!("it has {} items, {count} were accepted", self.items.len())))
        }
    }
}
