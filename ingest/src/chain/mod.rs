//! The chain's events into their topic: headers are walked and hashed again, so that a node that lies must forge the
//! chain; logs are taken from receipts whose root stands in the header.

mod indexer;
mod nodes;
mod proof;
mod window;

pub use indexer::{Finality, Indexed, Indexer};
pub use nodes::Nodes;
pub use window::Window;
