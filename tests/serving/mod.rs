//! A serving node of the demo's network: it signs batches as a node would, and posts them.
#![allow(dead_code, unreachable_pub, reason = "each file of tests uses a part of it")]

pub mod world;

use crate::demo::json_on;
use alloy::primitives::{Address, B256, keccak256};
use bytes::Bytes;
use ingest::Network;
use ingest::wire::receipts::v1::{BatchContent, Envelope, Evidence, Influence, Receipt, Sketch, Spend, evidence};
use k256::ecdsa::SigningKey;
use prost::Message;
use std::path::Path;
use warehouse::types::Amount;

/// A name of the recording, as its key.
pub fn key(name: &str) -> SigningKey {
    SigningKey::from_bytes(&keccak256(format!("openbooks demo key: {name}")).0.into()).unwrap()
}

pub fn address(name: &str) -> Address {
    Address::from_public_key(key(name).verifying_key())
}

pub fn sign(name: &str, hash: B256) -> Bytes {
    let (signature, parity) = key(name).sign_prehash_recoverable(hash.as_slice()).unwrap();
    let mut bytes = signature.to_bytes().to_vec();
    bytes.push(27 + parity.to_byte());
    bytes.into()
}

/// A model version that is served.
#[derive(Clone, Debug)]
pub struct Model {
    pub version: B256,
    pub sketch_k: usize,
    pub checkpoints: usize,
}

impl Model {
    /// The one of a settled folder that influence pays for without an adapter.
    pub fn of(folder: &Path) -> Self {
        let query = "SELECT encode(version, 'hex') AS version, sketch_k, checkpoints FROM models \
                     WHERE epoch = 2 AND priced AND NOT deprecated ORDER BY version LIMIT 1";
        let row = &json_on(folder, &["sql", query])[0];
        let number = |name: &str| usize::try_from(row[name].as_u64().unwrap()).unwrap();
        Self {
            version: row["version"].as_str().unwrap().parse().unwrap(),
            sketch_k: number("sketch_k"),
            checkpoints: number("checkpoints"),
        }
    }
}

/// One lane of an operator.
#[derive(Clone, Debug)]
pub struct Node {
    pub network: Network,
    pub model: Model,
    pub operator: String,
    pub signer: String,
    pub payer: String,
    pub lane: u64,
    pub number: u64,
    pub head: B256,
}

impl Node {
    pub fn new(network: Network, model: Model, operator: &str, payer: &str, lane: u64) -> Self {
        Self {
            network,
            model,
            operator: operator.into(),
            signer: format!("{operator}, signing key 1"),
            payer: payer.into(),
            lane,
            number: 0,
            head: B256::ZERO,
        }
    }

    pub fn evidence(&self, seed: u64) -> Bytes {
        let values: Vec<u8> = (0..self.model.sketch_k).map(|at| (at as u64 * 31 + seed * 17) as u8).collect();
        let sketch = Sketch { exponent: 1, values: values.into() };
        let influence = Influence { base: vec![sketch; self.model.checkpoints], adapter: vec![] };
        Evidence { method: Some(evidence::Method::Influence(influence)) }.encode_to_vec().into()
    }

    pub fn receipt(&self, seed: u64, evidence: &[u8]) -> Receipt {
        let commitment = |of: &str| Bytes::copy_from_slice(keccak256(format!("{of} {} {seed}", self.lane)).as_slice());
        Receipt {
            served_at_us: 1_767_300_000_000_000,
            payer: Bytes::copy_from_slice(address(&self.payer).as_slice()),
            model_version: Bytes::copy_from_slice(self.model.version.as_slice()),
            adapter: Bytes::new(),
            tokens_in: 1,
            tokens_out: 1,
            input_commitment: commitment("input"),
            output_commitment: commitment("output"),
            evidence_hash: Bytes::copy_from_slice(keccak256(evidence).as_slice()),
            serving: None,
        }
    }

    pub fn spend(&self, cumulative: u128, by: &str) -> Spend {
        let (payer, operator) = (address(&self.payer), address(&self.operator));
        let hash = self.network.spend_hash(payer, operator, Amount::new(cumulative).unwrap());
        Spend {
            payer: Bytes::copy_from_slice(payer.as_slice()),
            cumulative: Bytes::copy_from_slice(&cumulative.to_be_bytes()),
            signature: sign(by, hash),
        }
    }

    /// The lane's next batch.
    pub fn content(&self, receipts: u64) -> (BatchContent, Vec<Bytes>) {
        let seed = (self.number + 1) * 1_000;
        let evidence: Vec<Bytes> = (seed..seed + receipts).map(|seed| self.evidence(seed)).collect();
        let content = BatchContent {
            operator: Bytes::copy_from_slice(address(&self.operator).as_slice()),
            signer: Bytes::copy_from_slice(address(&self.signer).as_slice()),
            lane: self.lane,
            number: self.number + 1,
            previous: Bytes::copy_from_slice(self.head.as_slice()),
            receipts: (seed..).zip(&evidence).map(|(seed, blob)| self.receipt(seed, blob)).collect(),
            spends: match receipts {
                0 => vec![],
                _ => vec![self.spend(10_000_000_000_000_000_000, &self.payer)],
            },
        };
        (content, evidence)
    }

    pub fn seal(&self, content: &BatchContent, evidence: Vec<Bytes>) -> Envelope {
        let content: Bytes = content.encode_to_vec().into();
        let signature = sign(&self.signer, self.network.batch_hash(keccak256(&content)));
        Envelope { content, signature, evidence }
    }

    /// The lane's next batch, sealed, without going on.
    pub fn next(&self, receipts: u64) -> Envelope {
        let (content, evidence) = self.content(receipts);
        self.seal(&content, evidence)
    }

    /// The batch was taken in.
    pub fn goes_on(&mut self, envelope: &Envelope) {
        self.number += 1;
        self.head = keccak256(&envelope.content);
    }
}
