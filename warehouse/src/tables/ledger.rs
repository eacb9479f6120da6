//! Table `ledger`: Every movement of money, as a double entry.

use crate::table;
use crate::types::{Account, Amount, Epoch, Reason, SourceId};

table! {
    /// Every movement of money, as a double entry.
    #[table(name = "ledger", version = 1, writer = "settle", grain = "(debit account, credit account, reason, source)", layout = ByEpoch, key = [epoch, debit_account, credit_account, reason, source])]
    pub struct LedgerEntry {
        /// Epoch that was settled.
        pub epoch: Epoch,
        /// Where it came from.
        pub debit_account: Account,
        /// Where it went.
        pub credit_account: Account,
        /// Base units, above 0.
        pub amount: Amount,
        /// Why.
        pub reason: Reason,
        /// Model version, datanet, run, correction, or operator (left-padded); zero: none.
        pub source: SourceId,
    }
}
