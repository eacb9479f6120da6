//! Table `payouts`: Who was paid: amount = earned + returned + corrected - withheld; cumulative is what the account's leaf says.

use crate::table;
use crate::types::{Address, Amount, Epoch};

table! {
    /// Who was paid: amount = earned + returned + corrected - withheld; cumulative is what the account's leaf says.
    #[table(name = "payouts", version = 1, writer = "settle", grain = "account with a positive cumulative", layout = ByEpoch, key = [epoch, account])]
    pub struct Payout {
        /// Epoch that was settled.
        pub epoch: Epoch,
        /// The earner's address, 20 bytes.
        pub account: Address,
        /// From receipts' fees, base units.
        pub earned: Amount,
        /// Refunds and unstakes, base units.
        pub returned: Amount,
        /// Corrections and assignments, base units.
        pub corrected: Amount,
        /// Kept back for a debt, base units.
        pub withheld: Amount,
        /// Of this epoch, base units.
        pub amount: Amount,
        /// Of all epochs up to this one, base units.
        pub cumulative: Amount,
    }
}
