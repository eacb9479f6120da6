//! EIP-712 hashes and recovery, against vectors that eth-account 0.14 made: chain 31337, vault 0x1111..11,
//! private key 7, content "content", payer 0x2222..22, operator 0x3333..33, cumulative 10^38 - 1.

use crate::signed::{SIGNING_KEY, VAULT, address, network, sign};
use alloy::primitives::{Address, B256, U256, address, b256, hex, keccak256, uint};
use ingest::{Network, recover};
use warehouse::types::Amount;

const SIGNER: Address = address!("d41c057fd1c78805aac12b0a94a405c0461a6fbb");

/// Hash and signature of the batch, the spend, the close.
const VECTORS: [(B256, [u8; 65]); 3] = [
    (
        b256!("cba72a437d113521f77e056728f987d54f03fa0cf6fef41060f75e38b95e6abe"),
        hex!(
            "0356c7c766d4345479426902e0b8b67675fae4d28d2e598c2c02b6d5b4479fc247b5c78e783b82a458a5f676051fcc5d41f4be0dd9e1ebff5c0471939806ff751b"
        ),
    ),
    (
        b256!("6dcbc3ad5799170c9a35ac310d891bc9bdf6abede0919a5dbef87a4209a15269"),
        hex!(
            "0cbad9bcd982c7bc9be9c0cc663db0937f1c3e6409ae6dc2b5b81cf5d7416dec51fa966c230b46814024365addbc8d4d8d9ddd395e58b941619fcbc2e968343d1c"
        ),
    ),
    (
        b256!("0fdcfd8cca15def4e3475902f8b3c9dcae8c3dbbcc71a9d23617160188df62af"),
        hex!(
            "aeaa96d353c2680ac776b0b52c5d6611d0ff4afeb9018823f1a93be93c5ba0b17d9f5b20e78fe9292604dddbec83ab6fdeb762e9bdf999582bdc16c80fae5edc1b"
        ),
    ),
];

/// The order of secp256k1.
const ORDER: U256 = uint!(0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141_U256);

fn hashes(network: &Network) -> [B256; 3] {
    let content_hash = keccak256("content");
    let spend = network.spend_hash(Address::repeat_byte(0x22), Address::repeat_byte(0x33), Amount::MAX);
    [network.batch_hash(content_hash), spend, network.close_hash(content_hash)]
}

#[test]
fn hashes_and_signatures_agree_with_an_independent_implementation() {
    for (found, (hash, signature)) in hashes(&network()).into_iter().zip(VECTORS) {
        assert_eq!(found, hash);
        assert_eq!(recover(hash, &signature), Some(SIGNER));
        assert_eq!(sign(SIGNING_KEY, hash).as_ref(), signature, "both sign deterministically");
    }
    assert_eq!(address(SIGNING_KEY), SIGNER);
}

#[test]
fn another_chain_or_vault_gives_other_hashes() {
    let other_chain = Network { chain_id: 1, ..network() };
    let other_vault = Network { vault: Address::repeat_byte(0x10), ..network() };
    assert_eq!(network().vault, VAULT);
    for other in [other_chain, other_vault] {
        assert!(hashes(&other).iter().zip(hashes(&network())).all(|(other, ours)| *other != ours));
    }
}

#[test]
fn a_signature_has_one_form_only() {
    let (hash, signature) = VECTORS[0];
    let s = U256::from_be_slice(&signature[32..64]);
    let changed = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = signature.to_vec();
        change(&mut bytes);
        recover(hash, &bytes)
    };
    let high_s: [u8; 32] = (ORDER - s).to_be_bytes();
    let flipped_v = if signature[64] == 27 { 28 } else { 27 };
    for v in [0, 1, 26, 29, 35, 37, 255] {
        assert_eq!(changed(&|bytes| bytes[64] = v), None, "v {v}");
    }
    assert_eq!(changed(&|bytes| (bytes[32..64].copy_from_slice(&high_s), bytes[64] = flipped_v).0), None, "high s");
    assert_eq!(changed(&|bytes| bytes[32..64].fill(0)), None, "s of zero");
    assert_eq!(changed(&|bytes| bytes[..32].fill(0)), None, "r of zero");
    assert_eq!(changed(&|bytes| bytes[..32].fill(0xff)), None, "r above the order");
    assert_eq!(changed(&|bytes| bytes.truncate(64)), None, "64 bytes");
    assert_eq!(changed(&|bytes| bytes.push(0)), None, "66 bytes");
    assert_ne!(changed(&|bytes| bytes[64] = flipped_v), Some(SIGNER), "the other v is another key's");
}

#[test]
fn half_the_order_is_the_highest_s() {
    let half = ORDER >> 1;
    let (hash, signature) = VECTORS[0];
    let with_s = |s: U256| {
        let mut bytes = signature.to_vec();
        bytes[32..64].copy_from_slice(&s.to_be_bytes::<32>());
        recover(hash, &bytes)
    };
    assert!(with_s(half).is_some());
    assert_eq!(with_s(half + U256::from(1)), None);
}
