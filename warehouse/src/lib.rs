//! What the tables and the words of the domain are, and the only code that touches object storage.
//! It knows nothing of topics' wire formats, of rules that decide money, or of anybody's requests.

mod arrow_rows;
mod artifacts;
pub mod cell;
pub mod chain_events;
mod conditional_put;
pub mod encoding;
mod error;
mod files;
mod location;
pub mod merkle;
pub mod page;
pub mod query;
mod store;
pub mod table;
pub mod tables;
pub mod types;

pub use artifacts::Artifacts;
pub use error::Error;
pub use location::is_store_option;
pub use store::{Appended, OffsetRange, Slice, Txn, Warehouse};
