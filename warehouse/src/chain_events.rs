//! The vocabulary of the contracts: every event of `contracts/src/interfaces/`, decoded with `alloy`.

use alloy::primitives::B256;
use alloy::sol_types::SolEventInterface;

/// The interfaces as Solidity declares them; their documentation stands there.
#[allow(missing_docs, unreachable_pub, clippy::too_many_arguments, clippy::pub_underscore_fields)]
mod interfaces {
    alloy::sol!(
        #[sol(all_derives = true)]
        "../contracts/src/interfaces/IDatanetRegistry.sol"
    );
    alloy::sol!(
        #[sol(all_derives = true)]
        "../contracts/src/interfaces/IModelRegistry.sol"
    );
    alloy::sol!(
        #[sol(all_derives = true)]
        "../contracts/src/interfaces/IOperatorRegistry.sol"
    );
    alloy::sol!(
        #[sol(all_derives = true)]
        "../contracts/src/interfaces/ISplitRegistry.sol"
    );
    alloy::sol!(
        #[sol(all_derives = true)]
        "../contracts/src/interfaces/IVault.sol"
    );
    alloy::sol!(
        #[sol(all_derives = true)]
        "../contracts/src/interfaces/IGovernance.sol"
    );
    alloy::sol!(
        #[sol(all_derives = true)]
        "../contracts/src/interfaces/IOpenToken.sol"
    );
}

pub use interfaces::IDatanetRegistry::{ContributionSubmitted, IDatanetRegistryEvents as DatanetEvent};
pub use interfaces::IGovernance::IGovernanceEvents as GovernanceEvent;
pub use interfaces::IModelRegistry::{AdapterRegistered, IModelRegistryEvents as ModelEvent, ModelVersionPublished};
pub use interfaces::IOpenToken::IOpenTokenEvents as TokenEvent;
pub use interfaces::IOperatorRegistry::IOperatorRegistryEvents as OperatorEvent;
pub use interfaces::ISplitRegistry::ISplitRegistryEvents as SplitEvent;
pub use interfaces::IVault::{IVaultEvents as VaultEvent, claimCall, proposeRootCall};

/// A contract of ours, by what it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Contract {
    /// `IDatanetRegistry`.
    Datanets,
    /// `IModelRegistry`.
    Models,
    /// `IOperatorRegistry`.
    Operators,
    /// `ISplitRegistry`.
    Splits,
    /// `IVault`.
    Vault,
    /// `IGovernance`.
    Governance,
    /// `IOpenToken`.
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
