//! Table `splits`: How a fee is divided in this epoch.

use crate::table;
use crate::types::{Address, BasisPoints, Epoch, Role};

table! {
    /// How a fee is divided in this epoch.
    #[table(name = "splits", version = 1, writer = "registry", grain = "(epoch, role)", layout = ByEpoch, key = [epoch, role])]
    pub struct Split {
        /// Epoch that was settled.
        pub epoch: Epoch,
        /// The role.
        pub role: Role,
        /// Its part of a fee.
        pub share: BasisPoints,
        /// Platform: the address that gets it.
        pub account: Option<Address>,
    }
}
