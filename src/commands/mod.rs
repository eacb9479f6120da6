//! One command, one file.

pub mod chain;
pub mod claim;
pub mod commit;
pub mod contribution;
pub mod demo;
pub mod epoch;
pub mod explain;
pub mod export;
pub mod ingest;
pub mod proof;
pub mod sql;
pub mod status;
pub mod verify;
