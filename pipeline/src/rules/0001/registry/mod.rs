//! The registry: what exists and what binds as of an epoch's cutoff, folded from the chain's events in chain order.

mod datanets;
mod flows;
mod models;
mod parties;

pub use datanets::Datanets;
pub use flows::Flows;
pub use models::Models;
pub use parties::Parties;

use crate::network::Network;
use std::collections::BTreeSet;
use warehouse::chain_events::ChainEvent;
use warehouse::tables::{
    Adapter, Contribution, Datanet, DatanetVersion, Flow, Key, ModelVersion, Operator, RawChainEvent, Split, Stake,
    Validation,
};
use warehouse::types::{Epoch, Hash, KafkaOffset, Time};

/// Where and when an event stands on the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At {
    /// Block number.
    pub block: u64,
    /// Log index in the block.
    pub log: u32,
    /// Block time.
    pub time: Time,
    /// Epoch of the block's time; 0 before genesis.
    pub epoch: u64,
    /// Whether it stands in the epoch's own range, not in an earlier one.
    pub in_range: bool,
}

/// The registry's tables.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegistryRows {
    /// Collections of data.
    pub datanets: Vec<Datanet>,
    /// Their immutable versions.
    pub datanet_versions: Vec<DatanetVersion>,
    /// Batches of items.
    pub contributions: Vec<Contribution>,
    /// Votes.
    pub validations: Vec<Validation>,
    /// Model versions.
    pub models: Vec<ModelVersion>,
    /// Adapters.
    pub adapters: Vec<Adapter>,
    /// Serving operators.
    pub operators: Vec<Operator>,
    /// Signing and spender keys.
    pub keys: Vec<Key>,
    /// Stakes and their weight in this epoch.
    pub stakes: Vec<Stake>,
    /// The split that binds in this epoch.
    pub splits: Vec<Split>,
    /// The epoch's money events.
    pub flows: Vec<Flow>,
}

/// Folds every event up to the cutoff. `from` is the first offset of the epoch's own range.
///
/// # Errors
/// What contradicts the contracts: an amount that is none, a datanet version whose root is not that of its contributions.
pub fn fold(
    network: &Network,
    epoch: Epoch,
    from: KafkaOffset,
    events: &[RawChainEvent],
) -> Result<RegistryRows, String> {
    let mut datanets = Datanets::default();
    let mut models = Models::default();
    let mut parties = Parties::default();
    let mut flows = Flows::default();
    let contracts = network.contracts();
    let events = in_chain_order(events);
    for raw in &events {
        let Some(contract) = contracts.get(&raw.address) else { continue };
        let Ok((event, _)) = ChainEvent::decode(*contract, &raw.topics, &raw.data) else { continue };
        let at = At {
            block: raw.block_number,
            log: raw.log_index,
            time: raw.block_time,
            epoch: u64::try_from(raw.block_time.seconds()).map_or(0, |s| network.calendar.epoch_of(s)),
            in_range: raw.offset >= from,
        };
        match event {
            ChainEvent::Datanet(event) => datanets.apply(at, event)?,
            ChainEvent::Model(event) => models.apply(at, event),
            ChainEvent::Operator(event) => parties.apply_operator(at, event),
            ChainEvent::Split(event) => {
                flows.apply_split(epoch, at, &event)?;
                parties.apply_split(at, event);
            }
            ChainEvent::Vault(event) => {
                flows.apply_vault(epoch, at, &event)?;
                parties.apply_vault(at, event)?;
            }
            ChainEvent::Governance(_) | ChainEvent::Token(_) => {}
        }
    }
    let last_block = events.last().map_or(Hash::default(), |event| event.block_hash);
    let (datanets, datanet_versions, contributions, validations) = datanets.rows(epoch, last_block);
    let (models, adapters) = models.rows(epoch);
    let (operators, keys, stakes, splits) = parties.rows(epoch)?;
    Ok(RegistryRows {
        datanets,
        datanet_versions,
        contributions,
        validations,
        models,
        adapters,
        operators,
        keys,
        stakes,
        splits,
        flows: flows.rows(),
    })
}

/// Events by (offset, index); of two with the same block hash and log index the first counts.
fn in_chain_order(events: &[RawChainEvent]) -> Vec<&RawChainEvent> {
    let mut ordered: Vec<&RawChainEvent> = events.iter().collect();
    ordered.sort_by_key(|event| (event.partition, event.offset, event.index));
    let mut seen = BTreeSet::new();
    ordered.retain(|event| seen.insert((event.block_hash, event.log_index)));
    ordered
}
