//! Artifacts that chain events name by hash: checked against their hash before anything is read from them.

mod index;
mod items;

pub use index::{IndexRow, SketchIndex};
pub use items::ItemList;

use crate::error::Error;
use warehouse::types::Hash;

/// The kind of a sketch index.
pub const INDEX: &str = "index";
/// The kind of an item list.
pub const ITEMS: &str = "items";

/// The error for a file that is what its name says, and not what was pinned.
pub fn refused(kind: &'static str, hash: Hash, wrong: String) -> Error {
    let remedy = "what pins it cannot be settled; its owner must publish a new version with complete artifacts";
    Error::Artifact { kind, hash, wrong, remedy, replaceable: false }
}

/// The error for a file whose bytes are not those of its name.
fn altered(kind: &'static str, hash: Hash, what: &str) -> Error {
    Error::Artifact {
        kind,
        hash,
        wrong: format!("the file's {what}"),
        remedy: "bring the file again from where its owner published it",
        replaceable: true,
    }
}
