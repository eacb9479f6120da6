//! The payout tree: OpenZeppelin's StandardMerkleTree over (chain id, vault, account, cumulative).
//! Cost: 2 hashes a leaf and one a node; proofs are read off the stored nodes.

use alloy::primitives::{Address, B256, keccak256};
use warehouse::types::{Amount, Hash};

/// A tree over payout leaves.
#[derive(Clone, Debug)]
pub struct PayoutTree {
    /// Nodes in array form: children of i at 2i + 1 and 2i + 2.
    nodes: Vec<B256>,
    /// Which of the given leaves stands at each place, from the last place on.
    given: Vec<usize>,
}

/// The leaf of an account: keccak256(keccak256(abi.encode(chain id, vault, account, cumulative))).
pub fn leaf(chain_id: u64, vault: Address, account: Address, cumulative: Amount) -> Hash {
    let mut encoded = [0; 128];
    encoded[24..32].copy_from_slice(&chain_id.to_be_bytes());
    encoded[44..64].copy_from_slice(vault.as_slice());
    encoded[76..96].copy_from_slice(account.as_slice());
    encoded[112..].copy_from_slice(&cumulative.units().to_be_bytes());
    Hash(keccak256(keccak256(encoded)))
}

fn node(a: B256, b: B256) -> B256 {
    let (low, high) = if a < b { (a, b) } else { (b, a) };
    let mut pair = [0; 64];
    pair[..32].copy_from_slice(low.as_slice());
    pair[32..].copy_from_slice(high.as_slice());
    keccak256(pair)
}

impl PayoutTree {
    /// The tree over these leaves, given in any order.
    pub fn new(leaves: &[Hash]) -> Self {
        let count = leaves.len();
        let mut order: Vec<(Hash, usize)> = leaves.iter().copied().zip(0..).collect();
        order.sort_unstable();
        let mut nodes = vec![B256::ZERO; (2 * count).saturating_sub(1)];
        for (place, (leaf, _)) in nodes.iter_mut().rev().zip(&order) {
            *place = leaf.0;
        }
        for at in (0..count.saturating_sub(1)).rev() {
            nodes[at] = node(nodes[2 * at + 1], nodes[2 * at + 2]);
        }
        Self { nodes, given: order.into_iter().map(|(_, at)| at).collect() }
    }

    /// The root; zero when there is no leaf.
    pub fn root(&self) -> Hash {
        Hash(self.nodes.first().copied().unwrap_or_default())
    }

    /// For each leaf, in the order in which they were given, its siblings up to the root. They are read in the tree's
    /// order, in which neighbours share what the processor has at hand.
    pub fn proofs(&self) -> Vec<Vec<B256>> {
        let mut proofs = vec![Vec::new(); self.given.len()];
        for (place, index) in (0..self.nodes.len()).rev().zip(&self.given) {
            proofs[*index] = self.siblings(place);
        }
        proofs
    }

    fn siblings(&self, mut at: usize) -> Vec<B256> {
        let depth = (at + 1).ilog2();
        let mut siblings = Vec::with_capacity(depth.try_into().unwrap_or_default());
        while at > 0 {
            siblings.push(self.nodes[if at.is_multiple_of(2) { at - 1 } else { at + 1 }]);
            at = (at - 1) / 2;
        }
        siblings
    }
}

/// The root to which a proof leads.
pub fn root_of(leaf: Hash, proof: &[B256]) -> Hash {
    Hash(proof.iter().fold(leaf.0, |below, sibling| node(below, *sibling)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_leaf_is_proven_and_order_does_not_matter(seeds in proptest::collection::btree_set(any::<u64>(), 1..60)) {
            let leaves: Vec<Hash> = seeds.iter().map(|seed| Hash(keccak256(seed.to_be_bytes()))).collect();
            let tree = PayoutTree::new(&leaves);
            for (leaf, proof) in leaves.iter().zip(tree.proofs()) {
                prop_assert_eq!(root_of(*leaf, &proof), tree.root());
            }
            let reversed: Vec<Hash> = leaves.iter().rev().copied().collect();
            prop_assert_eq!(PayoutTree::new(&reversed).root(), tree.root());
        }
    }

    #[test]
    fn a_tree_without_leaves_has_a_zero_root() {
        assert_eq!(PayoutTree::new(&[]).root(), Hash::default());
    }
}
