//! What must be known of a network to check its records: the chain, the vault, the contracts,
//! and the EIP-712 hashes that its participants sign (docs/formats.md, "Signatures").

use crate::kafka::Placed;
use alloy::primitives::{Address, B256, U256};
use alloy::sol_types::{Eip712Domain, SolStruct};
use std::borrow::Cow;
use std::collections::BTreeMap;
use warehouse::chain_events::Contract;
use warehouse::types::{Amount, BatchId, Topic};

/// A network, fixed at deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// Chain of the contracts.
    pub chain_id: u64,
    /// The vault: every signature is bound to it.
    pub vault: Address,
    /// The contracts whose logs are ours, the vault included.
    pub contracts: BTreeMap<Address, Contract>,
    /// Partitions of the receipts topic. The chain events topic has one.
    pub receipts_partitions: u32,
}

/// What is signed, as docs/formats.md declares it.
#[allow(missing_docs, unreachable_pub)]
mod signed {
    alloy::sol! {
        struct ReceiptBatch { bytes32 contentHash; }
        struct Spend { address payer; address operator; uint256 cumulative; }
        struct Close { bytes32 contentHash; }
        struct Ack { bytes32 batch; string topic; uint32 partition; uint64 offset; uint64 takenAt; }
    }
}

impl Network {
    /// Partitions of a topic.
    pub fn partitions(&self, topic: Topic) -> u32 {
        match topic {
            Topic::ChainEvents => 1,
            Topic::Receipts => self.receipts_partitions,
        }
    }

    /// The domain of every signature.
    pub fn domain(&self) -> Eip712Domain {
        Eip712Domain {
            name: Some(Cow::Borrowed("openbooks")),
            version: Some(Cow::Borrowed("1")),
            chain_id: Some(U256::from(self.chain_id)),
            verifying_contract: Some(self.vault),
            salt: None,
        }
    }

    /// What a signing key of the operator signs; `content_hash` is keccak256 of the batch's content bytes.
    pub fn batch_hash(&self, content_hash: B256) -> B256 {
        signed::ReceiptBatch { contentHash: content_hash }.eip712_signing_hash(&self.domain())
    }

    /// What a payer or a spender key of the payer signs; `cumulative` is in base units.
    pub fn spend_hash(&self, payer: Address, operator: Address, cumulative: Amount) -> B256 {
        let cumulative = U256::from(cumulative.units());
        signed::Spend { payer, operator, cumulative }.eip712_signing_hash(&self.domain())
    }

    /// What a gateway signs once the broker has a batch.
    pub fn ack_hash(&self, batch: BatchId, placed: &Placed) -> B256 {
        let ack = signed::Ack {
            batch: batch.0,
            topic: Topic::Receipts.name().into(),
            partition: placed.partition.0,
            offset: placed.offset.0.unsigned_abs(),
            takenAt: placed.taken_at.0.unsigned_abs(),
        };
        ack.eip712_signing_hash(&self.domain())
    }

    /// What the settler signs; `content_hash` is keccak256 of the Close's content bytes.
    pub fn close_hash(&self, content_hash: B256) -> B256 {
        signed::Close { contentHash: content_hash }.eip712_signing_hash(&self.domain())
    }
}
