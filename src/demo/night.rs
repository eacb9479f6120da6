//! One settled night in figures.

use crate::commands::epoch::Stage;
use anyhow::{Context, Result};
use pipeline::jobs::{Books, settled};
use serde_json::json;
use std::collections::BTreeMap;
use warehouse::Slice;
use warehouse::query::Label;
use warehouse::tables::charges::Outcome;
use warehouse::tables::{Allocation, Charge, Datanet, Division, Payout, Split};
use warehouse::types::{Address, Amount, Epoch, Hash, Role};

/// What happened in a night.
pub struct Night {
    /// The epoch.
    pub epoch: Epoch,
    /// Receipts that were charged.
    pub charged: usize,
    /// Receipts that were refused, by reason.
    pub refused: BTreeMap<Outcome, usize>,
    /// What was charged.
    pub fees: Amount,
    /// Each role, its part of a fee in basis points, and what it got.
    pub roles: Vec<(Role, u16, Amount)>,
    /// Accounts by what they earned, most first, with names.
    pub earners: Vec<(Address, String, Amount)>,
    /// Who got most for data.
    pub contributor: Option<Address>,
    /// What went unattributed, by datanet's name.
    pub unattributed: Vec<(String, Amount)>,
    /// Returned, corrected and withheld.
    pub moved: [Amount; 3],
    /// The payout root.
    pub root: Hash,
    /// Sum of all leaves.
    pub total: Amount,
    /// The manifest's hash.
    pub manifest: Hash,
    /// Stages and their milliseconds.
    pub stages: Vec<(&'static str, u128)>,
}

impl Night {
    /// Reads a settled night.
    pub async fn read(books: &Books, labels: &[Label], epoch: Epoch, stages: &[Stage]) -> Result<Self> {
        let row = settled(books, epoch).await?.context("the night is not settled")?;
        let slice = Slice::Epoch(epoch, row.attempt);
        let charges: Vec<Charge> = books.warehouse.read(slice).await?;
        let allocations: Vec<Allocation> = books.warehouse.read(slice).await?;
        let splits: Vec<Split> = books.warehouse.read(slice).await?;
        let payouts: Vec<Payout> = books.warehouse.read(slice).await?;
        let datanets: Vec<Datanet> = books.warehouse.read(slice).await?;
        let names: BTreeMap<Address, &str> = labels.iter().map(|label| (label.account, label.name.as_str())).collect();
        let mut refused = BTreeMap::new();
        for charge in charges.iter().filter(|charge| charge.outcome != Outcome::Charged) {
            *refused.entry(charge.outcome).or_default() += 1;
        }
        let mut earners: Vec<(Address, String, Amount)> = payouts
            .iter()
            .filter(|payout| !payout.earned.is_zero())
            .map(|payout| (payout.account, names.get(&payout.account).copied().unwrap_or("").to_owned(), payout.earned))
            .collect();
        earners.sort_by_key(|(account, _, earned)| (std::cmp::Reverse(*earned), *account));
        let sum = |all: &mut dyn Iterator<Item = Amount>| Amount::sum(all).unwrap_or(Amount::MAX);
        Ok(Self {
            epoch,
            charged: charges.iter().filter(|charge| charge.outcome == Outcome::Charged).count(),
            refused,
            fees: sum(&mut charges.iter().map(|charge| charge.fee)),
            roles: roles(&splits, &allocations),
            earners,
            contributor: contributor(&books.warehouse.read(slice).await?),
            unattributed: unattributed(&datanets, &allocations),
            moved: [
                sum(&mut payouts.iter().map(|payout| payout.returned)),
                sum(&mut payouts.iter().map(|payout| payout.corrected)),
                sum(&mut payouts.iter().map(|payout| payout.withheld)),
            ],
            root: row.payout_root.unwrap_or_default(),
            total: row.total_cumulative.unwrap_or_default(),
            manifest: row.manifest_hash.unwrap_or_default(),
            stages: stages.iter().map(|stage| (stage.job.name(), stage.took.as_millis())).collect(),
        })
    }

    /// The night as JSON: amounts in base units as decimal strings.
    pub fn document(&self) -> serde_json::Value {
        let refused: BTreeMap<&str, usize> = self.refused.iter().map(|(why, count)| (why.word(), *count)).collect();
        let roles = self.roles.iter().map(|(role, points, amount)| {
            json!({ "role": role.name(), "basis_points": points, "amount": amount.to_string() })
        });
        let earners = self.earners.iter().map(|(account, name, amount)| {
            json!({ "account": format!("{account:#x}"), "name": name, "earned": amount.to_string() })
        });
        json!({
            "epoch": self.epoch.to_string(),
            "charged": self.charged,
            "refused": refused,
            "fees": self.fees.to_string(),
            "roles": roles.collect::<Vec<_>>(),
            "earners": earners.collect::<Vec<_>>(),
            "payout_root": self.root.to_string(),
            "total_cumulative": self.total.to_string(),
            "manifest_hash": self.manifest.to_string(),
            "stages_ms": self.stages.iter().map(|(job, ms)| json!({ "job": job, "ms": ms.to_string() })).collect::<Vec<_>>(),
        })
    }
}

fn roles(splits: &[Split], allocations: &[Allocation]) -> Vec<(Role, u16, Amount)> {
    let amount = |role: Role| Amount::sum(allocations.iter().map(|row| row.of_role(role))).unwrap_or(Amount::MAX);
    let mut roles: Vec<_> = splits.iter().map(|row| (row.role, row.share.points(), amount(row.role))).collect();
    roles.sort_by_key(|(role, _, _)| *role);
    roles
}

fn contributor(divisions: &[Division]) -> Option<Address> {
    let mut sums: BTreeMap<Address, u128> = BTreeMap::new();
    for row in divisions.iter().filter(|row| row.role == Role::Contributors) {
        if let Some(address) = row.account.as_address() {
            *sums.entry(address).or_default() += row.amount.units();
        }
    }
    sums.into_iter().max_by_key(|(address, sum)| (*sum, *address)).map(|(address, _)| address)
}

fn unattributed(datanets: &[Datanet], allocations: &[Allocation]) -> Vec<(String, Amount)> {
    let sums = datanets.iter().map(|datanet| {
        let shares = allocations.iter().flat_map(|row| &row.datanets).filter(|share| share.datanet == datanet.datanet);
        (datanet.name.clone(), Amount::sum(shares.map(|share| share.unattributed)).unwrap_or(Amount::MAX))
    });
    sums.filter(|(_, amount)| !amount.is_zero()).collect()
}
