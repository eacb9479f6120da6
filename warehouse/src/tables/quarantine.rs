//! Table `quarantine`: What could not be accepted, with coordinates, reason and bytes: nothing is lost.

use crate::types::{KafkaOffset, Partition, Time, Topic};
use crate::{table, words};

table! {
    /// What could not be accepted, with coordinates, reason and bytes: nothing is lost.
    #[table(name = "quarantine", version = 1, writer = "ingest", grain = "a record, or a part of one, that could not be accepted", layout = ByDate, key = [topic, partition, offset, index])]
    pub struct Quarantined {
        /// Topic of the record.
        pub topic: Topic,
        /// Partition of the record.
        pub partition: Partition,
        /// Offset of the record.
        pub offset: KafkaOffset,
        /// Part of the record that was refused; null: all of it.
        pub index: Option<u32>,
        /// When the log took the record in, UTC microseconds.
        pub taken_at: Time,
        /// Why, one of a closed list.
        pub reason: QuarantineReason,
        /// What exactly was wrong.
        pub detail: String [no_digest],
        /// The bytes that were refused.
        pub payload: Vec<u8>,
    }
}

words! {
    /// Why a record could not be accepted.
    pub enum QuarantineReason {
        /// The bytes are no message of the topic.
        Undecodable = "undecodable",
        /// A field is missing, has the wrong length or is out of bounds.
        Malformed = "malformed",
        /// The signature does not recover to the signer that the content names.
        Signature = "signature",
        /// A log of a contract that is not ours.
        UnknownContract = "unknown_contract",
        /// A log that is no event of its contract's interface.
        UnknownEvent = "unknown_event",
    }
}
