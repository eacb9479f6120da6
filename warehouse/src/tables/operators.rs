//! Table `operators`: Who serves models.

use crate::table;
use crate::types::{Address, Epoch, Time};

table! {
    /// Who serves models.
    #[table(name = "operators", version = 1, writer = "registry", grain = "operator, as of the epoch's cutoff", layout = ByEpoch, key = [epoch, operator])]
    pub struct Operator {
        /// Epoch that was settled.
        pub epoch: Epoch,
        /// The operator; its earnings go here.
        pub operator: Address,
        /// Its name.
        pub name: String,
        /// Where it says more.
        pub uri: String,
        /// Block time of its registration.
        pub registered_at: Time,
        /// Block time from which its batches are refused.
        pub revoked_at: Option<Time>,
    }
}
