//! Table `validations`: Votes on contributions; a validator's first vote on each counts.

use crate::table;
use crate::types::{Address, ContributionId, Epoch, Time};

table! {
    /// Votes on contributions; a validator's first vote on each counts.
    #[table(name = "validations", version = 1, writer = "registry", grain = "(contribution, validator), as of the epoch's cutoff", layout = ByEpoch, key = [epoch, contribution, validator])]
    pub struct Validation {
        /// Epoch that was settled.
        pub epoch: Epoch,
        /// Contribution that was voted on.
        pub contribution: ContributionId,
        /// Who voted.
        pub validator: Address,
        /// Which way.
        pub accepted: bool,
        /// Score, 0 to 10,000.
        pub score: u16,
        /// Items that the validator counts.
        pub items: u32,
        /// Block time of the vote.
        pub voted_at: Time,
    }
}
