//! Tests of the way from records to rows: hashes and signatures, poison, recordings, the sink, and the way back.

mod checking;
mod demo;
mod fuzzing;
mod poison;
mod rebuilding;
mod recording;
mod signatures;
mod signed;
mod sinking;
mod stories;
