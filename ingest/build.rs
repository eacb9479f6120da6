//! Compiles the protos of `proto/` without protoc. `bytes` fields are slices of the record, not copies.

use std::io::Result;

const PROTOS: [&str; 3] = ["proto/chain_events.v1.proto", "proto/receipts.v1.proto", "proto/recording.v1.proto"];

fn main() -> Result<()> {
    println!("cargo:rerun-if-changed=proto");
    let descriptors = protox::compile(PROTOS, ["proto"]).map_err(std::io::Error::other)?;
    prost_build::Config::new().bytes(["."]).compile_fds(descriptors)
}
