//! Table `keys`: Which keys sign batches for operators and Spends for payers, and from when to when.

use crate::types::{Address, Epoch, Time};
use crate::{table, words};

table! {
    /// Which keys sign batches for operators and Spends for payers, and from when to when.
    #[table(name = "keys", version = 1, writer = "registry", grain = "(kind, owner, key, added at), as of the epoch's cutoff", layout = ByEpoch, key = [epoch, kind, owner, key, added_at])]
    pub struct Key {
        /// Epoch that was settled.
        pub epoch: Epoch,
        /// What it signs.
        pub kind: KeyKind,
        /// The operator or payer.
        pub owner: Address,
        /// The key.
        pub key: Address,
        /// Block time from which it is valid.
        pub added_at: Time,
        /// Block time from which it is not.
        pub revoked_at: Option<Time>,
    }
}

words! {
    /// What a key signs.
    pub enum KeyKind {
        /// An operator's receipt batches.
        Signing = "signing",
        /// A payer's Spends.
        Spender = "spender",
    }
}
