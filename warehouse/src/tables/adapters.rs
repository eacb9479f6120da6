//! Table `adapters`: Fine-tuned adapters of model versions.

use crate::table;
use crate::types::{AdapterId, Address, Amount, BasisPoints, DatanetVersionId, Epoch, Hash, ModelVersionId};

table! {
    /// Fine-tuned adapters of model versions.
    #[table(name = "adapters", version = 1, writer = "registry", grain = "adapter, as of the epoch's cutoff", layout = ByEpoch, key = [epoch, adapter])]
    pub struct Adapter {
        /// Epoch that was settled.
        pub epoch: Epoch,
        /// The adapter.
        pub adapter: AdapterId,
        /// The version that it adapts.
        pub model_version: ModelVersionId,
        /// Its name.
        pub name: String,
        /// Its owner.
        pub owner: Address,
        /// Part of the contributors' pool that goes to its own data.
        pub contributors_share: BasisPoints,
        /// 1 influence, 2 retrieval, 3 exact match.
        pub method: u8,
        /// Influence: length of a sketch.
        pub sketch_k: u32,
        /// Influence: checkpoints T.
        pub checkpoints: u32,
        /// Influence: fewest decoys.
        pub decoys_min: u32,
        /// Influence: items that count per receipt and part.
        pub top_k: u32,
        /// SHA-256 of the artifact.
        pub artifact_hash: Hash,
        /// What it was trained on.
        pub datanet_versions: Vec<DatanetVersionId>,
        /// Whether receipts' evidence may be shown.
        pub evidence_public: bool,
        /// First epoch in which its receipts are charged.
        pub pays_from: Epoch,
        /// Whether a price binds in this epoch.
        pub priced: bool,
        /// Base units a receipt.
        pub price_base: Amount,
        /// Base units an input token.
        pub price_in: Amount,
        /// Base units an output token.
        pub price_out: Amount,
        /// Whether its receipts are refused in this epoch.
        pub deprecated: bool,
    }
}
