//! The settlement of an epoch: allocations are posted, sums divided once, orders paid, debts withheld.

use super::divide::divide;
use super::orders::{Book, Closed, orders_of};
use super::pairing::{Pot, Pots};
use super::registry::RegistryRows;
use super::roles::Division;
use std::collections::BTreeMap;
use warehouse::tables::charges::Outcome;
use warehouse::tables::{Allocation, Attribution, Balance, Charge, Division as DivisionRow, Payout, Pending};
use warehouse::types::{
    Account, Address, Amount, ContributionNumber, Epoch, ModelVersionId, ReceiptId, Role, SourceId, Weight,
};

/// Where money stood at the end of the epoch before.
pub struct Opening<'a> {
    /// Balances.
    pub balances: &'a [Balance],
    /// Orders and debts.
    pub pending: &'a [Pending],
    /// Cumulative amounts.
    pub payouts: &'a [Payout],
}

/// What a settlement gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// Each charged receipt's division.
    pub allocations: Vec<Allocation>,
    /// What was divided once.
    pub divisions: Vec<DivisionRow>,
    /// What waits.
    pub pending: Vec<Pending>,
    /// Payouts, ledger, balances.
    pub closed: Closed,
}

/// Settles an epoch.
///
/// # Errors
/// What does not add up; nothing is settled then.
pub fn settle(
    epoch: Epoch,
    registry: &RegistryRows,
    charges: &[Charge],
    attributions: &[Attribution],
    opening: &Opening,
) -> Result<Settled, String> {
    let division = Division::new(registry);
    let allocations = allocate_all(&division, charges, attributions)?;
    let mut poster = Poster { epoch, registry, division: &division, pots: Pots::default(), rows: Vec::new() };
    poster.receipts(&allocations)?;
    poster.contributors(&allocations)?;
    poster.validators(&allocations)?;
    poster.stakers(&allocations)?;
    let Poster { pots, rows: divisions, .. } = poster;

    let mut book = Book::open(opening.balances);
    book.inflow_and_slashes(&registry.flows)?;
    pots.post(&mut book)?;
    let (mut orders, later) = orders_of(epoch, &registry.flows);
    orders.extend(opening.pending.iter().cloned());
    let mut pending = book.pay(epoch, orders)?;
    book.withhold(&mut pending)?;
    pending.extend(later);
    let closed = book.close(epoch, opening.payouts)?;
    Ok(Settled { allocations, divisions, pending, closed })
}

fn allocate_all(
    division: &Division,
    charges: &[Charge],
    attributions: &[Attribution],
) -> Result<Vec<Allocation>, String> {
    let by_receipt: BTreeMap<ReceiptId, &Attribution> = attributions.iter().map(|row| (row.receipt, row)).collect();
    let charged = charges.iter().filter(|charge| charge.outcome == Outcome::Charged);
    charged
        .map(|charge| {
            let attribution = by_receipt.get(&charge.receipt);
            let attribution = attribution.ok_or_else(|| format!("receipt {} is not attributed", charge.receipt))?;
            division.allocate(charge, attribution)
        })
        .collect()
}

struct Poster<'a> {
    epoch: Epoch,
    registry: &'a RegistryRows,
    division: &'a Division<'a>,
    pots: Pots,
    rows: Vec<DivisionRow>,
}

impl Poster<'_> {
    /// Debits every role of every receipt; credits those that are paid by the receipt.
    fn receipts(&mut self, allocations: &[Allocation]) -> Result<(), String> {
        let owners: BTreeMap<_, _> = self.registry.datanets.iter().map(|row| (row.datanet, row.owner)).collect();
        for row in allocations {
            let deposit = Account::deposit(row.payer, row.operator);
            let version = SourceId(row.model_version.0);
            let operator = SourceId::operator(row.operator);
            let model = self.division.model(row.model_version);
            let base = model.and_then(|model| self.division.base_of(model));
            let adapter = row.adapter.and_then(|adapter| self.division.adapter(adapter));
            let address = |owner: Option<Address>| Account::address(owner.unwrap_or_default());
            for (role, amount, source, account) in [
                (Role::Platform, row.platform, version, address(self.division.platform())),
                (Role::ModelOwner, row.model_owner, version, address(model.map(|model| model.owner))),
                (Role::BaseModelOwner, row.base_model_owner, version, address(base.map(|base| base.owner))),
                (Role::AdapterOwner, row.adapter_owner, version, address(adapter.map(|adapter| adapter.owner))),
                (Role::Reserve, row.reserve, version, Account::RESERVE),
                (Role::Operator, row.operator_fee, operator, Account::address(row.operator)),
            ] {
                self.pots.debit(Pot::Role(role, source), deposit, amount)?;
                self.pots.credit(Pot::Role(role, source), account, source, amount)?;
            }
            for share in &row.datanets {
                let source = SourceId(share.datanet.0);
                let owner = Pot::Role(Role::DatanetOwner, source);
                self.pots.debit(owner, deposit, share.owner_amount)?;
                self.pots.credit(owner, address(owners.get(&share.datanet).copied()), source, share.owner_amount)?;
                let pool = Pot::Unattributed(source);
                self.pots.debit(pool, deposit, share.unattributed)?;
                self.pots.credit(pool, Account::unattributed(share.datanet), source, share.unattributed)?;
            }
            for share in &row.shares {
                let source = self.source_of(share.number)?;
                self.pots.debit(Pot::Role(Role::Contributors, source), deposit, share.amount)?;
            }
            self.pots.debit(Pot::Role(Role::Stakers, operator), deposit, row.stakers)?;
            self.pots.debit(Pot::Role(Role::Validators, SourceId::default()), deposit, row.validators)?;
        }
        Ok(())
    }

    fn source_of(&self, number: ContributionNumber) -> Result<SourceId, String> {
        let datanet = self.division.datanet_of(number);
        Ok(SourceId(datanet.ok_or_else(|| format!("contribution {number:?} has no datanet"))?.0))
    }

    /// Divides `whole` once and credits the parts.
    fn divide_once(
        &mut self,
        (role, pot, source): (Role, Pot, SourceId),
        subject: SourceId,
        whole: Amount,
        parts: &[(Account, u128)],
    ) -> Result<(), String> {
        let weights: Vec<u128> = parts.iter().map(|(_, weight)| *weight).collect();
        let amounts = divide(whole, &weights).ok_or_else(|| format!("nobody shares {whole} of {subject}"))?;
        for ((account, weight), amount) in parts.iter().zip(amounts) {
            self.pots.credit(pot, *account, source, amount)?;
            let (account, weight) = (*account, Weight(*weight));
            self.rows.push(DivisionRow { epoch: self.epoch, role, subject, account, whole, weight, amount, source });
        }
        Ok(())
    }

    /// A contribution's shares of the epoch, among its beneficiaries.
    fn contributors(&mut self, allocations: &[Allocation]) -> Result<(), String> {
        let mut sums: BTreeMap<ContributionNumber, Amount> = BTreeMap::new();
        for share in allocations.iter().flat_map(|row| &row.shares) {
            let sum = sums.entry(share.number).or_default();
            *sum = sum.checked_add(share.amount).ok_or("a contribution exceeds every amount")?;
        }
        let contributions: BTreeMap<_, _> = self.registry.contributions.iter().map(|row| (row.number, row)).collect();
        for (number, whole) in sums.into_iter().filter(|(_, whole)| !whole.is_zero()) {
            let source = self.source_of(number)?;
            let row = contributions[&number];
            let parts: Vec<(Account, u128)> = row
                .beneficiaries
                .iter()
                .map(|beneficiary| (Account::address(beneficiary.account), beneficiary.share.points().into()))
                .collect();
            let pot = Pot::Role(Role::Contributors, source);
            self.divide_once((Role::Contributors, pot, source), SourceId(row.contribution.0), whole, &parts)?;
        }
        Ok(())
    }

    /// The validators' role: per model version among contributions, then a contribution's sum among its voters.
    fn validators(&mut self, allocations: &[Allocation]) -> Result<(), String> {
        let mut by_version: BTreeMap<ModelVersionId, (Amount, BTreeMap<ContributionNumber, u128>)> = BTreeMap::new();
        for row in allocations {
            let (sum, shares) = by_version.entry(row.model_version).or_default();
            *sum = sum.checked_add(row.validators).ok_or("validators exceed every amount")?;
            for share in &row.shares {
                *shares.entry(share.number).or_default() += share.amount.units();
            }
        }
        let mut sums: BTreeMap<ContributionNumber, Amount> = BTreeMap::new();
        for (sum, shares) in by_version.into_values().filter(|(sum, _)| !sum.is_zero()) {
            let weights: Vec<u128> = shares.values().copied().collect();
            let amounts = divide(sum, &weights).ok_or("validators are paid where no contribution is")?;
            for (number, amount) in shares.into_keys().zip(amounts) {
                let sum = sums.entry(number).or_default();
                *sum = sum.checked_add(amount).ok_or("validators exceed every amount")?;
            }
        }
        let mut voters: BTreeMap<_, Vec<(Account, u128)>> = BTreeMap::new();
        for vote in &self.registry.validations {
            voters.entry(vote.contribution).or_default().push((Account::address(vote.validator), 1));
        }
        let contributions: BTreeMap<_, _> =
            self.registry.contributions.iter().map(|row| (row.number, row.contribution)).collect();
        for (number, whole) in sums.into_iter().filter(|(_, whole)| !whole.is_zero()) {
            let (source, contribution) = (self.source_of(number)?, contributions[&number]);
            let mut parts = voters.get(&contribution).cloned().unwrap_or_else(|| vec![(Account::RESERVE, 1)]);
            parts.sort_unstable();
            let pot = Pot::Role(Role::Validators, SourceId::default());
            self.divide_once((Role::Validators, pot, source), SourceId(contribution.0), whole, &parts)?;
        }
        Ok(())
    }

    /// An operator's stakers' role, by earning weight.
    fn stakers(&mut self, allocations: &[Allocation]) -> Result<(), String> {
        let mut sums: BTreeMap<Address, Amount> = BTreeMap::new();
        for row in allocations {
            let sum = sums.entry(row.operator).or_default();
            *sum = sum.checked_add(row.stakers).ok_or("stakers exceed every amount")?;
        }
        for (operator, whole) in sums.into_iter().filter(|(_, whole)| !whole.is_zero()) {
            let mut parts: Vec<(Account, u128)> = self
                .registry
                .stakes
                .iter()
                .filter(|stake| stake.operator == operator && !stake.earning.is_zero())
                .map(|stake| (Account::address(stake.staker), stake.earning.units()))
                .collect();
            parts.sort_unstable();
            let source = SourceId::operator(operator);
            let pot = Pot::Role(Role::Stakers, source);
            self.divide_once((Role::Stakers, pot, source), source, whole, &parts)?;
        }
        Ok(())
    }
}
