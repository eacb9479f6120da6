//! How one charged receipt's fee was split: among the roles, between adapter and base, among contributions by weight
//! and datanets, with what fell to the reserve and why. It is divided again by the rules and compared first.

use super::explainer::Explainer;
use super::text::{count, grouped, list};
use super::tree::Node;
use crate::failure::Mismatch;
use pipeline::rules::rules_0001::divide::divide;
use pipeline::rules::rules_0001::roles::{ADAPTER, BASE};
use warehouse::tables::allocations::Share;
use warehouse::tables::{Allocation, Attribution, Charge};
use warehouse::types::{Address, Amount, Role};

const MINE: &str = "  ← this account";

impl Explainer<'_> {
    /// The fee as a tree of roles and parts.
    ///
    /// # Errors
    /// [`Mismatch`] when the rules give another division than the stored one, or something does not add up.
    pub(super) fn split(&self, charge: &Charge) -> Result<(Node, &Attribution), Mismatch> {
        let receipt = charge.receipt;
        let missing = |table: &str| Mismatch(format!("{table}: receipt {receipt} is charged and has no row"));
        let attribution = self.settlement.attributions.iter().find(|row| row.receipt == receipt);
        let attribution = attribution.ok_or_else(|| missing("attributions"))?;
        let row = self.settlement.allocations.iter().find(|row| row.receipt == receipt);
        let row = row.ok_or_else(|| missing("allocations"))?;
        let again = self.division.allocate(charge, attribution).map_err(Mismatch)?;
        if again != *row {
            return Err(Mismatch(format!("allocations: receipt {receipt} is not divided as the rules say")));
        }
        let points: Vec<u128> = Role::ALL.map(|role| self.points(role).into()).into();
        let by_role = divide(row.fee, &points).ok_or_else(|| Mismatch("splits: no role has a share".into()))?;
        let mut fallen = vec![(Role::Reserve, by_role[Role::Reserve as usize])];
        let mut roles = Vec::with_capacity(Role::COUNT);
        for (role, due) in Role::ALL.into_iter().zip(by_role).filter(|(role, _)| *role != Role::Reserve) {
            let given = row.of_role(role);
            let rest = due.checked_sub(given);
            let rest = rest.ok_or_else(|| Mismatch(format!("{} got more than its part", role.name())))?;
            if !rest.is_zero() {
                fallen.push((role, rest));
            }
            roles.push(self.role_node(role, row, attribution)?);
        }
        roles.push(self.reserve_node(row, fallen));
        let tree = Node::parts("fee", "fee, divided by basis points", row.fee, roles);
        tree.check()?;
        Ok((tree, attribution))
    }

    fn points(&self, role: Role) -> u16 {
        let found = self.settlement.registry.splits.iter().find(|split| split.role == role);
        found.map_or(0, |split| split.share.points())
    }

    fn head(&self, role: Role) -> String {
        format!("{:<16} {:>5}", words(role), grouped(self.points(role)))
    }

    fn role_node(&self, role: Role, row: &Allocation, attribution: &Attribution) -> Result<Node, Mismatch> {
        let (head, amount) = (self.head(role), row.of_role(role));
        let node = match role {
            Role::DatanetOwner => Node::parts("role", head, amount, self.owners(row)),
            Role::Contributors => Node::parts("role", head, amount, self.pool(row, attribution)?),
            Role::Stakers if !amount.is_zero() => {
                let operator = self.names.account(row.operator);
                Node::leaf("role", format!("{head}  divided per epoch among those staked on {operator}"), amount)
            }
            Role::Validators if !amount.is_zero() => {
                let who = "divided per epoch among those who voted on the paid contributions";
                Node::leaf("role", format!("{head}  {who}"), amount)
            }
            _ => match self.paid_to(role, row) {
                Some((account, _)) if !amount.is_zero() => {
                    let node = Node::leaf("role", format!("{head}  {}", self.named(account)), amount);
                    node.with("account", format!("{account:#x}"))
                }
                _ if self.points(role) == 0 => Node::leaf("role", head, amount),
                _ => Node::leaf("role", format!("{head}  to the reserve: {}", self.why_nobody(role, row)), amount),
            },
        };
        Ok(node.with("role", role.name()).with("basis_points", self.points(role)))
    }

    fn named(&self, account: Address) -> String {
        let mine = if account == self.account { MINE } else { "" };
        format!("{}{mine}", self.names.account(account))
    }

    /// Why a role's part went to the reserve.
    fn why_nobody(&self, role: Role, row: &Allocation) -> String {
        match role {
            Role::Platform => "no platform address is set".to_owned(),
            Role::BaseModelOwner => format!("{} has no base", self.names.model(row.model_version)),
            Role::AdapterOwner => "the receipt went through no adapter".to_owned(),
            Role::Stakers => format!("no stake on {} earns in this epoch", self.names.account(row.operator)),
            Role::Validators => "no contribution got anything".to_owned(),
            Role::DatanetOwner | Role::Contributors => "the datanets hold no accepted item".to_owned(),
            Role::ModelOwner | Role::Operator | Role::Reserve => "nothing is left of so small a fee".to_owned(),
        }
    }

    fn owners(&self, row: &Allocation) -> Vec<Node> {
        let shares = row.datanets.iter().filter(|share| !share.owner_amount.is_zero());
        let nodes = shares.map(|share| {
            let owner = self.names.datanet_row(share.datanet).map(|datanet| self.named(datanet.owner));
            let owner = owner.unwrap_or_else(|| "unknown owner".to_owned());
            let label = format!("{}: {owner}", self.names.datanet(share.datanet));
            Node::leaf("datanet", label, share.owner_amount).with("datanet", share.datanet)
        });
        nodes.collect()
    }

    /// The contributors' pool: the parts that somebody influenced, then what nobody in particular did.
    fn pool(&self, row: &Allocation, attribution: &Attribution) -> Result<Vec<Node>, Mismatch> {
        let adapter = row.adapter.and_then(|id| self.division.adapter(id));
        let mut nodes = Vec::new();
        for part in [ADAPTER, BASE] {
            let shares: Vec<&Share> = row.shares.iter().filter(|share| share.part == part).collect();
            if shares.is_empty() {
                continue;
            }
            let (word, name, tau) = match (part, adapter) {
                (ADAPTER, Some(adapter)) => ("adapter", self.names.adapter(adapter.adapter), attribution.tau_adapter),
                _ => ("base", self.names.model(row.model_version), Some(attribution.tau_base)),
            };
            let points = adapter.map(|adapter| match part {
                ADAPTER => adapter.contributors_share.points(),
                _ => adapter.contributors_share.rest().points(),
            });
            let of =
                points.map_or_else(String::new, |points| format!(", {} basis points of the pool", grouped(points)));
            let tau = tau.unwrap_or_default();
            let label = format!("{word} {name}{of}, tau {}", grouped(tau));
            let node = Node::sum("part", label, self.weighed_shares(&shares))?.with("part", word).with("tau", tau);
            nodes.push(points.map_or_else(|| node.clone(), |points| node.clone().with("basis_points", points)));
        }
        let unattributed = row.datanets.iter().filter(|share| !share.unattributed.is_zero());
        nodes.extend(unattributed.map(|share| {
            let datanet = self.names.datanet(share.datanet);
            let label = format!("unattributed account of {datanet}: no item was above tau");
            Node::leaf("unattributed", label, share.unattributed).with("datanet", share.datanet)
        }));
        Ok(nodes)
    }

    /// Contributions of one part, the heaviest first.
    fn weighed_shares(&self, shares: &[&Share]) -> Vec<Node> {
        let total: u128 = shares.iter().map(|share| share.weight.0).sum();
        let width = shares.iter().map(|share| grouped(share.weight.0).len()).max().unwrap_or_default();
        let mut shares = shares.to_vec();
        shares.sort_by_key(|share| (std::cmp::Reverse(share.weight), share.number));
        let nodes = shares.into_iter().map(|share| {
            let row = self.names.numbered(share.number);
            let name = row.map_or_else(|| "unknown contribution".to_owned(), |row| self.names.contribution(row));
            let mine = row.and_then(|row| row.beneficiaries.iter().find(|other| other.account == self.account));
            let mine = mine.map_or_else(String::new, |mine| match mine.share.points() {
                10_000 => MINE.to_owned(),
                points => format!("{MINE}, {} basis points of it", grouped(points)),
            });
            let weight = grouped(share.weight.0);
            let node = Node::leaf("contribution", format!("weight {weight:>width$}  {name}{mine}"), share.amount);
            let node = node.with("weight", share.weight.0).with("weights", total);
            row.map_or_else(|| node.clone(), |row| node.clone().with("contribution", row.contribution))
        });
        nodes.collect()
    }

    fn reserve_node(&self, row: &Allocation, fallen: Vec<(Role, Amount)>) -> Node {
        let head = self.head(Role::Reserve);
        let node = if fallen.len() == 1 {
            Node::leaf("role", head, row.reserve)
        } else {
            let parts = fallen.into_iter().map(|(role, amount)| {
                let what = if role == Role::Reserve {
                    "its own part".to_owned()
                } else {
                    format!("from {}: {}", words(role), self.why_nobody(role, row))
                };
                Node::leaf("fallback", what, amount).with("role", role.name())
            });
            Node::parts("role", head, row.reserve, parts.collect())
        };
        node.with("role", Role::Reserve.name()).with("basis_points", self.points(Role::Reserve))
    }

    /// Who gets something out of the pools of this receipt, in one line.
    pub(super) fn influences(&self, row: &Attribution) -> String {
        let parts: Vec<String> = [(BASE, "the base"), (ADAPTER, "the adapter")]
            .into_iter()
            .filter(|(part, _)| *part == BASE || row.adapter.is_some())
            .map(|(part, name)| {
                let contributions = row.weights.iter().filter(|weight| weight.part == part).count();
                format!("{} in {name}", count(contributions, "contribution"))
            })
            .collect();
        format!("above tau: {}", list(&parts))
    }
}

fn words(role: Role) -> String {
    role.name().replace('_', " ")
}
