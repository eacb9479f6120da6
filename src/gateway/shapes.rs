//! What the gateway answers, as JSON: numbers that may be large and amounts are decimal strings, amounts in base units.

use super::view::Verdicts;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use warehouse::types::Amount;

/// Proof that the broker has a batch: signed by the network's gateway, EIP-712,
/// `Ack(bytes32 batch,string topic,uint32 partition,uint64 offset,uint64 takenAt)`, takenAt in microseconds.
#[derive(Serialize, ToSchema)]
pub struct Ack {
    /// Batch id.
    pub batch: String,
    /// The topic.
    pub topic: &'static str,
    /// The partition.
    pub partition: u32,
    /// The offset.
    pub offset: String,
    /// When the log took it in, RFC 3339 UTC.
    pub taken_at: String,
    /// The same, microseconds since 1970-01-01.
    pub taken_at_us: String,
    /// Who signs.
    pub signer: String,
    /// 65 bytes r, s, v.
    pub signature: String,
    /// Preliminary verdicts; a batch of a settled epoch has none here.
    pub verdicts: BTreeMap<&'static str, VerdictCount>,
}

/// Receipts of one verdict.
#[derive(Serialize, ToSchema)]
pub struct VerdictCount {
    /// How many.
    pub receipts: usize,
    /// Their fees together.
    pub fee: String,
}

/// Verdicts by their word.
pub fn verdicts(verdicts: &Verdicts) -> BTreeMap<&'static str, VerdictCount> {
    let counted = |(receipts, fee): &(usize, Amount)| VerdictCount { receipts: *receipts, fee: fee.to_string() };
    verdicts.iter().map(|(verdict, found)| (verdict.word(), counted(found))).collect()
}

/// The network that this gateway serves.
#[derive(Serialize, ToSchema)]
pub struct NetworkShape {
    /// Chain of the contracts.
    pub chain_id: String,
    /// The vault: the signatures' verifying contract.
    pub vault: String,
    /// Who signs Acks.
    pub ack_signer: String,
    /// Bounds of a batch.
    pub limits: LimitsShape,
}

/// Bounds of a batch.
#[derive(Serialize, ToSchema)]
pub struct LimitsShape {
    /// Bytes of the record.
    pub record_bytes: usize,
    /// Receipts.
    pub receipts: usize,
    /// Spends.
    pub spends: usize,
    /// Bytes of one evidence.
    pub evidence_bytes: usize,
    /// Bytes of evidence that the receipts of a batch name, each counted.
    pub evidence_named_bytes: usize,
    /// Batches of one operator a second.
    pub batches_a_second: u32,
}

/// An operator's lanes.
#[derive(Serialize, ToSchema)]
pub struct LanesShape {
    /// The operator.
    pub operator: String,
    /// Its lanes.
    pub lanes: Vec<LaneShape>,
}

/// Where a lane stands: the next batch has `number + 1`, and `previous` is this head.
#[derive(Serialize, ToSchema)]
pub struct LaneShape {
    /// The lane.
    pub lane: String,
    /// Number of its last batch.
    pub number: String,
    /// Its id.
    pub head: String,
}

/// A batch that was taken in.
#[derive(Serialize, ToSchema)]
pub struct BatchShape {
    /// Batch id.
    pub batch: String,
    /// `accepted`: it extended its lane, the verdicts are preliminary; `refused`: it stands in the topic and does not
    /// count; `settled`: the verdicts are the epoch's.
    pub state: &'static str,
    /// The epoch that settled it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epoch: Option<String>,
    /// The operator.
    pub operator: String,
    /// Its lane.
    pub lane: String,
    /// Its number in the lane.
    pub number: String,
    /// The topic.
    pub topic: &'static str,
    /// The partition.
    pub partition: u32,
    /// The offset.
    pub offset: String,
    /// When the log took it in, RFC 3339 UTC.
    pub taken_at: String,
    /// Its receipts.
    pub receipts: Vec<ReceiptShape>,
}

/// A receipt of a batch.
#[derive(Clone, Serialize, ToSchema)]
pub struct ReceiptShape {
    /// Receipt id.
    pub receipt: String,
    /// Its position in the batch.
    pub index: u32,
    /// `charged`, or why not.
    pub verdict: String,
    /// What was charged; only of a settled epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fee: Option<String>,
}

/// One receipt, by what its node knew when it answered.
#[derive(Serialize, ToSchema)]
pub struct AnswerShape {
    /// Its batch.
    pub batch: String,
    /// As that of the batch.
    pub state: &'static str,
    /// The epoch that settled it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epoch: Option<String>,
    /// The receipt.
    #[serde(flatten)]
    pub receipt: ReceiptShape,
}

/// What a payer may still be charged.
#[derive(Serialize, ToSchema)]
pub struct FundsShape {
    /// The payer.
    pub payer: String,
    /// Keys that may sign its Spends now, beside its own.
    pub spender_keys: Vec<String>,
    /// By operator.
    pub funds: Vec<OperatorFunds>,
}

/// What one operator may still charge.
#[derive(Serialize, ToSchema)]
pub struct OperatorFunds {
    /// The operator.
    pub operator: String,
    /// What is left of the deposit.
    pub deposit: String,
    /// The highest Spend.
    pub allowed: String,
    /// Charged, ever.
    pub charged: String,
    /// The smaller of what deposit and Spend leave.
    pub chargeable: String,
}

/// A problem (RFC 9457); some have members of their own beside these.
#[derive(Serialize, ToSchema)]
pub struct ProblemShape {
    /// `urn:openbooks:problem:` and the code.
    pub r#type: String,
    /// The code in words.
    pub title: String,
    /// The status.
    pub status: u16,
    /// Stays the same for ever.
    pub code: String,
    /// What is wrong with this request.
    pub detail: String,
}
