//! Table `balances`: What is held for nobody's claim yet: deposits, stakes, pools, the reserve.

use crate::table;
use crate::types::{Account, Amount, Epoch};

table! {
    /// What is held for nobody's claim yet: deposits, stakes, pools, the reserve.
    #[table(name = "balances", version = 1, writer = "settle", grain = "account that is not an address", layout = ByEpoch, key = [epoch, account])]
    pub struct Balance {
        /// Epoch that was settled.
        pub epoch: Epoch,
        /// The account.
        pub account: Account,
        /// Its balance at the epoch's end, base units, above 0.
        pub amount: Amount,
    }
}
