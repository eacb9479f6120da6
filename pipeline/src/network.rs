//! What a network fixes for ever at its deployment, and every inputs document repeats.

use std::collections::BTreeMap;
use warehouse::chain_events::Contract;
use warehouse::types::{Address, EpochCalendar};

/// A deployment: chain, contracts, settler, calendar, topics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// Chain of the contracts.
    pub chain_id: u64,
    /// The vault, which also is the signatures' verifying contract.
    pub vault: Address,
    /// The token.
    pub token: Address,
    /// The datanet registry.
    pub datanets: Address,
    /// The model registry.
    pub models: Address,
    /// The operator registry.
    pub operators: Address,
    /// The split registry.
    pub splits: Address,
    /// The governor.
    pub governance: Address,
    /// Who signs closing records.
    pub settler: Address,
    /// When epochs begin and end.
    pub calendar: EpochCalendar,
    /// Partitions of the receipts topic.
    pub receipts_partitions: u32,
}

impl Network {
    /// Each contract of ours by its address.
    pub fn contracts(&self) -> BTreeMap<Address, Contract> {
        BTreeMap::from([
            (self.vault, Contract::Vault),
            (self.token, Contract::Token),
            (self.datanets, Contract::Datanets),
            (self.models, Contract::Models),
            (self.operators, Contract::Operators),
            (self.splits, Contract::Splits),
            (self.governance, Contract::Governance),
        ])
    }
}
