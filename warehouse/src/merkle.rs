//! RFC 6962 Merkle trees over SHA-256: tree hash, inclusion proof and its check.
//! Cost: 2n hashes for a tree, log2(n) for a check.

use alloy::primitives::B256;
use sha2::{Digest, Sha256};

fn leaf_hash(data: &[u8]) -> B256 {
    hash(&[&[0], data])
}

fn node_hash(left: &B256, right: &B256) -> B256 {
    hash(&[&[1], left.as_slice(), right.as_slice()])
}

fn hash(parts: &[&[u8]]) -> B256 {
    let mut hasher = Sha256::new();
    parts.iter().for_each(|part| hasher.update(part));
    B256::from_slice(&hasher.finalize())
}

/// The tree hash over leaf data (RFC 6962, section 2.1). The empty tree is SHA-256 of nothing.
pub fn tree_hash<D: AsRef<[u8]>>(leaves: &[D]) -> B256 {
    match leaves {
        [] => hash(&[]),
        [only] => leaf_hash(only.as_ref()),
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            node_hash(&tree_hash(left), &tree_hash(right))
        }
    }
}

/// The largest power of two below `len`, which is at least 2.
const fn split(len: usize) -> usize {
    len.next_power_of_two() / 2
}

/// The siblings from leaf `index` up to the root (RFC 6962, section 2.1.1); `None` past the last leaf.
pub fn inclusion_proof<D: AsRef<[u8]>>(leaves: &[D], index: usize) -> Option<Vec<B256>> {
    if index >= leaves.len() {
        return None;
    }
    if leaves.len() == 1 {
        return Some(Vec::new());
    }
    let (left, right) = leaves.split_at(split(leaves.len()));
    let (mut proof, sibling) = if index < left.len() {
        (inclusion_proof(left, index)?, tree_hash(right))
    } else {
        (inclusion_proof(right, index - left.len())?, tree_hash(left))
    };
    proof.push(sibling);
    Some(proof)
}

/// The root to which a proof leads, or `None` when the proof has the wrong length.
pub fn root_of(data: &[u8], index: usize, count: usize, proof: &[B256]) -> Option<B256> {
    if index >= count {
        return None;
    }
    if count == 1 {
        return proof.is_empty().then(|| leaf_hash(data));
    }
    let (sibling, below) = proof.split_last()?;
    let left = split(count);
    Some(if index < left {
        node_hash(&root_of(data, index, left, below)?, sibling)
    } else {
        node_hash(sibling, &root_of(data, index - left, count - left, below)?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::b256;

    /// Test vectors of Certificate Transparency (google/certificate-transparency, merkletree tests).
    const LEAVES: [&[u8]; 8] = [
        b"",
        &[0x00],
        &[0x10],
        &[0x20, 0x21],
        &[0x30, 0x31],
        &[0x40, 0x41, 0x42, 0x43],
        &[0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
        &[0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f],
    ];

    #[test]
    fn tree_hashes_match_the_published_vectors() {
        for (count, root) in [
            (0, b256!("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")),
            (1, b256!("6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d")),
            (2, b256!("fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125")),
            (8, b256!("5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328")),
        ] {
            assert_eq!(tree_hash(&LEAVES[..count]), root, "{count} leaves");
        }
    }

    #[test]
    fn every_leaf_is_proven_and_no_other() {
        for count in 1..=LEAVES.len() {
            let leaves = &LEAVES[..count];
            let root = tree_hash(leaves);
            for index in 0..count {
                let proof = inclusion_proof(leaves, index).unwrap();
                assert_eq!(root_of(leaves[index], index, count, &proof), Some(root));
                assert_ne!(root_of(b"other", index, count, &proof), Some(root));
                assert_eq!(root_of(leaves[index], count, count, &proof), None);
            }
            assert_eq!(inclusion_proof(leaves, count), None);
        }
    }
}
