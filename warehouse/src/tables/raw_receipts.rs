//! Table `raw_receipts`: Receipts as operators sent them, before anybody decided whether they count.

use crate::table;
use crate::types::{AdapterId, Address, BatchId, Hash, KafkaOffset, ModelVersionId, Partition, ReceiptId, Time, Topic};

table! {
    /// Receipts as operators sent them, before anybody decided whether they count.
    #[table(name = "raw_receipts", version = 1, writer = "ingest", grain = "a receipt occurrence", layout = ByDate, key = [topic, partition, offset, index])]
    pub struct RawReceipt {
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
        /// keccak256(batch id, index).
        pub receipt: ReceiptId,
        /// Batch that holds it.
        pub batch: BatchId,
        /// Serving operator.
        pub operator: Address,
        /// When it was served as the operator says, UTC microseconds; decides nothing.
        pub served_at: Time,
        /// Who pays.
        pub payer: Address,
        /// Model version that answered.
        pub model_version: ModelVersionId,
        /// Adapter, if the answer went through one.
        pub adapter: Option<AdapterId>,
        /// Tokens of the input.
        pub tokens_in: u32,
        /// Tokens of the output.
        pub tokens_out: u32,
        /// keccak256(salt, input).
        pub input_commitment: Hash,
        /// keccak256(salt, output).
        pub output_commitment: Hash,
        /// keccak256 of the serialised evidence.
        pub evidence_hash: Hash,
        /// Serving node, if the operator says so.
        pub node: Option<String>,
        /// Time on the device, milliseconds.
        pub device_ms: Option<u32>,
        /// Time to load the adapter, milliseconds.
        pub adapter_load_ms: Option<u32>,
    }
}
