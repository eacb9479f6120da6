//! Table `proofs`: Proofs of each account's leaf under the epoch's payout root.

use crate::table;
use crate::types::{Address, Epoch, Hash};
use alloy::primitives::B256;

table! {
    /// Proofs of each account's leaf under the epoch's payout root.
    #[table(name = "proofs", version = 1, writer = "prove", grain = "account with a positive cumulative", layout = ByEpoch, key = [epoch, account])]
    pub struct Proof {
        /// Epoch that was settled.
        pub epoch: Epoch,
        /// The earner's address, 20 bytes.
        pub account: Address,
        /// keccak256(keccak256(abi.encode(chain id, vault, account, cumulative))).
        pub leaf: Hash,
        /// Siblings from the leaf up to the root.
        pub proof: Vec<B256>,
    }
}
