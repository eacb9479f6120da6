//! The vocabulary of the contracts: every event of `contracts/`, decoded with `alloy`.

use alloy::primitives::B256;
use alloy::sol_types::SolEventInterface;

/// The contracts as they were compiled (`make abi`); their documentation stands in `contracts/src/interfaces/`.
#[allow(missing_docs, unreachable_pub, clippy::too_many_arguments, clippy::pub_underscore_fields)]
mod compiled {
    alloy::sol!(
        #[sol(all_derives = true)]
        DatanetRegistry,
        "../contracts/abi/DatanetRegistry.json"
    );
    alloy::sol!(
        #[sol(all_derives = true)]
        ModelRegistry,
        "../contracts/abi/ModelRegistry.json"
    );
    alloy::sol!(
        #[sol(all_derives = true)]
        OperatorRegistry,
        "../contracts/abi/OperatorRegistry.json"
    );
    alloy::sol!(
        #[sol(all_derives = true)]
        SplitRegistry,
        "../contracts/abi/SplitRegistry.json"
    );
    alloy::sol!(
        #[sol(all_derives = true)]
        Vault,
        "../contracts/abi/Vault.json"
    );
    alloy::sol!(
        #[sol(all_derives = true)]
        OpenGovernor,
        "../contracts/abi/OpenGovernor.json"
    );
    alloy::sol!(
        #[sol(all_derives = true)]
        OpenToken,
        "../contracts/abi/OpenToken.json"
    );
}

pub use compiled::DatanetRegistry::{
    ContributionCommitted, ContributionSubmitted, DatanetRegistryEvents as DatanetEvent, commitCall,
};
pub use compiled::ModelRegistry::{AdapterRegistered, ModelRegistryEvents as ModelEvent, ModelVersionPublished};
pub use compiled::OpenGovernor::OpenGovernorEvents as GovernanceEvent;
pub use compiled::OpenToken::OpenTokenEvents as TokenEvent;
pub use compiled::OperatorRegistry::OperatorRegistryEvents as OperatorEvent;
pub use compiled::SplitRegistry::SplitRegistryEvents as SplitEvent;
pub use compiled::Vault::{VaultErrors, VaultEvents as VaultEvent, claimCall, proposeRootCall};

/// The vault's calls, views and events, for those who talk to it.
pub mod vault {
    pub use super::compiled::IVault::{ClaimItem, Pending, Root};
    pub use super::compiled::Vault::*;
}

/// A contract of ours, by what it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Contract {
    /// `DatanetRegistry`.
    Datanets,
    /// `ModelRegistry`.
    Models,
    /// `OperatorRegistry`.
    Operators,
    /// `SplitRegistry`.
    Splits,
    /// `Vault`.
    Vault,
    /// `OpenGovernor`.
    Governance,
    /// `OpenToken`.
    Token,
}

/// An event of one of our contracts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChainEvent {
    /// Of the datanet registry.
    Datanet(DatanetEvent),
    /// Of the model registry.
    Model(ModelEvent),
    /// Of the operator registry.
    Operator(OperatorEvent),
    /// Of the split registry.
    Split(SplitEvent),
    /// Of the vault.
    Vault(VaultEvent),
    /// Of the governor.
    Governance(GovernanceEvent),
    /// Of the token.
    Token(TokenEvent),
}

impl ChainEvent {
    /// The event in a log of `contract`, with its name.
    ///
    /// # Errors
    /// What is wrong, when the log is no event of that contract's interface.
    pub fn decode(contract: Contract, topics: &[B256], data: &[u8]) -> Result<(Self, &'static str), String> {
        macro_rules! decode {
            ($variant:ident, $events:ty) => {{
                let event = <$events>::decode_raw_log(topics, data).map_err(|error| error.to_string())?;
                let at =
                    <$events>::SELECTORS.iter().position(|selector| Some(*selector) == topics.first().map(|t| t.0));
                (Self::$variant(event), at.map_or("", |at| <$events>::VARIANT_NAMES[at]))
            }};
        }
        Ok(match contract {
            Contract::Datanets => decode!(Datanet, DatanetEvent),
            Contract::Models => decode!(Model, ModelEvent),
            Contract::Operators => decode!(Operator, OperatorEvent),
            Contract::Splits => decode!(Split, SplitEvent),
            Contract::Vault => decode!(Vault, VaultEvent),
            Contract::Governance => decode!(Governance, GovernanceEvent),
            Contract::Token => decode!(Token, TokenEvent),
        })
    }
}
