//! Table `stakes`: Stakes on operators, and the weight with which they earn in this epoch.

use crate::table;
use crate::types::{Address, Amount, Epoch};

table! {
    /// Stakes on operators, and the weight with which they earn in this epoch.
    #[table(name = "stakes", version = 1, writer = "registry", grain = "(staker, operator), as of the epoch's cutoff", layout = ByEpoch, key = [epoch, staker, operator])]
    pub struct Stake {
        /// Epoch that was settled.
        pub epoch: Epoch,
        /// Who staked.
        pub staker: Address,
        /// On whom.
        pub operator: Address,
        /// Staked so far, base units.
        pub staked: Amount,
        /// Slashed so far, as ordered.
        pub slashed: Amount,
        /// Asked back so far.
        pub unstake_requested: Amount,
        /// Weight in this epoch: the lower of the active stake at its start and end.
        pub earning: Amount,
    }
}
