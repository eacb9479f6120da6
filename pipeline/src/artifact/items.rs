//! Item lists: the hashes of a contribution's items, named by their tree hash (docs/formats.md, "Contribution content").

use super::{ITEMS, altered};
use crate::error::Error;
use alloy::primitives::B256;
use warehouse::merkle;
use warehouse::types::Hash;

const MAGIC: &[u8] = b"OBITEMS1";

/// The hashes of a contribution's items, in item order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemList(pub Vec<B256>);

impl ItemList {
    /// The list in `bytes`, whose tree hash must be `content_hash`.
    ///
    /// # Errors
    /// [`Error::Artifact`] when it is malformed or another list.
    pub fn parse(content_hash: Hash, bytes: &[u8]) -> Result<Self, Error> {
        let hashes = Self::hashes(bytes).ok_or_else(|| altered(ITEMS, content_hash, "layout is no item list"))?;
        if merkle::tree_hash(&hashes) != content_hash.0 {
            return Err(altered(ITEMS, content_hash, "tree hash is another one"));
        }
        Ok(Self(hashes))
    }

    fn hashes(bytes: &[u8]) -> Option<Vec<B256>> {
        let (count, hashes) = bytes.strip_prefix(MAGIC)?.split_at_checked(4)?;
        let count = u32::from_be_bytes(count.try_into().ok()?);
        let whole = hashes.len() as u64 == u64::from(count) * 32;
        whole.then(|| hashes.chunks_exact(32).map(B256::from_slice).collect())
    }
}
