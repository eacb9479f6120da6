//! Ids and hashes of 32 bytes, each kind a type of its own, shown as 0x hex.

use alloy::primitives::B256;
use std::fmt;

macro_rules! ids {
    ($($(#[doc = $doc:literal])* $name:ident),+ $(,)?) => {$(
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub B256);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }

        impl From<B256> for $name {
            fn from(bytes: B256) -> Self {
                Self(bytes)
            }
        }
    )+};
}

ids! {
    /// Any hash: of a block, a content, an artifact, a document.
    Hash,
    /// A collection of data with an owner, a licence and validators.
    DatanetId,
    /// An immutable version of a datanet.
    DatanetVersionId,
    /// A committed batch of items in a datanet.
    ContributionId,
    /// A model, with versions under it.
    ModelId,
    /// An immutable version of a model.
    ModelVersionId,
    /// A fine-tuned adapter of a model version.
    AdapterId,
    /// A receipt batch: keccak256 of its content bytes.
    BatchId,
    /// A receipt: keccak256(batch id, index).
    ReceiptId,
    /// An incentive campaign.
    CampaignId,
    /// A training run.
    RunId,
    /// A correction ordered by governance.
    CorrectionId,
    /// What a ledger entry came from: a model version, datanet, run, correction, or an operator (left-padded).
    SourceId,
}

impl SourceId {
    /// An operator as a source: its address, left-padded with zeros.
    pub fn operator(operator: alloy::primitives::Address) -> Self {
        Self(operator.into_word())
    }
}

/// A contribution's dense number inside an epoch, from 0: short, and no id can be ground for a better one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContributionNumber(pub u32);
