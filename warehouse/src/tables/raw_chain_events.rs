//! Table `raw_chain_events`: Logs of the contracts in chain order. The first of each (block hash, log index) counts.

use crate::table;
use crate::types::{Address, Hash, KafkaOffset, Partition, Time, Topic};
use alloy::primitives::B256;

table! {
    /// Logs of the contracts in chain order. The first of each (block hash, log index) counts.
    #[table(name = "raw_chain_events", version = 1, writer = "ingest", grain = "a log of a contract", layout = ByDate, key = [topic, partition, offset, index])]
    pub struct RawChainEvent {
        /// Topic of the record.
        pub topic: Topic,
        /// Partition of the record.
        pub partition: Partition,
        /// Offset of the record.
        pub offset: KafkaOffset,
        /// Position inside the record, from 0.
        pub index: u32,
        /// When the log took the record in, UTC microseconds.
        pub taken_at: Time,
        /// Height of the block.
        pub block_number: u64,
        /// keccak256 of the block's header.
        pub block_hash: Hash,
        /// The block's time, UTC microseconds.
        pub block_time: Time,
        /// Position in the block.
        pub log_index: u32,
        /// Transaction that emitted it.
        pub transaction_hash: Hash,
        /// Contract that emitted it.
        pub address: Address,
        /// Name of the event.
        pub event: String,
        /// Indexed fields; the first is the event's signature hash.
        pub topics: Vec<B256>,
        /// ABI-encoded other fields.
        pub data: Vec<u8>,
    }
}
