//! What an account earned from receipts' fees, role by role. Here are the roles that each receipt pays by itself;
//! those that are summed and divided once per epoch are next door.

use super::explainer::{Explainer, Given};
use super::tree::Node;
use crate::failure::Mismatch;
use anyhow::Result;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use warehouse::tables::Allocation;
use warehouse::types::{Address, Amount, DatanetId, Role};

impl Explainer<'_> {
    /// What the account earned, down to receipts.
    ///
    /// # Errors
    /// [`Mismatch`] when a division made again differs from the stored one.
    pub(super) fn earned(&self) -> Result<Node> {
        let mut roles = Vec::new();
        for role in Role::ALL {
            let parts = match role {
                Role::DatanetOwner => self.of_datanets()?,
                Role::Contributors => self.contributions()?,
                Role::Validators => self.validated()?,
                Role::Stakers => self.staked()?,
                Role::Platform
                | Role::ModelOwner
                | Role::BaseModelOwner
                | Role::AdapterOwner
                | Role::Operator
                | Role::Reserve => self.of_role(role)?,
            };
            if !parts.is_empty() {
                let node = Node::sum("role", format!("as {}", who(role)), parts)?;
                roles.push(node.with("role", role.name()));
            }
        }
        Ok(Node::parts("earned", "earned from receipts' fees", self.payout().earned, roles))
    }

    /// A role that each receipt pays to one account: by model, then receipt.
    fn of_role(&self, role: Role) -> Result<Vec<Node>, Mismatch> {
        let rows = self.settlement.allocations.iter();
        let paid = rows.filter_map(|row| {
            let (account, amount) = self.paid_to(role, row)?;
            (account == self.account).then(|| Given::of(row, amount))
        });
        self.by_model(paid.collect())
    }

    /// Who gets a role that the receipt pays by itself, and how much.
    pub(super) fn paid_to(&self, role: Role, row: &Allocation) -> Option<(Address, Amount)> {
        let model = self.division.model(row.model_version);
        match role {
            Role::Platform => Some((self.division.platform()?, row.platform)),
            Role::ModelOwner => Some((model?.owner, row.model_owner)),
            Role::BaseModelOwner => Some((self.division.base_of(model?)?.owner, row.base_model_owner)),
            Role::AdapterOwner => Some((self.division.adapter(row.adapter?)?.owner, row.adapter_owner)),
            Role::Operator => Some((row.operator, row.operator_fee)),
            Role::DatanetOwner | Role::Stakers | Role::Validators | Role::Contributors | Role::Reserve => None,
        }
    }

    /// The datanet owners' role: by datanet, then model, then receipt.
    fn of_datanets(&self) -> Result<Vec<Node>, Mismatch> {
        let mut by: BTreeMap<DatanetId, Vec<Given>> = BTreeMap::new();
        for row in &self.settlement.allocations {
            for share in &row.datanets {
                let owner = self.names.datanet_row(share.datanet).map(|datanet| datanet.owner);
                if owner == Some(self.account) && !share.owner_amount.is_zero() {
                    by.entry(share.datanet).or_default().push(Given::of(row, share.owner_amount));
                }
            }
        }
        let mut nodes = Vec::with_capacity(by.len());
        for (datanet, given) in by {
            let models = self.by_model(given)?;
            nodes.push(Node::sum("datanet", self.names.datanet(datanet), models)?.with("datanet", datanet));
        }
        nodes.sort_by_key(|node| Reverse(node.amount));
        Ok(nodes)
    }
}

/// What somebody in the role is called.
const fn who(role: Role) -> &'static str {
    match role {
        Role::Platform => "platform",
        Role::DatanetOwner => "datanet owner",
        Role::ModelOwner => "model owner",
        Role::BaseModelOwner => "base-model owner",
        Role::AdapterOwner => "adapter owner",
        Role::Operator => "operator",
        Role::Stakers => "staker",
        Role::Validators => "validator",
        Role::Contributors => "contributor",
        Role::Reserve => "reserve",
    }
}
