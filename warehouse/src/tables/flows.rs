//! Table `flows`: Money events of the epoch, in chain order: what came in, and what was ordered.

use crate::types::{Address, Amount, DatanetId, Epoch, Hash, Time};
use crate::{table, words};

table! {
    /// Money events of the epoch, in chain order: what came in, and what was ordered.
    #[table(name = "flows", version = 1, writer = "registry", grain = "an event in the epoch's chain range that moves money or orders a movement", layout = ByEpoch, key = [epoch, block, log])]
    pub struct Flow {
        /// Epoch that was settled.
        pub epoch: Epoch,
        /// Block of the event.
        pub block: u64,
        /// Log index of the event.
        pub log: u32,
        /// Block time.
        pub at: Time,
        /// What happened.
        pub kind: FlowKind,
        /// Payer, staker, funder, the account that is paid (correction: the wronged, zero if none).
        pub party: Address,
        /// Operator of a deposit or stake.
        pub operator: Option<Address>,
        /// Correction: who owes the reserve.
        pub overpaid: Option<Address>,
        /// Incentive and assignment: the datanet.
        pub datanet: Option<DatanetId>,
        /// Campaign, run, correction or assignment.
        pub reference: Option<Hash>,
        /// Base units.
        pub amount: Amount,
        /// The reason that was given, if any.
        pub note: String,
    }
}

words! {
    /// A money event.
    pub enum FlowKind {
        /// In: a deposit for an operator.
        Deposit = "deposit",
        /// In: a stake on an operator.
        Stake = "stake",
        /// In: an incentive campaign.
        Incentive = "incentive",
        /// In: payment for a training run.
        Training = "training",
        /// In: a forfeited bond.
        ForfeitedBond = "forfeited_bond",
        /// A stake is slashed.
        Slash = "slash",
        /// A payer wants a deposit back.
        Refund = "refund",
        /// A staker wants a stake back.
        Unstake = "unstake",
        /// Governance corrects a wrong.
        Correction = "correction",
        /// Governance assigns what was unattributed.
        Assignment = "assignment",
    }
}
