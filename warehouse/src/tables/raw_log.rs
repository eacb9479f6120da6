//! Table `raw_log`: Every record that a topic held, whatever became of it; the authority for resuming and for whether an epoch is complete.

use crate::types::{Address, Epoch, Hash, KafkaOffset, Partition, Time, Topic};
use crate::{table, words};

table! {
    /// Every record that a topic held, whatever became of it; the authority for resuming and for whether an epoch is complete.
    #[table(name = "raw_log", version = 1, writer = "ingest", grain = "a record of a topic", layout = ByDate, key = [topic, partition, offset])]
    pub struct RawLog {
        /// Topic of the record.
        pub topic: Topic,
        /// Partition of the record.
        pub partition: Partition,
        /// Offset of the record.
        pub offset: KafkaOffset,
        /// When the log took the record in, UTC microseconds.
        pub taken_at: Time,
        /// What the record was: batch, events, close, quarantined.
        pub kind: RecordKind,
        /// Batch: its id. Events: the block's hash. Close: keccak256 of its content. Quarantined: keccak256 of the record's value.
        pub content_hash: Hash,
        /// Close: the epoch that it ends.
        pub closes_epoch: Option<Epoch>,
        /// Close: the address to which its signature recovers.
        pub close_signer: Option<Address>,
        /// Close: content bytes as received.
        pub close_content: Option<Vec<u8>>,
        /// Close: signature as received, 65 bytes.
        pub close_signature: Option<Vec<u8>>,
    }
}

words! {
    /// What a record was.
    pub enum RecordKind {
        /// A receipt batch.
        Batch = "batch",
        /// A block's logs.
        Events = "events",
        /// The end of an epoch in the partition.
        Close = "close",
        /// Could not be accepted as a whole.
        Quarantined = "quarantined",
    }
}
