//! Shares of what is summed over the epoch and divided once: a contribution's sum among its beneficiaries and its
//! voters, an operator's among its stakers. Each shows the whole, where that comes from, and the division.

use super::explainer::{Explainer, Given};
use super::text::{grouped, open};
use super::tree::Node;
use crate::failure::Mismatch;
use pipeline::rules::rules_0001::divide::divide;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use warehouse::tables::{Allocation, Contribution, Division};
use warehouse::types::{
    Account, Address, Amount, BasisPoints, ContributionId, ContributionNumber, ModelVersionId, Role, SourceId,
};

/// The validators' role of one model version, and how it was divided among contributions.
struct VersionSum<'a> {
    sum: Amount,
    receipts: Vec<&'a Allocation>,
    /// By contribution: what it got from the version, and its part of the sum.
    parts: BTreeMap<ContributionNumber, (u128, Amount)>,
}

impl Explainer<'_> {
    /// What contributions gave to the account: by contribution, model, receipt.
    pub(super) fn contributions(&self) -> Result<Vec<Node>, Mismatch> {
        let mut nodes = Vec::new();
        for row in self.divisions(Role::Contributors) {
            let contribution = self.divided_contribution(row)?;
            let label = self.names.contribution(contribution);
            let models = self.by_model(self.given_to(contribution.number))?;
            let of = format!("{} of {} basis points", grouped(row.weight.0), grouped(BasisPoints::WHOLE.points()));
            nodes.push(self.divided(row, "contribution", &label, &of, "earned by the contribution", models)?);
        }
        Ok(nodes)
    }

    /// What votes gave to the account: by contribution, model version, receipt.
    pub(super) fn validated(&self) -> Result<Vec<Node>, Mismatch> {
        let rows = self.divisions(Role::Validators);
        let sums = if rows.is_empty() { BTreeMap::new() } else { self.version_sums()? };
        let mut nodes = Vec::new();
        for row in rows {
            let contribution = self.divided_contribution(row)?;
            let mut versions = Vec::new();
            for (version, sum) in &sums {
                let Some((got, amount)) = sum.parts.get(&contribution.number).filter(|(_, part)| !part.is_zero())
                else {
                    continue;
                };
                versions.push(self.version_share(*version, sum, *got, *amount)?);
            }
            versions.sort_by_key(|node| Reverse(node.amount));
            let label = self.names.contribution(contribution);
            let voters = self.subject_rows(row).len();
            let of = format!("one of {voters} votes");
            nodes.push(self.divided(
                row,
                "contribution",
                &label,
                &of,
                "of the validators' role for the contribution",
                versions,
            )?);
        }
        Ok(nodes)
    }

    /// What stakes gave to the account: by operator, model, receipt.
    pub(super) fn staked(&self) -> Result<Vec<Node>, Mismatch> {
        let mut nodes = Vec::new();
        for row in self.divisions(Role::Stakers) {
            let operator = Address::from_word(row.subject.0);
            let receipts = self.settlement.allocations.iter().filter(|receipt| receipt.operator == operator);
            let models = self.by_model(receipts.map(|receipt| Given::of(receipt, receipt.stakers)).collect())?;
            let stakes: u128 = self.subject_rows(row).iter().map(|row| row.weight.0).sum();
            let open_of = |units| Amount::new(units).map_or_else(|| grouped(units), open);
            let of = format!("{} of {}", open_of(row.weight.0), open_of(stakes));
            let label = format!("stake on {}", self.names.account(operator));
            let node = self.divided(row, "operator", &label, &of, "of the stakers' role of the operator", models)?;
            nodes.push(node.with("operator", format!("{operator:#x}")));
        }
        Ok(nodes)
    }

    /// The account's rows of a role, those of nothing left out, the largest first.
    fn divisions(&self, role: Role) -> Vec<&Division> {
        let account = Account::address(self.account);
        let rows = self.settlement.divisions.iter();
        let mut rows: Vec<&Division> =
            rows.filter(|row| row.role == role && row.account == account && !row.amount.is_zero()).collect();
        rows.sort_by_key(|row| (Reverse(row.amount), row.subject));
        rows
    }

    /// Everybody's rows of a row's division, by account.
    fn subject_rows(&self, row: &Division) -> Vec<&Division> {
        let same = |other: &&Division| other.role == row.role && other.subject == row.subject;
        let mut rows: Vec<&Division> = self.settlement.divisions.iter().filter(same).collect();
        rows.sort_by_key(|row| row.account);
        rows
    }

    fn divided_contribution(&self, row: &Division) -> Result<&Contribution, Mismatch> {
        let found = self.names.contribution_row(ContributionId(row.subject.0));
        found.ok_or_else(|| Mismatch(format!("divisions: contribution {} is not in the registry", row.subject)))
    }

    /// The node of a division: the part alone when nobody else shares, else the part and the whole.
    fn divided(
        &self,
        row: &Division,
        kind: &'static str,
        label: &str,
        of: &str,
        whole: &str,
        parts: Vec<Node>,
    ) -> Result<Node, Mismatch> {
        let all = self.subject_rows(row);
        let weights: Vec<u128> = all.iter().map(|row| row.weight.0).collect();
        let amounts: Vec<Amount> = all.iter().map(|row| row.amount).collect();
        if divide(row.whole, &weights).as_ref() != Some(&amounts) {
            let (role, subject) = (row.role.name(), row.subject);
            return Err(Mismatch(format!("divisions: {role} of {subject} are not divided as the rules say")));
        }
        let node = if all.len() == 1 {
            Node::parts(kind, format!("{label}, all of it"), row.amount, parts)
        } else {
            let whole = Node::parts("whole", format!("the whole {whole}"), row.whole, parts);
            Node::share(kind, format!("{label}: {of}"), row.amount, whole)
        };
        let node = match row.role {
            Role::Stakers => node,
            _ => node.with("contribution", row.subject),
        };
        let total: u128 = weights.iter().sum();
        Ok(node.with("whole", row.whole).with("weight", row.weight.0).with("weights", total))
    }

    /// What receipts gave to a contribution, by its weight.
    fn given_to(&self, number: ContributionNumber) -> Vec<Given<'_>> {
        let rows = self.settlement.allocations.iter();
        let shares = rows.flat_map(|row| row.shares.iter().map(move |share| (row, share)));
        let mine = shares.filter(|(_, share)| share.number == number);
        let given = mine.map(|(allocation, share)| {
            let part = |other: &&warehouse::tables::allocations::Share| other.part == share.part;
            let weights: u128 = allocation.shares.iter().filter(part).map(|share| share.weight.0).sum();
            let through = match (allocation.adapter, share.part) {
                (None, _) => "",
                (Some(_), 0) => " in the base",
                (Some(_), _) => " in the adapter",
            };
            let how = format!(", weight {} of {}{through}", grouped(share.weight.0), grouped(weights));
            let facts = vec![
                ("part", if share.part == 0 { "base" } else { "adapter" }.to_owned()),
                ("weight", share.weight.0.to_string()),
                ("weights", weights.to_string()),
            ];
            Given { allocation, amount: share.amount, how, facts }
        });
        given.collect()
    }

    /// The validators' role by model version, divided again among contributions by what each got from it.
    fn version_sums(&self) -> Result<BTreeMap<ModelVersionId, VersionSum<'_>>, Mismatch> {
        let above = || Mismatch("validators exceed every amount".into());
        let mut sums: BTreeMap<ModelVersionId, VersionSum> = BTreeMap::new();
        for row in &self.settlement.allocations {
            let empty = || VersionSum { sum: Amount::ZERO, receipts: Vec::new(), parts: BTreeMap::new() };
            let version = sums.entry(row.model_version).or_insert_with(empty);
            version.sum = version.sum.checked_add(row.validators).ok_or_else(above)?;
            version.receipts.push(row);
            for share in &row.shares {
                version.parts.entry(share.number).or_default().0 += share.amount.units();
            }
        }
        sums.retain(|_, version| !version.sum.is_zero());
        for version in sums.values_mut() {
            let weights: Vec<u128> = version.parts.values().map(|(got, _)| *got).collect();
            let amounts = divide(version.sum, &weights);
            let amounts = amounts.ok_or_else(|| Mismatch("validators are paid where no contribution is".into()))?;
            version.parts.values_mut().zip(amounts).for_each(|((_, part), amount)| *part = amount);
        }
        Ok(sums)
    }

    fn version_share(
        &self,
        version: ModelVersionId,
        sum: &VersionSum,
        got: u128,
        part: Amount,
    ) -> Result<Node, Mismatch> {
        let all: u128 = sum.parts.values().map(|(got, _)| *got).sum();
        let receipts = self.receipts(sum.receipts.iter().map(|row| Given::of(row, row.validators)).collect())?;
        let name = self.names.model(version);
        let whole = Node::parts("whole", format!("the whole of the validators' role of {name}"), sum.sum, receipts)
            .with("model_version", version);
        let open_of = |units| Amount::new(units).map_or_else(|| grouped(units), open);
        let label = format!("{name}: the contribution got {} of {}", open_of(got), open_of(all));
        let node = Node::share("model", label, part, whole).with("model_version", version);
        Ok(node.with("weight", got).with("weights", all))
    }

    /// The sum that a contribution earned for its beneficiaries, and the account's part of it.
    pub(super) fn contribution_earned(&self, contribution: ContributionId) -> (Amount, Amount) {
        let subject = SourceId(contribution.0);
        let rows =
            self.settlement.divisions.iter().filter(|row| row.role == Role::Contributors && row.subject == subject);
        let account = Account::address(self.account);
        rows.fold((Amount::ZERO, Amount::ZERO), |(_, mine), row| {
            (row.whole, if row.account == account { row.amount } else { mine })
        })
    }
}
