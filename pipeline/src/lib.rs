//! From raw tables to a root: the nightly jobs, the rules that decide money, documents and proofs.
//! It knows nothing of brokers, wire formats, requests, clocks or the environment.

pub mod artifact;
pub mod documents;
pub mod error;
pub mod jobs;
pub mod network;
pub mod payout_tree;
pub mod rules;

pub use error::Error;
