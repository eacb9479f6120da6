//! Table `epochs`: What became of each epoch: frozen, settled, proposed, final; with the documents whose hashes are committed.

use crate::types::{Address, Amount, Attempt, Epoch, Hash, Time};
use crate::{table, words};

table! {
    /// What became of each epoch: frozen, settled, proposed, final; with the documents whose hashes are committed.
    #[table(name = "epochs", version = 1, writer = "freeze, reconcile, commit, finalize", grain = "(epoch, attempt, state), append-only", layout = Whole, key = [epoch, attempt, state])]
    pub struct EpochRow {
        /// Number of the epoch, from 1.
        pub epoch: Epoch,
        /// How often it was settled, from 1.
        pub attempt: Attempt,
        /// What this row says happened.
        pub state: EpochState,
        /// First moment of the epoch.
        pub starts_at: Time,
        /// First moment after it.
        pub ends_at: Time,
        /// Chain of the vault.
        pub chain_id: u64,
        /// The vault.
        pub vault: Address,
        /// Number of the rules that decide money.
        pub rule_set: u32,
        /// keccak256 of the inputs document.
        pub inputs_hash: Hash,
        /// keccak256 of the manifest, from settled on.
        pub manifest_hash: Option<Hash>,
        /// Root over all accounts' cumulative amounts, from settled on.
        pub payout_root: Option<Hash>,
        /// Sum of all leaves, base units, from settled on.
        pub total_cumulative: Option<Amount>,
        /// Frozen: the inputs document. Settled: the manifest. RFC 8785 JSON.
        pub document: String,
    }
}

words! {
    /// A state that an epoch reached.
    pub enum EpochState {
        /// Its inputs are fixed.
        Frozen = "frozen",
        /// Every invariant held.
        Settled = "settled",
        /// Its root waits for the dispute window.
        Proposed = "proposed",
        /// Its root was cancelled.
        Cancelled = "cancelled",
        /// Claims are paid against its root.
        Final = "final",
        /// Its final root was revoked.
        Revoked = "revoked",
        /// A later correction changed what it means.
        Restated = "restated",
    }
}
