//! Table `models`: Immutable versions of models: how they attribute, from what they were trained, what a receipt costs.

use crate::table;
use crate::types::{Address, Amount, DatanetVersionId, Epoch, Hash, ModelId, ModelVersionId};

table! {
    /// Immutable versions of models: how they attribute, from what they were trained, what a receipt costs.
    #[table(name = "models", version = 1, writer = "registry", grain = "model version, as of the epoch's cutoff", layout = ByEpoch, key = [epoch, version])]
    pub struct ModelVersion {
        /// Epoch that was settled.
        pub epoch: Epoch,
        /// The version.
        pub version: ModelVersionId,
        /// Its model.
        pub model: ModelId,
        /// The model's name.
        pub name: String,
        /// The model's owner.
        pub owner: Address,
        /// The version from which it was trained.
        pub base_version: Option<ModelVersionId>,
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
