//! Receipt batches: the envelope's signature, the header, the Spends; receipts and evidence have files of their own.

use super::evidence::Blobs;
use super::{Place, RECEIPTS_MAX, Refusal, SPENDS_MAX, fields, receipt};
use crate::network::Network;
use crate::rows::RawRows;
use crate::signature;
use crate::wire::receipts::v1::{BatchContent, Envelope, Spend};
use alloy::primitives::{Address, keccak256};
use bytes::Bytes;
use prost::Message;
use warehouse::tables::RawBatch;
use warehouse::tables::raw_batches::SpendSeen;
use warehouse::tables::raw_log::RecordKind;
use warehouse::types::{Amount, BatchId, Hash};

/// Field numbers of `BatchContent`.
const RECEIPTS: u32 = 6;
const SPENDS: u32 = 7;
/// Field number of `Envelope`.
pub(super) const EVIDENCE: u32 = 3;

/// The rows of a batch whose header is well formed and whose signature recovers to the signer that it names.
/// A bad receipt inside is refused by itself; a Spend without a payer of 20 bytes or an amount is left out.
pub(super) fn accept(network: &Network, place: Place, envelope: &Envelope) -> Result<RawRows, Refusal> {
    let (content, mut batch) = open(network, place, envelope)?;
    batch.spends = content.spends.iter().filter_map(|spend| seen(network, batch.operator, spend)).collect();
    batch.content = envelope.content.to_vec();
    batch.signature = envelope.signature.to_vec();

    let mut rows = RawRows { log: vec![place.log(RecordKind::Batch, Hash(batch.batch.0))], ..RawRows::default() };
    let mut blobs = Blobs::new(&envelope.evidence);
    let mut refused = Vec::new();
    for (index, sent) in (0..).zip(&content.receipts) {
        match receipt::accept(place, &batch, index, sent) {
            Ok(receipt) => {
                rows.evidence.extend(blobs.of(place, &receipt)?);
                rows.receipts.push(receipt);
            }
            Err(refusal) => refused.push((index, refusal)),
        }
    }
    if !refused.is_empty() {
        let mut sent = Vec::with_capacity(content.receipts.len());
        let visited = fields::visit(&envelope.content, |tag, body| sent.extend((tag == RECEIPTS).then_some(body)));
        visited.map_err(|_| Refusal::undecodable("the batch's content"))?;
        rows.quarantined = place.parts(&refused, &sent);
    }
    rows.batches.push(batch);
    Ok(rows)
}

/// The content and the header, whose signature recovers to its signer; Spends and receipts are not looked at.
pub(super) fn open(network: &Network, place: Place, envelope: &Envelope) -> Result<(BatchContent, RawBatch), Refusal> {
    let content = decode(&envelope.content)?;
    let id = BatchId(keccak256(&envelope.content));
    let batch = header(place, id, &content)?;
    let signature = fields::signature(&envelope.signature)?;
    let recovered = signature.recover_address_from_prehash(&network.batch_hash(id.0));
    if recovered.ok() != Some(batch.signer) {
        return Err(Refusal::signature("the batch is not signed by its signer"));
    }
    Ok((content, batch))
}

fn decode(content: &Bytes) -> Result<BatchContent, Refusal> {
    let undecodable = |_| Refusal::undecodable("the batch's content");
    let (mut receipts, mut spends) = (0, 0);
    fields::visit(content, |tag, _| {
        receipts += usize::from(tag == RECEIPTS);
        spends += usize::from(tag == SPENDS);
    })
    .map_err(undecodable)?;
    if receipts > RECEIPTS_MAX {
        return Err(Refusal::malformed("the batch has too many receipts"));
    }
    if spends > SPENDS_MAX {
        return Err(Refusal::malformed("the batch has too many spends"));
    }
    BatchContent::decode(content.clone()).map_err(undecodable)
}

/// The batch's row, before its Spends and bytes are filled in.
fn header(place: Place, id: BatchId, content: &BatchContent) -> Result<RawBatch, Refusal> {
    Ok(RawBatch {
        topic: place.topic,
        partition: place.partition,
        offset: place.offset,
        taken_at: place.taken_at,
        batch: id,
        operator: fields::address(&content.operator, "the operator is not 20 bytes")?,
        signer: fields::address(&content.signer, "the signer is not 20 bytes")?,
        lane: fields::number(content.lane, "the lane is out of bounds")?,
        number: fields::ordinal(content.number, "the number is out of bounds")?,
        previous: fields::id(&content.previous, "the previous batch is not 32 bytes").map(BatchId)?,
        receipts: u32::try_from(content.receipts.len()).unwrap_or(u32::MAX),
        spends: Vec::new(),
        content: Vec::new(),
        signature: Vec::new(),
    })
}

fn seen(network: &Network, operator: Address, spend: &Spend) -> Option<SpendSeen> {
    let payer = Address::try_from(spend.payer.as_ref()).ok()?;
    let cumulative = Amount::new(u128::from_be_bytes(spend.cumulative.as_ref().try_into().ok()?))?;
    let signer = signature::recover(network.spend_hash(payer, operator, cumulative), &spend.signature);
    Some(SpendSeen { payer, cumulative, signer: signer.unwrap_or(Address::ZERO) })
}
