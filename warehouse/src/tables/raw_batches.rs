//! Table `raw_batches`: Receipt batches whose signature recovers to the signer that they name. Whether that signer was a valid key, charge decides.

use crate::types::{Address, Amount, BatchId, KafkaOffset, Partition, Time, Topic};
use crate::{element, table};

table! {
    /// Receipt batches whose signature recovers to the signer that they name. Whether that signer was a valid key, charge decides.
    #[table(name = "raw_batches", version = 1, writer = "ingest", grain = "a receipt batch", layout = ByDate, key = [topic, partition, offset])]
    pub struct RawBatch {
        /// Topic of the record.
        pub topic: Topic,
        /// Partition of the record.
        pub partition: Partition,
        /// Offset of the record.
        pub offset: KafkaOffset,
        /// When the log took the record in, UTC microseconds.
        pub taken_at: Time,
        /// keccak256 of the content bytes.
        pub batch: BatchId,
        /// Serving operator.
        pub operator: Address,
        /// Signing key.
        pub signer: Address,
        /// Serving process of the operator.
        pub lane: u64,
        /// Position in the lane, from 1.
        pub number: u64,
        /// The lane's batch before, zero for the first.
        pub previous: BatchId,
        /// Receipts inside.
        pub receipts: u32,
        /// Spends inside, in their order: payer, cumulative (base units), recovered signer (zero: none).
        pub spends: Vec<SpendSeen>,
        /// Content bytes as received.
        pub content: Vec<u8>,
        /// Signature as received, 65 bytes.
        pub signature: Vec<u8>,
    }
}

element! {
    /// A Spend inside a batch.
    pub struct SpendSeen {
        /// Who lets the operator charge.
        pub payer: Address,
        /// The most that may ever be charged to (payer, operator), base units.
        pub cumulative: Amount,
        /// The address to which the signature recovers; zero when it is malformed.
        pub signer: Address,
    }
}
