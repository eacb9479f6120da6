//! Evidence: the blobs of an envelope, found by their hash, and where their sketches lie.

use super::{EVIDENCE_BYTES_MAX, EVIDENCE_NAMED_BYTES_MAX, Place, Refusal, SKETCHES_MAX};
use crate::wire::receipts::v1::{Evidence, Influence, Sketch, evidence::Method};
use alloy::primitives::{B256, keccak256};
use bytes::Bytes;
use prost::Message;
use std::collections::HashMap;
use warehouse::tables::raw_evidence::{EvidenceMethod, SketchAt};
use warehouse::tables::{RawEvidence, RawReceipt};

/// Largest exponent of a sketch.
const EXPONENT_MAX: u32 = 15;

/// The blobs of one envelope.
pub(super) struct Blobs<'a> {
    by_hash: HashMap<B256, Blob<'a>>,
    /// Bytes that the receipts named so far, counted once for each.
    named_bytes: usize,
}

struct Blob<'a> {
    bytes: &'a Bytes,
    /// Made when the first receipt names the blob.
    read: Option<(EvidenceMethod, Vec<SketchAt>)>,
}

impl<'a> Blobs<'a> {
    pub(super) fn new(blobs: &'a [Bytes]) -> Self {
        let by_hash = blobs.iter().map(|bytes| (keccak256(bytes), Blob { bytes, read: None })).collect();
        Self { by_hash, named_bytes: 0 }
    }

    /// The row of the evidence that a receipt names; none when the envelope lacks it.
    ///
    /// # Errors
    /// The whole batch is refused when its receipts name more bytes than the bound.
    pub(super) fn of(&mut self, place: Place, receipt: &RawReceipt) -> Result<Option<RawEvidence>, Refusal> {
        let Some(blob) = self.by_hash.get_mut(&receipt.evidence_hash.0) else { return Ok(None) };
        self.named_bytes = self.named_bytes.saturating_add(blob.bytes.len());
        if self.named_bytes > EVIDENCE_NAMED_BYTES_MAX {
            return Err(Refusal::malformed("the receipts name too much evidence"));
        }
        let (method, sketches) = blob.read.get_or_insert_with(|| read(blob.bytes)).clone();
        Ok(Some(RawEvidence {
            topic: place.topic,
            partition: place.partition,
            offset: place.offset,
            index: receipt.index,
            taken_at: place.taken_at,
            receipt: receipt.receipt,
            evidence_hash: receipt.evidence_hash,
            method,
            sketches,
            evidence: blob.bytes.to_vec(),
        }))
    }
}

/// Whose method a blob is, and where its sketches lie. Malformed: longer than the bound, undecodable, without a
/// method, with too many sketches, or with one that is empty or whose exponent is above 15.
fn read(blob: &Bytes) -> (EvidenceMethod, Vec<SketchAt>) {
    let malformed = (EvidenceMethod::Malformed, Vec::new());
    if blob.len() > EVIDENCE_BYTES_MAX {
        return malformed;
    }
    match Evidence::decode(blob.clone()).ok().and_then(|evidence| evidence.method) {
        Some(Method::Influence(influence)) => {
            sketches(blob, &influence).map_or(malformed, |sketches| (EvidenceMethod::Influence, sketches))
        }
        Some(Method::Retrieval(_)) => (EvidenceMethod::Retrieval, Vec::new()),
        Some(Method::ExactMatch(_)) => (EvidenceMethod::ExactMatch, Vec::new()),
        None => malformed,
    }
}

fn sketches(blob: &Bytes, influence: &Influence) -> Option<Vec<SketchAt>> {
    if influence.base.len() + influence.adapter.len() > SKETCHES_MAX {
        return None;
    }
    let base = influence.base.iter().map(|sketch| (0, sketch));
    let adapter = influence.adapter.iter().map(|sketch| (1, sketch));
    base.chain(adapter).map(|(part, sketch)| position(blob, part, sketch)).collect()
}

/// Decoded values are slices of the blob, so their address says where they lie in it.
fn position(blob: &Bytes, part: u8, sketch: &Sketch) -> Option<SketchAt> {
    if sketch.values.is_empty() || sketch.exponent > EXPONENT_MAX {
        return None;
    }
    let start = sketch.values.as_ptr().addr().checked_sub(blob.as_ptr().addr())?;
    let length = blob.get(start..)?.get(..sketch.values.len())?.len();
    Some(SketchAt {
        part,
        exponent: sketch.exponent,
        start: u32::try_from(start).ok()?,
        length: u32::try_from(length).ok()?,
    })
}
