//! From the chain and from serving nodes into the raw tables: one path decodes and checks every record,
//! whether it comes from a recorded file, from a bundle or from a broker.
//! It decides only what a record is; whether it counts is for the jobs that read the tables.

pub mod chain;
mod check;
mod closing;
mod error;
pub mod kafka;
mod network;
mod pulse;
mod rebuild;
mod recording;
mod rows;
mod signature;
mod sink;
mod source;
pub mod wire;

pub use check::{
    Checked, EVIDENCE_BYTES_MAX, EVIDENCE_NAMED_BYTES_MAX, LOGS_MAX, NODE_BYTES_MAX, RECEIPTS_MAX, RECORD_BYTES_MAX,
    SKETCHES_MAX, SPENDS_MAX, TIME_US_MAX, check, evidence_blobs, header, receipt_id,
};
pub use closing::{CloseSigner, signed_close};
pub use error::{Damage, Error};
pub use network::Network;
pub use pulse::Pulse;
pub use rebuild::rebuild;
pub use recording::{FRAME_BYTES_MAX, PARTITIONS_MAX, RecordingReader, RecordingWriter};
pub use rows::RawRows;
pub use signature::recover;
pub use sink::{Bounds, Report, Sink, due_of};
pub use source::{EventSource, Record};
