//! Arithmetic over plain slices that a GPU may run.
//!
//! Promises: every result is an integer and the same, bit for bit, on every runtime, with any number of threads
//! and however the work is split; each kernel has a `reference` module in plain Rust that says what it computes;
//! a GPU is used only after it has answered a known question like the reference.
//! It knows no files, tables, contributions or money, reads no environment, clock or random number,
//! and depends on nothing of this workspace.

mod adapter;
mod buffer;
mod error;
pub mod influence;
mod runtime;

pub use adapter::Adapter;
pub use error::{Cause, Error};
pub use runtime::Runtime;
