//! The payout tree: OpenZeppelin's StandardMerkleTree over (chain id, vault, account, cumulative).
//! Cost: 2 hashes a leaf and one a node; proofs are read off the stored nodes.

use alloy::primitives::{Address, B256, U256, keccak256};
use alloy::sol_types::SolValue;
use warehouse::types::{Amount, Hash};

/// A tree over payout leaves.
#[derive(Clone, Debug)]
pub struct PayoutTree {
    /// Nodes in array form: children of i at 2i + 1 and 2i + 2.
    nodes: Vec<B256>,
    /// Where each leaf stands in `nodes`, in the order in which leaves were given.
    places: Vec<usize>,
}

/// The leaf of an account: keccak256(keccak256(abi.encode(chain id, vault, account, cumulative))).
pub fn leaf(chain_id: u64, vault: Address, account: Address, cumulative: Amount) -> Hash {
    let encoded = (U256::from(chain_id), vault, account, U256::from(cumulative.units())).abi_encode();
    Hash(keccak256(keccak256(encoded)))
}

fn node(a: B256, b: B256) -> B256 {
    let (low, high) = if a < b { (a, b) } else { (b, a) };
    keccak256([low, high].concat())
}

impl PayoutTree {
    /// The tree over these leaves, given in any order.
    pub fn new(leaves: &[Hash]) -> Self {
        let count = leaves.len();
        let mut order: Vec<usize> = (0..count).collect();
        order.sort_by_key(|at| leaves[*at]);
        let mut nodes = vec![B256::ZERO; (2 * count).saturating_sub(1)];
        let mut places = vec![0; count];
        for (rank, at) in order.into_iter().enumerate() {
            let place = nodes.len() - 1 - rank;
            nodes[place] = leaves[at].0;
            places[at] = place;
        }
        for at in (0..count.saturating_sub(1)).rev() {
            nodes[at] = node(nodes[2 * at + 1], nodes[2 * at + 2]);
        }
        Self { nodes, places }
    }

    /// The root; zero when there is no leaf.
    pub fn root(&self) -> Hash {
        Hash(self.nodes.first().copied().unwrap_or_default())
    }

    /// The siblings from the leaf that was given at `index` up to the root.
    pub fn proof(&self, index: usize) -> Vec<B256> {
        let mut proof = Vec::new();
        let mut at = self.places[index];
        while at > 0 {
            let sibling = if at.is_multiple_of(2) { at - 1 } else { at + 1 };
            proof.push(self.nodes[sibling]);
            at = (at - 1) / 2;
        }
        proof
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
            for (index, leaf) in leaves.iter().enumerate() {
                prop_assert_eq!(root_of(*leaf, &tree.proof(index)), tree.root());
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
