//! The words of the domain, one noun a file.
//! Nothing here knows Arrow, serde or an async runtime; rows are converted beside their table's schema.

mod account;
mod amount;
mod basis_points;
mod epoch;
mod id;
mod position;
mod reason;
mod role;
mod time;

pub use account::{Account, AccountKind};
pub use amount::{Amount, Weight};
pub use basis_points::BasisPoints;
pub use epoch::{Attempt, Epoch, EpochCalendar};
pub use id::{
    AdapterId, BatchId, CampaignId, ContributionId, ContributionNumber, CorrectionId, DatanetId, DatanetVersionId,
    Hash, ModelId, ModelVersionId, ReceiptId, RunId, SourceId,
};
pub use position::{KafkaOffset, Partition, Topic};
pub use reason::Reason;
pub use role::Role;
pub use time::Time;

pub use alloy::primitives::Address;
