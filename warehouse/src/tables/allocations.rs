//! Table `allocations`: How each receipt's fee was divided, exactly: the roles add up to the fee.

use crate::types::{
    AdapterId, Address, Amount, ContributionNumber, DatanetId, Epoch, ModelVersionId, ReceiptId, Role, Weight,
};
use crate::{element, table};

table! {
    /// How each receipt's fee was divided, exactly: the roles add up to the fee.
    #[table(name = "allocations", version = 1, writer = "settle", grain = "charged receipt", layout = ByEpoch, key = [epoch, receipt])]
    pub struct Allocation {
        /// Epoch that was settled.
        pub epoch: Epoch,
        /// The receipt.
        pub receipt: ReceiptId,
        /// Who paid.
        pub payer: Address,
        /// Serving operator.
        pub operator: Address,
        /// Model version that answered.
        pub model_version: ModelVersionId,
        /// Adapter, if any.
        pub adapter: Option<AdapterId>,
        /// What was charged, base units.
        pub fee: Amount,
        /// Base units to the platform.
        pub platform: Amount,
        /// Base units to the owners of the datanets.
        pub datanet_owner: Amount,
        /// Base units to the model's owner.
        pub model_owner: Amount,
        /// Base units to the base model's owner.
        pub base_model_owner: Amount,
        /// Base units to the adapter's owner.
        pub adapter_owner: Amount,
        /// Base units to the operator.
        pub operator_fee: Amount,
        /// Base units to those staked on the operator.
        pub stakers: Amount,
        /// Base units to those who voted on the paid contributions.
        pub validators: Amount,
        /// Base units to contributions and unattributed accounts.
        pub contributors: Amount,
        /// Base units to the reserve, with what nobody else could get.
        pub reserve: Amount,
        /// Contributors' pool by part (0 base, 1 adapter) and contribution number: weight and amount.
        pub shares: Vec<Share>,
        /// By datanet: what its owner got, and what went unattributed.
        pub datanets: Vec<DatanetShare>,
    }
}

impl Allocation {
    /// What a role got of the fee, without what fell to the reserve.
    pub fn of_role(&self, role: Role) -> Amount {
        match role {
            Role::Platform => self.platform,
            Role::DatanetOwner => self.datanet_owner,
            Role::ModelOwner => self.model_owner,
            Role::BaseModelOwner => self.base_model_owner,
            Role::AdapterOwner => self.adapter_owner,
            Role::Operator => self.operator_fee,
            Role::Stakers => self.stakers,
            Role::Validators => self.validators,
            Role::Contributors => self.contributors,
            Role::Reserve => self.reserve,
        }
    }
}

element! {
    /// A contribution's share of one part of a receipt.
    pub struct Share {
        /// 0 the model version's index, 1 the adapter's.
        pub part: u8,
        /// The contribution.
        pub number: ContributionNumber,
        /// Its weight.
        pub weight: Weight,
        /// Its share, base units.
        pub amount: Amount,
    }
}

element! {
    /// A datanet's share of a receipt.
    pub struct DatanetShare {
        /// The datanet.
        pub datanet: DatanetId,
        /// To its owner, base units.
        pub owner_amount: Amount,
        /// To its unattributed account, base units.
        pub unattributed: Amount,
    }
}
