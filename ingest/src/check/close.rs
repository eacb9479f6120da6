//! Closing records: the settler ends an epoch in one partition. Whether the signer is the settler, freeze decides.

use super::{Place, Refusal, fields};
use crate::network::Network;
use crate::rows::RawRows;
use crate::wire::close::v1::{CloseContent, SignedClose};
use alloy::primitives::keccak256;
use prost::Message;
use warehouse::tables::RawLog;
use warehouse::tables::raw_log::RecordKind;
use warehouse::types::{Epoch, Hash};

/// The rows of a Close that names its own topic and partition and recovers to the signer that it names.
pub(super) fn accept(network: &Network, place: Place, close: &SignedClose) -> Result<RawRows, Refusal> {
    let content =
        CloseContent::decode(close.content.clone()).map_err(|_| Refusal::undecodable("the close's content"))?;
    if content.topic != place.topic.name() {
        return Err(Refusal::malformed("the close names another topic"));
    }
    if content.partition != place.partition.0 {
        return Err(Refusal::malformed("the close names another partition"));
    }
    let epoch = fields::ordinal(content.epoch, "the epoch is out of bounds")?;
    let signer = fields::address(&content.signer, "the signer is not 20 bytes")?;
    let content_hash = keccak256(&close.content);
    let signature = fields::signature(&close.signature)?;
    let recovered = signature.recover_address_from_prehash(&network.close_hash(content_hash));
    if recovered.ok() != Some(signer) {
        return Err(Refusal::signature("the close is not signed by its signer"));
    }
    let log = RawLog {
        closes_epoch: Some(Epoch(epoch)),
        close_signer: Some(signer),
        close_content: Some(close.content.to_vec()),
        close_signature: Some(close.signature.to_vec()),
        ..place.log(RecordKind::Close, Hash(content_hash))
    };
    Ok(RawRows { log: vec![log], ..RawRows::default() })
}
