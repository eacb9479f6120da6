//! The settler's signed word that an epoch ends in a partition.

use crate::error::Error;
use crate::network::Network;
use crate::wire::close::v1::{CloseContent, SignedClose};
use alloy::primitives::{Address, B256, keccak256};
use bytes::Bytes;
use prost::Message;
use std::future::Future;
use std::pin::Pin;
use warehouse::types::{Epoch, Partition, Topic};

/// Signs the hash of a Close, in the settler's name.
pub trait CloseSigner: Send + Sync {
    /// Who signs.
    fn address(&self) -> Address;
    /// 65 bytes r, s, v.
    fn sign(&self, hash: B256) -> Pin<Box<dyn Future<Output = Result<Bytes, Error>> + Send + '_>>;
}

/// The Close of an epoch in one partition.
///
/// # Errors
/// When it cannot be signed.
pub async fn signed_close(
    network: &Network,
    signer: &impl CloseSigner,
    topic: Topic,
    partition: Partition,
    epoch: Epoch,
) -> Result<SignedClose, Error> {
    let content = CloseContent {
        topic: topic.name().into(),
        partition: partition.0,
        epoch: epoch.0,
        signer: signer.address().to_vec().into(),
    };
    let content = Bytes::from(content.encode_to_vec());
    let signature = signer.sign(network.close_hash(keccak256(&content))).await?;
    Ok(SignedClose { content, signature })
}
