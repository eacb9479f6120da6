//! Table `lane_heads`: Where each lane's hash chain stands.

use crate::table;
use crate::types::{Address, BatchId, Epoch};

table! {
    /// Where each lane's hash chain stands.
    #[table(name = "lane_heads", version = 1, writer = "charge", grain = "lane, at the epoch's end", layout = ByEpoch, key = [epoch, operator, lane])]
    pub struct LaneHead {
        /// Epoch that was settled.
        pub epoch: Epoch,
        /// Operator.
        pub operator: Address,
        /// Lane.
        pub lane: u64,
        /// Number of its last batch.
        pub number: u64,
        /// Its last batch.
        pub head: BatchId,
    }
}
