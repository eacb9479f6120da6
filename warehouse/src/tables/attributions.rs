//! Table `attributions`: Which contributions influenced which receipt, as integer weights.

use crate::types::{AdapterId, Amount, ContributionNumber, Epoch, ModelVersionId, ReceiptId, Weight};
use crate::{element, table};

table! {
    /// Which contributions influenced which receipt, as integer weights.
    #[table(name = "attributions", version = 1, writer = "attribute", grain = "charged receipt", layout = ByEpoch, key = [epoch, receipt])]
    pub struct Attribution {
        /// Epoch that was settled.
        pub epoch: Epoch,
        /// The receipt.
        pub receipt: ReceiptId,
        /// What was charged, base units.
        pub fee: Amount,
        /// Model version that answered.
        pub model_version: ModelVersionId,
        /// Adapter, if any.
        pub adapter: Option<AdapterId>,
        /// Top score of the base's decoys: only what is above it counts.
        pub tau_base: i64,
        /// Top score of the adapter's decoys.
        pub tau_adapter: Option<i64>,
        /// By part (0 base, 1 adapter) and contribution number: weight above 0.
        pub weights: Vec<PartWeight>,
    }
}

element! {
    /// A contribution's weight in one part of a receipt.
    pub struct PartWeight {
        /// 0 the model version's index, 1 the adapter's.
        pub part: u8,
        /// The contribution.
        pub number: ContributionNumber,
        /// Sum of its items' scores above tau.
        pub weight: Weight,
    }
}
