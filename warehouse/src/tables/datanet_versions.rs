//! Table `datanet_versions`: Immutable versions of datanets: which contributions are in them.

use crate::table;
use crate::types::{ContributionId, DatanetId, DatanetVersionId, Epoch, Time};

table! {
    /// Immutable versions of datanets: which contributions are in them.
    #[table(name = "datanet_versions", version = 1, writer = "registry", grain = "datanet version, as of the epoch's cutoff", layout = ByEpoch, key = [epoch, version])]
    pub struct DatanetVersion {
        /// Epoch that was settled.
        pub epoch: Epoch,
        /// The version.
        pub version: DatanetVersionId,
        /// Its datanet.
        pub datanet: DatanetId,
        /// Its number in the datanet.
        pub number: u32,
        /// Contributions in it, in order of their acceptance.
        pub contributions: Vec<ContributionId>,
        /// Accepted items in it.
        pub items: u64,
        /// Block time of its publication.
        pub published_at: Time,
    }
}
