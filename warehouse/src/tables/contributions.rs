//! Table `contributions`: Batches of items that people gave, and what became of them.

use crate::types::{Address, BasisPoints, ContributionId, ContributionNumber, DatanetId, Epoch, Hash, Time};
use crate::{element, table, words};

table! {
    /// Batches of items that people gave, and what became of them.
    #[table(name = "contributions", version = 1, writer = "registry", grain = "contribution, as of the epoch's cutoff", layout = ByEpoch, key = [epoch, contribution])]
    pub struct Contribution {
        /// Epoch that was settled.
        pub epoch: Epoch,
        /// The contribution.
        pub contribution: ContributionId,
        /// Its dense number in this epoch.
        pub number: ContributionNumber,
        /// Its datanet.
        pub datanet: DatanetId,
        /// Who gave it.
        pub contributor: Address,
        /// What became of it.
        pub state: ContributionState,
        /// Tree hash over its items' hashes.
        pub content_hash: Hash,
        /// Items as submitted.
        pub items_submitted: u32,
        /// Items as accepted; 0 unless it was.
        pub items: u32,
        /// Score of the decision, 0 to 10,000.
        pub score: u16,
        /// Where its bytes are.
        pub uri: String,
        /// Licence that the contributor accepted.
        pub licence: String,
        /// Block of its commitment.
        pub commit_block: u64,
        /// Log index of its commitment.
        pub commit_log: u32,
        /// Block time of its commitment.
        pub committed_at: Time,
        /// Who is paid, in basis points (10,000 in all).
        pub beneficiaries: Vec<Beneficiary>,
    }
}

words! {
    /// What became of a contribution.
    pub enum ContributionState {
        /// Shown, not decided.
        Submitted = "submitted",
        /// The quorum accepted it.
        Accepted = "accepted",
        /// The quorum rejected it.
        Rejected = "rejected",
        /// Its contributor took it back.
        Withdrawn = "withdrawn",
        /// A challenge against it was upheld; it enters no later version.
        Removed = "removed",
    }
}

element! {
    /// A part of what a contribution earns.
    pub struct Beneficiary {
        /// Who is paid.
        pub account: Address,
        /// How much of it.
        pub share: BasisPoints,
    }
}
