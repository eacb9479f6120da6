//! Table `network_costs`: What the chain took for each transaction of ours.

use crate::table;
use crate::tables::outbox::Purpose;
use crate::types::{Address, Epoch, Hash};

table! {
    /// What the chain took for each transaction of ours.
    #[table(name = "network_costs", version = 1, writer = "commit", grain = "mined transaction of ours", layout = Whole, key = [transaction])]
    pub struct NetworkCost {
        /// The transaction's hash.
        pub transaction: Hash,
        /// Who paid for it.
        pub sender: Address,
        /// What it was for.
        pub purpose: Purpose,
        /// The epoch that it concerned.
        pub epoch: Epoch,
        /// The block.
        pub block_number: u64,
        /// Units of gas.
        pub gas_used: u64,
        /// Wei a unit of gas.
        pub gas_price_wei: u128,
    }
}
