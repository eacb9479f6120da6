//! Table `spends`: What payers let operators charge, and what was charged so far.

use crate::table;
use crate::types::{Address, Amount, Epoch};

table! {
    /// What payers let operators charge, and what was charged so far.
    #[table(name = "spends", version = 1, writer = "charge", grain = "(payer, operator), at the epoch's end", layout = ByEpoch, key = [epoch, payer, operator])]
    pub struct Spend {
        /// Epoch that was settled.
        pub epoch: Epoch,
        /// Payer.
        pub payer: Address,
        /// Operator.
        pub operator: Address,
        /// Highest Spend seen, base units.
        pub allowed: Amount,
        /// Charged so far, base units.
        pub charged: Amount,
    }
}
