//! How one receipt's fee is divided: among roles, between adapter and base, among contributions and datanets.

use super::divide::divide;
use super::registry::RegistryRows;
use super::scope::{contributions_of, items_by_datanet};
use std::collections::{BTreeMap, BTreeSet};
use warehouse::tables::allocations::{DatanetShare, Share};
use warehouse::tables::{Adapter, Allocation, Attribution, Charge, Contribution, ModelVersion};
use warehouse::types::{
    AdapterId, Address, Amount, ContributionId, ContributionNumber, DatanetId, DatanetVersionId, ModelVersionId, Role,
};

/// The base part of a receipt.
pub const BASE: u8 = 0;
/// The adapter part of a receipt.
pub const ADAPTER: u8 = 1;

/// What the division of every receipt of an epoch looks up.
pub struct Division<'a> {
    split: Vec<u128>,
    platform: Option<Address>,
    models: BTreeMap<ModelVersionId, &'a ModelVersion>,
    adapters: BTreeMap<AdapterId, &'a Adapter>,
    datanet_of: BTreeMap<ContributionNumber, DatanetId>,
    staked: BTreeSet<Address>,
    items: BTreeMap<Vec<DatanetVersionId>, BTreeMap<DatanetId, u64>>,
}

/// The contributors' pool of one part.
struct Part<'p> {
    part: u8,
    pool: Amount,
    weights: Vec<(ContributionNumber, u128, warehouse::types::Weight)>,
    items: &'p BTreeMap<DatanetId, u64>,
}

impl<'a> Division<'a> {
    /// Prepares the look-ups.
    pub fn new(registry: &'a RegistryRows) -> Self {
        let contributions: BTreeMap<ContributionId, Contribution> =
            registry.contributions.iter().map(|row| (row.contribution, row.clone())).collect();
        let pinned = registry.models.iter().map(|row| &row.datanet_versions);
        let pinned = pinned.chain(registry.adapters.iter().map(|row| &row.datanet_versions));
        let items = pinned.map(|versions| {
            let members = contributions_of(versions, &registry.datanet_versions);
            (versions.clone(), items_by_datanet(&members, &contributions))
        });
        let mut split: Vec<_> = registry.splits.iter().map(|row| (row.role, row.share.points())).collect();
        split.sort_unstable();
        Self {
            split: split.into_iter().map(|(_, points)| points.into()).collect(),
            platform: registry.splits.iter().find_map(|row| row.account),
            models: registry.models.iter().map(|row| (row.version, row)).collect(),
            adapters: registry.adapters.iter().map(|row| (row.adapter, row)).collect(),
            datanet_of: registry.contributions.iter().map(|row| (row.number, row.datanet)).collect(),
            staked: registry.stakes.iter().filter(|row| !row.earning.is_zero()).map(|row| row.operator).collect(),
            items: items.collect(),
        }
    }

    /// Divides one charged receipt's fee. The roles of the result add up to the fee.
    ///
    /// # Errors
    /// When the receipt's model version or adapter is not in the registry, or its attribution is of another receipt.
    pub fn allocate(&self, charge: &Charge, attribution: &Attribution) -> Result<Allocation, String> {
        let unknown = |what: &str| format!("receipt {} names an unknown {what}", charge.receipt);
        let model = *self.models.get(&charge.model_version).ok_or_else(|| unknown("model version"))?;
        let adapter = match charge.adapter {
            None => None,
            Some(id) => Some(*self.adapters.get(&id).ok_or_else(|| unknown("adapter"))?),
        };
        let by_role = divide(charge.fee, &self.split).ok_or("the split is empty")?;
        let role = |role: Role| by_role.get(role as usize).copied().unwrap_or_default();

        let parts = self.parts(role(Role::Contributors), model, adapter, attribution);
        let mut reserve = Reserve(role(Role::Reserve));
        let mut shares = Vec::new();
        let mut datanets: BTreeMap<DatanetId, DatanetShare> = BTreeMap::new();
        for part in &parts {
            reserve.add(part.divide_pool(&mut shares, &mut datanets)?)?;
        }
        let paid = shares.iter().any(|share: &Share| !share.amount.is_zero());
        let owners = self.divide_among_owners(role(Role::DatanetOwner), &parts, &shares, &mut datanets)?;
        reserve.add(role(Role::DatanetOwner).checked_sub(owners).unwrap_or_default())?;
        shares.sort_by_key(|share| (share.part, share.number));
        datanets.retain(|_, share| !(share.owner_amount.is_zero() && share.unattributed.is_zero()));
        let unattributed = datanets.values().map(|share| share.unattributed);
        let contributors = Amount::sum(shares.iter().map(|share| share.amount).chain(unattributed));

        Ok(Allocation {
            epoch: charge.epoch,
            receipt: charge.receipt,
            payer: charge.payer,
            operator: charge.operator,
            model_version: charge.model_version,
            adapter: charge.adapter,
            fee: charge.fee,
            platform: reserve.unless(self.platform.is_some(), role(Role::Platform))?,
            datanet_owner: owners,
            model_owner: role(Role::ModelOwner),
            base_model_owner: reserve.unless(self.base_of(model).is_some(), role(Role::BaseModelOwner))?,
            adapter_owner: reserve.unless(adapter.is_some(), role(Role::AdapterOwner))?,
            operator_fee: role(Role::Operator),
            stakers: reserve.unless(self.staked.contains(&charge.operator), role(Role::Stakers))?,
            validators: reserve.unless(paid, role(Role::Validators))?,
            contributors: contributors.ok_or("a pool exceeds every amount")?,
            reserve: reserve.0,
            shares,
            datanets: datanets.into_values().collect(),
        })
    }

    /// The version from which a version was trained, if it is known.
    pub fn base_of(&self, model: &ModelVersion) -> Option<&'a ModelVersion> {
        model.base_version.and_then(|base| self.models.get(&base).copied())
    }

    /// A contribution's datanet.
    pub fn datanet_of(&self, number: ContributionNumber) -> Option<DatanetId> {
        self.datanet_of.get(&number).copied()
    }

    /// A model version of the registry.
    pub fn model(&self, version: ModelVersionId) -> Option<&'a ModelVersion> {
        self.models.get(&version).copied()
    }

    /// An adapter of the registry.
    pub fn adapter(&self, adapter: AdapterId) -> Option<&'a Adapter> {
        self.adapters.get(&adapter).copied()
    }

    /// Who gets the platform's share.
    pub fn platform(&self) -> Option<Address> {
        self.platform
    }

    /// The parts of the contributors' pool: adapter first, as ties go.
    fn parts(
        &self,
        pool: Amount,
        model: &ModelVersion,
        adapter: Option<&Adapter>,
        attribution: &Attribution,
    ) -> Vec<Part<'_>> {
        let part = |part: u8, pool: Amount, pinned: &[DatanetVersionId]| {
            let mut weights: Vec<_> = attribution
                .weights
                .iter()
                .filter(|weight| weight.part == part)
                .map(|weight| (weight.number, weight.weight.0, weight.weight))
                .collect();
            weights.sort_unstable();
            Part { part, pool, weights, items: &self.items[pinned] }
        };
        let Some(adapter) = adapter else { return vec![part(BASE, pool, &model.datanet_versions)] };
        let share = adapter.contributors_share;
        let pools = divide(pool, &[share.points().into(), share.rest().points().into()]).unwrap_or_default();
        let pool_of = |at: usize| pools.get(at).copied().unwrap_or_default();
        vec![part(ADAPTER, pool_of(0), &adapter.datanet_versions), part(BASE, pool_of(1), &model.datanet_versions)]
    }

    /// Divides the datanet owners' role and gives what found an owner.
    fn divide_among_owners(
        &self,
        role: Amount,
        parts: &[Part],
        shares: &[Share],
        datanets: &mut BTreeMap<DatanetId, DatanetShare>,
    ) -> Result<Amount, String> {
        let mut by: BTreeMap<DatanetId, u128> = BTreeMap::new();
        for share in shares.iter().filter(|share| !share.amount.is_zero()) {
            let datanet = self
                .datanet_of(share.number)
                .ok_or_else(|| format!("contribution {:?} has no datanet", share.number))?;
            *by.entry(datanet).or_default() += share.amount.units();
        }
        if by.is_empty() {
            for (datanet, items) in parts.iter().flat_map(|part| part.items) {
                *by.entry(*datanet).or_default() += u128::from(*items);
            }
        }
        let weights: Vec<u128> = by.values().copied().collect();
        let Some(amounts) = divide(role, &weights) else { return Ok(Amount::ZERO) };
        for (datanet, amount) in by.into_keys().zip(amounts) {
            share_of(datanets, datanet).owner_amount = amount;
        }
        Ok(role)
    }
}

/// What goes to the reserve of one receipt.
struct Reserve(Amount);

impl Reserve {
    fn add(&mut self, amount: Amount) -> Result<(), String> {
        self.0 = self.0.checked_add(amount).ok_or("the reserve exceeds every amount")?;
        Ok(())
    }

    /// The amount, if there is somebody in the role; else nothing, and the reserve gets it.
    fn unless(&mut self, somebody: bool, amount: Amount) -> Result<Amount, String> {
        if somebody {
            return Ok(amount);
        }
        self.add(amount)?;
        Ok(Amount::ZERO)
    }
}

impl Part<'_> {
    /// Divides the pool by weight, else among the datanets' unattributed accounts; gives what nobody can get.
    fn divide_pool(
        &self,
        shares: &mut Vec<Share>,
        datanets: &mut BTreeMap<DatanetId, DatanetShare>,
    ) -> Result<Amount, String> {
        let weights: Vec<u128> = self.weights.iter().map(|(_, weight, _)| *weight).collect();
        if let Some(amounts) = divide(self.pool, &weights) {
            let rows = self.weights.iter().zip(amounts);
            shares.extend(rows.map(|((number, _, weight), amount)| Share {
                part: self.part,
                number: *number,
                weight: *weight,
                amount,
            }));
            return Ok(Amount::ZERO);
        }
        let items: Vec<u128> = self.items.values().map(|items| u128::from(*items)).collect();
        let Some(amounts) = divide(self.pool, &items) else { return Ok(self.pool) };
        for (datanet, amount) in self.items.keys().zip(amounts) {
            let share = share_of(datanets, *datanet);
            share.unattributed =
                share.unattributed.checked_add(amount).ok_or("an unattributed share exceeds every amount")?;
        }
        Ok(Amount::ZERO)
    }
}

fn share_of(datanets: &mut BTreeMap<DatanetId, DatanetShare>, datanet: DatanetId) -> &mut DatanetShare {
    datanets.entry(datanet).or_insert(DatanetShare { datanet, owner_amount: Amount::ZERO, unattributed: Amount::ZERO })
}
