//! What people call the accounts, models and contributions of an epoch; where there is no name, a short id.

use super::settlement::Settlement;
use super::text::{count, grouped};
use crate::show::short;
use std::collections::BTreeMap;
use warehouse::tables::{Contribution, Datanet, ModelVersion};
use warehouse::types::{AdapterId, Address, ContributionId, ContributionNumber, DatanetId, ModelVersionId, ReceiptId};

/// Look-ups from ids to names.
pub struct Names<'a> {
    labels: BTreeMap<Address, &'a str>,
    models: BTreeMap<ModelVersionId, &'a ModelVersion>,
    adapters: BTreeMap<AdapterId, &'a str>,
    datanets: BTreeMap<DatanetId, &'a Datanet>,
    contributions: BTreeMap<ContributionId, &'a Contribution>,
    numbers: BTreeMap<ContributionNumber, &'a Contribution>,
}

impl<'a> Names<'a> {
    /// The names of an epoch's rows.
    pub fn new(settlement: &'a Settlement) -> Self {
        let registry = &settlement.registry;
        Self {
            labels: settlement.labels.iter().map(|label| (label.account, label.name.as_str())).collect(),
            models: registry.models.iter().map(|row| (row.version, row)).collect(),
            adapters: registry.adapters.iter().map(|row| (row.adapter, row.name.as_str())).collect(),
            datanets: registry.datanets.iter().map(|row| (row.datanet, row)).collect(),
            contributions: registry.contributions.iter().map(|row| (row.contribution, row)).collect(),
            numbers: registry.contributions.iter().map(|row| (row.number, row)).collect(),
        }
    }

    /// The account's name, if it has one.
    pub fn label(&self, account: Address) -> Option<&'a str> {
        self.labels.get(&account).copied()
    }

    /// The account's name, else its short address.
    pub fn account(&self, account: Address) -> String {
        self.label(account).map_or_else(|| short(&format!("{account:#x}")), str::to_owned)
    }

    /// The model version's name and short id.
    pub fn model(&self, version: ModelVersionId) -> String {
        let name = self.models.get(&version).map_or("unknown model version", |row| row.name.as_str());
        format!("{name} {}", short(&version.to_string()))
    }

    /// The model version, and the adapter if there is one.
    pub fn serving(&self, version: ModelVersionId, adapter: Option<AdapterId>) -> String {
        let model = self.model(version);
        adapter.map_or_else(|| model.clone(), |adapter| format!("{model} with {}", self.adapter(adapter)))
    }

    /// The adapter's name and short id.
    pub fn adapter(&self, adapter: AdapterId) -> String {
        let name = self.adapters.get(&adapter).copied().unwrap_or("unknown adapter");
        format!("{name} {}", short(&adapter.to_string()))
    }

    /// The datanet's name.
    pub fn datanet(&self, datanet: DatanetId) -> String {
        self.datanets.get(&datanet).map_or_else(|| short(&datanet.to_string()), |row| row.name.clone())
    }

    /// The datanet's row.
    pub fn datanet_row(&self, datanet: DatanetId) -> Option<&'a Datanet> {
        self.datanets.get(&datanet).copied()
    }

    /// The contribution's row.
    pub fn contribution_row(&self, contribution: ContributionId) -> Option<&'a Contribution> {
        self.contributions.get(&contribution).copied()
    }

    /// The row of the contribution of this number.
    pub fn numbered(&self, number: ContributionNumber) -> Option<&'a Contribution> {
        self.numbers.get(&number).copied()
    }

    /// The contribution's short id, datanet, items and contributor.
    pub fn contribution(&self, row: &Contribution) -> String {
        let items = match (row.items, row.items_submitted) {
            (0, submitted) => format!("{} items submitted", grouped(submitted)),
            (items, _) => count(usize::try_from(items).unwrap_or(usize::MAX), "item"),
        };
        let (id, datanet) = (short(&row.contribution.to_string()), self.datanet(row.datanet));
        format!("contribution {id} in {datanet}, {items} by {}", self.account(row.contributor))
    }

    /// The receipt's short id.
    pub fn receipt(&self, receipt: ReceiptId) -> String {
        format!("receipt {}", short(&receipt.to_string()))
    }
}
