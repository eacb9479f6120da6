//! A small network with known keys, and records of it as serving nodes and the indexer would make them.

use alloy::primitives::{Address, B256, U256, keccak256};
use alloy::sol_types::SolValue;
use bytes::Bytes;
use ingest::wire::chain_events::v1::{Block, ChainRecord, Log, chain_record};
use ingest::wire::close::v1::{CloseContent, SignedClose};
use ingest::wire::receipts::v1::{
    BatchContent, Envelope, Evidence, Influence, Receipt, ReceiptRecord, ServingFigures, Sketch, Spend, evidence,
    receipt_record,
};
use ingest::{Network, Record};
use k256::ecdsa::SigningKey;
use prost::Message;
use warehouse::chain_events::Contract;
use warehouse::types::{Amount, KafkaOffset, Partition, Time, Topic};

/// 2026-01-01T00:00:00Z, microseconds.
pub(crate) const START_US: i64 = 1_767_225_600_000_000;
/// The operator; its signing key is key 7.
pub(crate) const OPERATOR: Address = Address::repeat_byte(0x33);
pub(crate) const SIGNING_KEY: u8 = 7;
pub(crate) const PAYER_KEY: u8 = 8;
pub(crate) const SETTLER_KEY: u8 = 9;
pub(crate) const VAULT: Address = Address::repeat_byte(0x11);
pub(crate) const TOKEN: Address = Address::repeat_byte(0x12);

pub(crate) fn network() -> Network {
    Network {
        chain_id: 31337,
        vault: VAULT,
        contracts: [(VAULT, Contract::Vault), (TOKEN, Contract::Token)].into(),
        receipts_partitions: 2,
    }
}

fn key(number: u8) -> SigningKey {
    let mut scalar = [0; 32];
    scalar[31] = number;
    SigningKey::from_bytes(&scalar.into()).expect("a small scalar is a key")
}

pub(crate) fn address(number: u8) -> Address {
    Address::from_public_key(key(number).verifying_key())
}

pub(crate) fn sign(number: u8, hash: B256) -> Bytes {
    let (signature, parity) = key(number).sign_prehash_recoverable(hash.as_slice()).expect("signing a hash");
    let mut bytes = signature.to_bytes().to_vec();
    bytes.push(27 + parity.to_byte());
    bytes.into()
}

pub(crate) fn bytes(slice: impl AsRef<[u8]>) -> Bytes {
    Bytes::copy_from_slice(slice.as_ref())
}

/// Evidence of `checkpoints` sketches of `k` values, different for each seed.
pub(crate) fn evidence(seed: u32, checkpoints: u32, k: usize) -> Bytes {
    let sketch = |checkpoint: u32| {
        let mut values = Vec::with_capacity(k);
        let mut word = keccak256((seed, checkpoint).abi_encode());
        while values.len() < k {
            values.extend_from_slice(word.as_slice());
            word = keccak256(word);
        }
        values.truncate(k);
        Sketch { exponent: (seed + checkpoint) % 16, values: values.into() }
    };
    let influence = Influence { base: (0..checkpoints).map(sketch).collect(), adapter: vec![] };
    Evidence { method: Some(evidence::Method::Influence(influence)) }.encode_to_vec().into()
}

pub(crate) fn receipt(seed: u32, evidence: &Bytes) -> Receipt {
    let commitment = bytes(keccak256(seed.to_be_bytes()));
    Receipt {
        served_at_us: START_US + i64::from(seed),
        payer: bytes(address(PAYER_KEY)),
        model_version: bytes([0x55; 32]),
        adapter: Bytes::new(),
        tokens_in: seed,
        tokens_out: 2 * seed,
        input_commitment: commitment.clone(),
        output_commitment: commitment,
        evidence_hash: bytes(keccak256(evidence)),
        serving: Some(ServingFigures { node: "node-1".into(), device_ms: 3, adapter_load_ms: 0 }),
    }
}

pub(crate) fn spend(payer_key: u8, payer: Address, cumulative: u128) -> Spend {
    let amount = Amount::new(cumulative).expect("an amount");
    Spend {
        payer: bytes(payer),
        cumulative: bytes(cumulative.to_be_bytes()),
        signature: sign(payer_key, network().spend_hash(payer, OPERATOR, amount)),
    }
}

pub(crate) fn content(number: u64, previous: B256, receipts: Vec<Receipt>) -> BatchContent {
    BatchContent {
        operator: bytes(OPERATOR),
        signer: bytes(address(SIGNING_KEY)),
        lane: 1,
        number,
        previous: bytes(previous),
        receipts,
        spends: vec![spend(PAYER_KEY, address(PAYER_KEY), u128::from(number) * 1_000)],
    }
}

pub(crate) fn envelope(content: &[u8], evidence: Vec<Bytes>) -> Envelope {
    let signature = sign(SIGNING_KEY, network().batch_hash(keccak256(content)));
    Envelope { content: bytes(content), signature, evidence }
}

pub(crate) fn batch_value(envelope: Envelope) -> Vec<u8> {
    ReceiptRecord { body: Some(receipt_record::Body::Batch(envelope)) }.encode_to_vec()
}

/// A good batch of `count` receipts with evidence.
pub(crate) fn batch(number: u64, count: u32, checkpoints: u32, k: usize) -> Vec<u8> {
    let first = u32::try_from(number).expect("small numbers") * count;
    let blobs: Vec<Bytes> = (first..first + count).map(|seed| evidence(seed, checkpoints, k)).collect();
    let receipts = (first..).zip(&blobs).map(|(seed, blob)| receipt(seed, blob)).collect();
    batch_value(envelope(&content(number, B256::ZERO, receipts).encode_to_vec(), blobs))
}

pub(crate) fn close(topic: Topic, partition: u32, epoch: u64) -> SignedClose {
    let signer = bytes(address(SETTLER_KEY));
    let content = CloseContent { topic: topic.name().into(), partition, epoch, signer }.encode_to_vec();
    let signature = sign(SETTLER_KEY, network().close_hash(keccak256(&content)));
    SignedClose { content: content.into(), signature }
}

pub(crate) fn close_value(topic: Topic, close: SignedClose) -> Vec<u8> {
    match topic {
        Topic::Receipts => ReceiptRecord { body: Some(receipt_record::Body::Close(close)) }.encode_to_vec(),
        Topic::ChainEvents => ChainRecord { body: Some(chain_record::Body::Close(close)) }.encode_to_vec(),
    }
}

/// `Deposited(payer, operator, amount)` of the vault.
pub(crate) fn deposited(log_index: u32, amount: u64) -> Log {
    Log {
        log_index,
        address: bytes(VAULT),
        topics: vec![
            bytes(keccak256("Deposited(address,address,uint256)")),
            bytes(address(PAYER_KEY).into_word()),
            bytes(OPERATOR.into_word()),
        ],
        data: U256::from(amount).abi_encode().into(),
        transaction_hash: bytes([0x77; 32]),
    }
}

pub(crate) fn block(number: u64, logs: Vec<Log>) -> Block {
    let timestamp = u64::try_from(START_US).expect("after 1970") / 1_000_000 + 12 * number;
    Block { number, hash: bytes(keccak256(number.to_be_bytes())), timestamp, logs }
}

pub(crate) fn block_value(block: Block) -> Vec<u8> {
    ChainRecord { body: Some(chain_record::Body::Block(block)) }.encode_to_vec()
}

pub(crate) fn record(topic: Topic, partition: u32, offset: i64, value: impl Into<Bytes>) -> Record {
    Record {
        topic,
        partition: Partition(partition),
        offset: KafkaOffset(offset),
        taken_at: Time(START_US + offset.rem_euclid(1_000) * 60_000_000),
        key: Bytes::new(),
        value: value.into(),
    }
}

/// A length-delimited field.
pub(crate) fn field(tag: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag << 3 | 2];
    prost::encode_length_delimiter(body.len(), &mut bytes).expect("a vector grows");
    bytes.extend_from_slice(body);
    bytes
}
