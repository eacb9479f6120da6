//! Receipts inside a batch: lengths and bounds only; whether one counts, charge decides.

use super::{NODE_BYTES_MAX, Place, Refusal, fields};
use crate::wire::receipts::v1::{Receipt, ServingFigures};
use alloy::primitives::keccak256;
use warehouse::tables::{RawBatch, RawReceipt};
use warehouse::types::{AdapterId, BatchId, Hash, ModelVersionId, ReceiptId};

/// The row of a receipt that is well formed.
pub(super) fn accept(place: Place, batch: &RawBatch, index: u32, receipt: &Receipt) -> Result<RawReceipt, Refusal> {
    let serving = receipt.serving.as_ref();
    Ok(RawReceipt {
        topic: place.topic,
        partition: place.partition,
        offset: place.offset,
        index,
        taken_at: place.taken_at,
        receipt: receipt_id(batch.batch, index),
        batch: batch.batch,
        operator: batch.operator,
        served_at: fields::time(receipt.served_at_us, "the serving time is out of bounds")?,
        payer: fields::address(&receipt.payer, "the payer is not 20 bytes")?,
        model_version: fields::id(&receipt.model_version, "the model version is not 32 bytes").map(ModelVersionId)?,
        adapter: match receipt.adapter.is_empty() {
            true => None,
            false => Some(AdapterId(fields::id(&receipt.adapter, "the adapter is not 32 bytes")?)),
        },
        tokens_in: receipt.tokens_in,
        tokens_out: receipt.tokens_out,
        input_commitment: fields::id(&receipt.input_commitment, "the input commitment is not 32 bytes").map(Hash)?,
        output_commitment: fields::id(&receipt.output_commitment, "the output commitment is not 32 bytes").map(Hash)?,
        evidence_hash: fields::id(&receipt.evidence_hash, "the evidence hash is not 32 bytes").map(Hash)?,
        node: serving.map(node).transpose()?,
        device_ms: serving.map(|serving| serving.device_ms),
        adapter_load_ms: serving.map(|serving| serving.adapter_load_ms),
    })
}

/// keccak256(batch id || uint32 index).
pub fn receipt_id(batch: BatchId, index: u32) -> ReceiptId {
    let mut preimage = [0; 36];
    preimage[..32].copy_from_slice(batch.0.as_slice());
    preimage[32..].copy_from_slice(&index.to_be_bytes());
    ReceiptId(keccak256(preimage))
}

/// The node's name. A control character is refused: PostgreSQL's clients cannot be sent a NUL.
fn node(serving: &ServingFigures) -> Result<String, Refusal> {
    if serving.node.len() > NODE_BYTES_MAX {
        return Err(Refusal::malformed("the node's name is too long"));
    }
    if serving.node.contains(char::is_control) {
        return Err(Refusal::malformed("the node's name holds a control character"));
    }
    Ok(serving.node.clone())
}
