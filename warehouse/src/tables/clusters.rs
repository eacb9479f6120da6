//! Table `clusters`: Which items are copies of which: only the earliest is scored and paid.

use crate::types::{BasisPoints, ContributionId, Epoch};
use crate::{table, words};
use alloy::primitives::B256;

table! {
    /// Which items are copies of which: only the earliest is scored and paid.
    #[table(name = "clusters", version = 1, writer = "clusters", grain = "(model version or adapter, item that is a copy)", layout = ByEpoch, key = [epoch, scope, contribution, item])]
    pub struct Copy {
        /// Epoch that was settled.
        pub epoch: Epoch,
        /// Model version or adapter.
        pub scope: B256,
        /// Contribution of the copy.
        pub contribution: ContributionId,
        /// The copy, by its position in the contribution.
        pub item: u32,
        /// Contribution of the representative.
        pub original_contribution: ContributionId,
        /// The representative.
        pub original_item: u32,
        /// What showed it.
        pub test: CopyTest,
        /// How alike they are.
        pub similarity: BasisPoints,
    }
}

words! {
    /// What showed that an item is a copy.
    pub enum CopyTest {
        /// The same hash.
        Exact = "exact",
    }
}
