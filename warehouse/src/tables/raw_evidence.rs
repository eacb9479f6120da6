//! Table `raw_evidence`: What the method of a model version needs to attribute a receipt; the row encoding holds its hash instead of its bytes.

use crate::types::{Hash, KafkaOffset, Partition, ReceiptId, Time, Topic};
use crate::{element, table, words};

table! {
    /// What the method of a model version needs to attribute a receipt; the row encoding holds its hash instead of its bytes.
    #[table(name = "raw_evidence", version = 1, writer = "ingest", grain = "a receipt occurrence with evidence", layout = ByDate, key = [topic, partition, offset, index])]
    pub struct RawEvidence {
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
        /// Receipt that names this evidence.
        pub receipt: ReceiptId,
        /// keccak256 of the bytes.
        pub evidence_hash: Hash,
        /// Which method's evidence it is.
        pub method: EvidenceMethod,
        /// Influence: where each sketch lies in the bytes: part (0 base, 1 adapter), exponent, start, length.
        pub sketches: Vec<SketchAt>,
        /// Serialised evidence as received.
        pub evidence: Vec<u8> [no_digest],
    }
}

words! {
    /// The method to which evidence belongs.
    pub enum EvidenceMethod {
        /// Sketches of the query's gradient.
        Influence = "influence",
        /// Retrieved chunks with scores.
        Retrieval = "retrieval",
        /// The output's token ids.
        ExactMatch = "exact_match",
        /// Bytes that are no evidence.
        Malformed = "malformed",
    }
}

element! {
    /// Where a sketch lies in the evidence's bytes.
    pub struct SketchAt {
        /// 0 against the model version's index, 1 against the adapter's.
        pub part: u8,
        /// Power of two of the row's scale.
        pub exponent: u32,
        /// First byte.
        pub start: u32,
        /// Bytes, one int8 each.
        pub length: u32,
    }
}
