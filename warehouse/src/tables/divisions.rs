//! Table `divisions`: What is summed over the epoch and divided once: a contribution's share among its beneficiaries and its voters, an operator's among its stakers.

use crate::table;
use crate::types::{Account, Amount, Epoch, Role, SourceId, Weight};

table! {
    /// What is summed over the epoch and divided once: a contribution's share among its beneficiaries and its voters, an operator's among its stakers.
    #[table(name = "divisions", version = 1, writer = "settle", grain = "(role, contribution or operator, account)", layout = ByEpoch, key = [epoch, role, subject, account])]
    pub struct Division {
        /// Epoch that was settled.
        pub epoch: Epoch,
        /// contributors, validators or stakers.
        pub role: Role,
        /// Contribution, or operator (left-padded), whose sum was divided.
        pub subject: SourceId,
        /// Who got a part.
        pub account: Account,
        /// The sum that was divided, base units.
        pub whole: Amount,
        /// Basis points, one a voter, or stake.
        pub weight: Weight,
        /// The part, base units.
        pub amount: Amount,
        /// Datanet or operator, as in the ledger.
        pub source: SourceId,
    }
}
