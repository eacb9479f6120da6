//! Table `pending`: What waits: rests of refunds, unstakes, corrections and assignments, and debts to the reserve.

use crate::types::{Address, Amount, DatanetId, Epoch, Hash};
use crate::{table, words};

table! {
    /// What waits: rests of refunds, unstakes, corrections and assignments, and debts to the reserve.
    #[table(name = "pending", version = 1, writer = "settle", grain = "an order that is not yet paid in full, or a debt", layout = ByEpoch, key = [epoch, block, log, kind])]
    pub struct Pending {
        /// Epoch that was settled.
        pub epoch: Epoch,
        /// Block of the order.
        pub block: u64,
        /// Log index of the order.
        pub log: u32,
        /// What waits.
        pub kind: PendingKind,
        /// Who is paid, or owes.
        pub account: Address,
        /// Refund and unstake: the operator.
        pub operator: Option<Address>,
        /// Assignment: the datanet.
        pub datanet: Option<DatanetId>,
        /// Correction or assignment.
        pub reference: Option<Hash>,
        /// The rest, base units, above 0.
        pub amount: Amount,
    }
}

words! {
    /// What waits.
    pub enum PendingKind {
        /// A payer's deposit, to be returned.
        Refund = "refund",
        /// A stake, to be returned.
        Unstake = "unstake",
        /// A wronged account, to be paid from the reserve.
        Correction = "correction",
        /// An assignment, to be paid from the unattributed account.
        Assignment = "assignment",
        /// An overpaid account's debt to the reserve.
        Debt = "debt",
    }
}
