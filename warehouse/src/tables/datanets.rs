//! Table `datanets`: Collections of data: who owns them, under which licence, who validates.

use crate::table;
use crate::types::{Address, DatanetId, Epoch, Time};

table! {
    /// Collections of data: who owns them, under which licence, who validates.
    #[table(name = "datanets", version = 1, writer = "registry", grain = "datanet, as of the epoch's cutoff", layout = ByEpoch, key = [epoch, datanet])]
    pub struct Datanet {
        /// Epoch that was settled.
        pub epoch: Epoch,
        /// The datanet.
        pub datanet: DatanetId,
        /// Its name.
        pub name: String,
        /// Who gets the datanet owner's share.
        pub owner: Address,
        /// Licence of later contributions.
        pub licence: String,
        /// Where it is described.
        pub metadata_uri: String,
        /// Votes that decide a contribution.
        pub quorum: u16,
        /// Who may vote, by address.
        pub validators: Vec<Address>,
        /// Block time of its creation.
        pub created_at: Time,
    }
}
