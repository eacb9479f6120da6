//! What a node says, checked against a header: its hash, its receipts, its transactions.

use alloy::consensus::Header;
use alloy::consensus::proofs::ordered_trie_root_encoded;
use alloy::eips::eip2718::Encodable2718;
use alloy::network::AnyTransactionReceipt;
use alloy::primitives::{Address, B256, BloomInput, Bytes, keccak256};
use op_alloy_consensus::{OpDepositReceipt, OpReceiptEnvelope};
use serde::Deserialize;

/// A transaction of an OP Stack network that deposits from the chain below: no signature, two more fields.
const OP_DEPOSIT: u8 = 0x7e;
/// The last type of Ethereum's that is known here: a set-code transaction.
const TYPE_MAX: u8 = 4;

/// A block as nodes give it, without its transactions.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Block {
    /// What the node says that its hash is.
    pub(super) hash: B256,
    #[serde(flatten)]
    pub(super) header: Header,
}

/// Why an answer is not believed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Disbelief {
    #[error("block {number}: the header hashes to {found}, the node says {said}")]
    Hash { number: u64, said: B256, found: B256 },
    #[error("block {asked} was asked for, {found} came")]
    Number { asked: u64, found: u64 },
    #[error("block {number}: the receipts give the root {found}, the header says {said}")]
    Receipts { number: u64, said: B256, found: B256 },
    #[error("block {number}: the transactions give the root {found}, the header says {said}")]
    Transactions { number: u64, said: B256, found: B256 },
    #[error("block {number}: {receipts} receipts of {transactions} transactions")]
    Counts { number: u64, receipts: usize, transactions: usize },
    #[error("block {number} holds a transaction of type {kind:#04x}, which is not known here: a newer version may")]
    Type { number: u64, kind: u8 },
}

/// A log of ours, at its place in the block.
#[derive(Clone, Debug)]
pub(super) struct ProvenLog {
    pub(super) index: u32,
    pub(super) log: alloy::primitives::Log,
    pub(super) transaction: B256,
}

impl Block {
    /// The header is the one that was asked for, and hashes to what the node says.
    pub(super) fn check(&self, asked: u64) -> Result<(), Disbelief> {
        if self.header.number != asked {
            return Err(Disbelief::Number { asked, found: self.header.number });
        }
        let found = self.header.hash_slow();
        if found == self.hash { Ok(()) } else { Err(Disbelief::Hash { number: asked, said: self.hash, found }) }
    }

    /// Whether the block may hold logs of one of the addresses; when not, it holds none.
    pub(super) fn may_hold<'a>(&self, addresses: impl IntoIterator<Item = &'a Address>) -> bool {
        let bloom = &self.header.logs_bloom;
        addresses.into_iter().any(|address| bloom.contains_input(BloomInput::Raw(address.as_slice())))
    }

    /// The logs of the addresses, from receipts and transactions that give the header's roots.
    pub(super) fn logs(
        &self,
        receipts: &[AnyTransactionReceipt],
        transactions: &[Bytes],
        is_ours: impl Fn(&Address) -> bool,
    ) -> Result<Vec<ProvenLog>, Disbelief> {
        let number = self.header.number;
        if receipts.len() != transactions.len() {
            let (receipts, transactions) = (receipts.len(), transactions.len());
            return Err(Disbelief::Counts { number, receipts, transactions });
        }
        let encoded = receipts.iter().map(|receipt| encoded(number, receipt)).collect::<Result<Vec<_>, _>>()?;
        let (said, found) = (self.header.receipts_root, ordered_trie_root_encoded(&encoded));
        if said != found {
            return Err(Disbelief::Receipts { number, said, found });
        }
        let (said, found) = (self.header.transactions_root, ordered_trie_root_encoded(transactions));
        if said != found {
            return Err(Disbelief::Transactions { number, said, found });
        }
        let mut logs = Vec::new();
        let mut index = 0;
        for (receipt, transaction) in receipts.iter().zip(transactions) {
            let transaction = keccak256(transaction);
            for log in receipt.inner.inner.logs() {
                if is_ours(&log.inner.address) {
                    logs.push(ProvenLog { index, log: log.inner.clone(), transaction });
                }
                index += 1;
            }
        }
        Ok(logs)
    }
}

/// A receipt as it enters the receipts root.
fn encoded(number: u64, receipt: &AnyTransactionReceipt) -> Result<Vec<u8>, Disbelief> {
    let envelope = &receipt.inner.inner;
    let plain = envelope.inner.clone().map_logs(|log| log.inner);
    let kind = envelope.r#type;
    if kind == OP_DEPOSIT {
        let field = |name: &str| receipt.other.get_deserialized::<alloy::primitives::U64>(name)?.ok();
        let receipt = OpDepositReceipt {
            inner: plain.receipt,
            deposit_nonce: field("depositNonce").map(|nonce| nonce.to()),
            deposit_receipt_version: field("depositReceiptVersion").map(|version| version.to()),
        };
        let with_bloom = alloy::consensus::ReceiptWithBloom { receipt, logs_bloom: plain.logs_bloom };
        return Ok(OpReceiptEnvelope::Deposit(with_bloom).encoded_2718());
    }
    if kind > TYPE_MAX {
        return Err(Disbelief::Type { number, kind });
    }
    Ok(alloy::network::AnyReceiptEnvelope { inner: plain, r#type: kind }.encoded_2718())
}
