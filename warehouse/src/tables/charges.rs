//! Table `charges`: Which receipts count and what each costs; the rest with a reason.

use crate::types::{
    AdapterId, Address, Amount, BatchId, Epoch, KafkaOffset, ModelVersionId, Partition, ReceiptId, Time, Topic,
};
use crate::{table, words};

table! {
    /// Which receipts count and what each costs; the rest with a reason.
    #[table(name = "charges", version = 1, writer = "charge", grain = "receipt occurrence", layout = ByEpoch, key = [epoch, topic, partition, offset, index])]
    pub struct Charge {
        /// Epoch that was settled.
        pub epoch: Epoch,
        /// Topic of the record.
        pub topic: Topic,
        /// Partition of the record.
        pub partition: Partition,
        /// Offset of the record.
        pub offset: KafkaOffset,
        /// Position inside the record, from 0.
        pub index: u32,
        /// Log time of its batch: orders receipts and decides which keys were valid.
        pub log_time: Time,
        /// The receipt.
        pub receipt: ReceiptId,
        /// Its batch.
        pub batch: BatchId,
        /// Serving operator.
        pub operator: Address,
        /// Who pays.
        pub payer: Address,
        /// Model version that answered.
        pub model_version: ModelVersionId,
        /// Adapter, if any.
        pub adapter: Option<AdapterId>,
        /// Charged, or why not.
        pub outcome: Outcome,
        /// What was charged, base units; 0 if refused.
        pub fee: Amount,
        /// Whether the receipt's own time lies in the epoch; decides nothing.
        pub clock: Clock,
    }
}

words! {
    /// Whether a receipt was charged, or the first reason why not.
    pub enum Outcome {
        /// Charged in full.
        Charged = "charged",
        /// The batch's operator is not registered, or revoked.
        UnknownOperator = "unknown_operator",
        /// The batch's signer was no valid key at its log time.
        InvalidKey = "invalid_key",
        /// The batch counted before.
        Replayed = "replayed",
        /// Another batch under this number, or after another one.
        LaneFork = "lane_fork",
        /// A batch before this one is missing.
        LaneGap = "lane_gap",
        /// No such model version.
        UnknownModel = "unknown_model",
        /// No such adapter of this model version.
        UnknownAdapter = "unknown_adapter",
        /// Published less than one epoch ago.
        NotYetPayable = "not_yet_payable",
        /// No longer served.
        Deprecated = "deprecated",
        /// No price binds in this epoch.
        Unpriced = "unpriced",
        /// The rule set does not settle this method.
        MethodUnsupported = "method_unsupported",
        /// The index or an item list behind it is missing, or not what was pinned.
        ArtifactUnusable = "artifact_unusable",
        /// The batch holds no evidence with the receipt's hash.
        EvidenceMissing = "evidence_missing",
        /// The evidence does not fit the model version.
        EvidenceMalformed = "evidence_malformed",
        /// The fee is no amount.
        FeeOverflow = "fee_overflow",
        /// The payer's Spend does not cover it.
        BeyondSpend = "beyond_spend",
        /// The payer's deposit does not cover it.
        BeyondDeposit = "beyond_deposit",
    }
}

words! {
    /// Where the receipt's own time lies.
    pub enum Clock {
        /// In the epoch.
        OnTime = "on_time",
        /// Before it.
        Late = "late",
        /// After it.
        Early = "early",
    }
}
