//! One node, pinned to the chain of the deployment: chain id, genesis hash, code at the vault. Every question has a
//! deadline.

use crate::failure::{TryLater, Usage};
use crate::settings::Settings;
use alloy::primitives::{Address, B256, Bytes};
use alloy::providers::{DynProvider, Provider, ProviderBuilder};
use alloy::rpc::types::TransactionRequest;
use alloy::sol_types::{SolCall, SolInterface};
use alloy::transports::{RpcError, TransportErrorKind};
use anyhow::{Result, anyhow, bail};
use std::future::IntoFuture;
use std::time::Duration;
use warehouse::chain_events::VaultErrors;

/// Longest wait for one answer.
const ANSWER_MAX: Duration = Duration::from_secs(15);

/// A node that was checked.
#[derive(Clone)]
pub struct Chain {
    /// The node.
    pub provider: DynProvider,
    /// The vault.
    pub vault: Address,
    /// The chain.
    pub chain_id: u64,
}

impl Chain {
    /// Connects to the first node of the settings that answers, and checks that it is on the right chain.
    ///
    /// # Errors
    /// [`TryLater`] when none answers; [`Usage`] when one is of another chain, or nothing is deployed there.
    pub async fn connect(settings: &Settings) -> Result<Self> {
        if settings.chain.rpc.is_empty() {
            bail!(Usage("no node: name one with --rpc, or chain.rpc in the settings".into()));
        }
        let mut refused = Vec::new();
        for url in &settings.chain.rpc {
            let provider = ProviderBuilder::default().connect_http(url.clone()).erased();
            let network = &settings.network;
            let chain = Self { provider, vault: network.vault, chain_id: network.chain_id };
            match chain.ask("chain id", chain.provider.get_chain_id()).await {
                Ok(found) => {
                    chain.check(url, found, settings.genesis_hash).await?;
                    return Ok(chain);
                }
                Err(error) => refused.push(format!("{url}: {error:#}")),
            }
        }
        bail!(TryLater(format!("no node answers: {}", refused.join("; "))))
    }

    async fn check(&self, url: &url::Url, found: u64, genesis: Option<B256>) -> Result<()> {
        if found != self.chain_id {
            bail!(Usage(format!("node {url} is of chain {found}, the deployment of chain {}", self.chain_id)));
        }
        if let Some(genesis) = genesis {
            let block = self.ask("genesis block", self.provider.get_block_by_number(0.into())).await?;
            let found = block.map(|block| block.header.hash).unwrap_or_default();
            if found != genesis {
                bail!(Usage(format!("node {url} begins with block {found}, the deployment's chain with {genesis}")));
            }
        }
        let code = self.ask("code of the vault", self.provider.get_code_at(self.vault)).await?;
        if code.is_empty() {
            bail!(Usage(format!("node {url} has no contract at the vault's address {:#x}", self.vault)));
        }
        Ok(())
    }

    /// An answer in time.
    ///
    /// # Errors
    /// [`TryLater`] when the node does not answer, or not with a result.
    pub async fn ask<T>(
        &self,
        what: &str,
        question: impl IntoFuture<Output = Result<T, RpcError<TransportErrorKind>>>,
    ) -> Result<T> {
        match tokio::time::timeout(ANSWER_MAX, question.into_future()).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(TryLater(format!("the node does not tell the {what}: {error}")).into()),
            Err(_) => Err(TryLater(format!("the node does not tell the {what} in {} s", ANSWER_MAX.as_secs())).into()),
        }
    }

    /// The last block's time, seconds since 1970.
    ///
    /// # Errors
    /// [`TryLater`] when the node does not answer.
    pub async fn now(&self) -> Result<u64> {
        let block = self.ask("last block", self.provider.get_block_by_number(Default::default())).await?;
        block.map(|block| block.header.timestamp).ok_or_else(|| TryLater("the node has no last block".into()).into())
    }

    /// What a view of the vault returns.
    ///
    /// # Errors
    /// [`TryLater`] when the node does not answer.
    pub async fn read<C: SolCall>(&self, call: C) -> Result<C::Return> {
        let request = TransactionRequest::default().to(self.vault).input(call.abi_encode().into());
        let answer = self.ask(C::SIGNATURE, self.provider.call(request)).await?;
        C::abi_decode_returns(&answer).map_err(|error| anyhow!("the vault's answer to {}: {error}", C::SIGNATURE))
    }

    /// Tries a call without sending it; what the contract says against it.
    ///
    /// # Errors
    /// [`TryLater`] when the node does not answer.
    pub async fn refusal(&self, from: Address, to: Address, calldata: &Bytes) -> Result<Option<String>> {
        let request = TransactionRequest::default().from(from).to(to).input(calldata.clone().into());
        match tokio::time::timeout(ANSWER_MAX, self.provider.call(request).into_future()).await {
            Ok(Ok(_)) => Ok(None),
            Ok(Err(RpcError::ErrorResp(answer))) => {
                Ok(Some(answer.as_revert_data().map_or_else(|| answer.message.to_string(), |data| said(&data))))
            }
            Ok(Err(error)) => bail!(TryLater(format!("the node does not try the call: {error}"))),
            Err(_) => bail!(TryLater("the node does not try the call in time".into())),
        }
    }
}

/// A revert of the vault in words.
fn said(data: &Bytes) -> String {
    match VaultErrors::abi_decode(data) {
        Ok(error) => format!("{error:?}"),
        Err(_) => format!("it reverts with {data}"),
    }
}
