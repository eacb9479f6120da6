//! Several nodes of one chain: the first that gives a believable answer in time counts; a node that contradicts its own
//! header is passed over, and two that contradict each other stop everything.

use super::proof::{Block, Disbelief, ProvenLog};
use crate::error::Error;
use alloy::network::AnyTransactionReceipt;
use alloy::primitives::{Address, B256, Bytes, U64};
use alloy::providers::{DynProvider, Provider, ProviderBuilder};
use alloy::rpc::json_rpc::{RpcRecv, RpcSend};
use backon::{ExponentialBuilder, Retryable};
use futures::StreamExt;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use std::borrow::Cow;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// Longest wait for one answer.
const ANSWER_MAX: Duration = Duration::from_secs(15);
/// Tries of one question at one node.
const TRIES: usize = 4;
/// Questions that may be on their way at once.
pub(super) const QUESTIONS_MAX: usize = 16;

/// The nodes, the preferred one first.
#[derive(Clone, Debug)]
pub struct Nodes {
    nodes: Vec<Node>,
}

/// One node, and how often it may be asked.
#[derive(Clone, Debug)]
struct Node {
    url: Url,
    provider: DynProvider,
    rate: Option<Arc<DefaultDirectRateLimiter>>,
}

/// Why a node gave nothing to go on with.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{0}")]
    Silent(String),
    #[error("no block {0}")]
    Missing(String),
    #[error(transparent)]
    Disbelief(#[from] Disbelief),
}

impl Nodes {
    /// The nodes at these addresses.
    pub fn at(urls: &[Url]) -> Self {
        let connect = |url: &Url| {
            let provider = ProviderBuilder::default().connect_http(url.clone()).erased();
            Node { url: url.clone(), provider, rate: None }
        };
        Self { nodes: urls.iter().map(connect).collect() }
    }

    /// The same, each asked so often a second at most.
    #[must_use]
    pub fn with_rate(mut self, most: NonZeroU32) -> Self {
        for node in &mut self.nodes {
            node.rate = Some(Arc::new(RateLimiter::direct(Quota::per_second(most))));
        }
        self
    }

    /// Checks that every node that answers is of this chain.
    ///
    /// # Errors
    /// [`Error::Chain`] when one is of another chain; [`Error::Nodes`] when none answers.
    pub async fn check(&self, chain_id: u64, genesis: Option<B256>) -> Result<(), Error> {
        let mut silent = Vec::new();
        for node in &self.nodes {
            let url = &node.url;
            let found = match ask::<_, U64>(node, "eth_chainId", ()).await {
                Ok(found) => found.to::<u64>(),
                Err(failure) => {
                    silent.push(format!("{url}: {failure}"));
                    continue;
                }
            };
            if found != chain_id {
                let wrong = format!("node {url} is of chain {found}, the deployment of chain {chain_id}");
                return Err(Error::Chain { wrong });
            }
            let Some(genesis) = genesis else { continue };
            match block(node, "0x0", Some(0)).await {
                Ok(first) if first.hash == genesis => {}
                Ok(first) => {
                    let found = first.hash;
                    let wrong = format!("node {url} begins with block {found}, the deployment's chain with {genesis}");
                    return Err(Error::Chain { wrong });
                }
                Err(failure) => silent.push(format!("{url}: {failure}")),
            }
        }
        if silent.len() >= self.nodes.len() { Err(Error::Nodes { said: silent.join("; ") }) } else { Ok(()) }
    }

    /// Number and time of the block under a tag, seconds since 1970.
    ///
    /// # Errors
    /// [`Error::Nodes`] when none answers.
    pub async fn head(&self, tag: &'static str) -> Result<(u64, u64), Error> {
        let block = self.tagged(tag).await?;
        Ok((block.header.number, block.header.timestamp))
    }

    /// The block under a tag: `finalized`, `latest`.
    pub(super) async fn tagged(&self, tag: &'static str) -> Result<Block, Error> {
        self.first(async |node| block(node, tag, None).await).await
    }

    /// The lowest block under a tag that a node gives: one that is ahead of the others decides nothing.
    pub(super) async fn lowest(&self, tag: &'static str) -> Result<Block, Error> {
        let mut lowest = self.tagged(tag).await?;
        for node in &self.nodes {
            if let Ok(found) = block(node, tag, None).await
                && found.header.number < lowest.header.number
            {
                lowest = found;
            }
        }
        Ok(lowest)
    }

    /// A block by its number.
    pub(super) async fn numbered(&self, number: u64) -> Result<Block, Error> {
        let tag = format!("{number:#x}");
        self.first(async |node| block(node, &tag, Some(number)).await).await
    }

    /// The proven logs of a block.
    pub(super) async fn logs(
        &self,
        of: &Block,
        is_ours: impl Fn(&Address) -> bool + Copy,
    ) -> Result<Vec<ProvenLog>, Error> {
        self.first(async |node| {
            let receipts: Option<Vec<AnyTransactionReceipt>> = ask(node, "eth_getBlockReceipts", (of.hash,)).await?;
            let receipts = receipts.ok_or_else(|| Failure::Missing(of.hash.to_string()))?;
            let raw = async |index: usize| {
                let at = U64::from(index);
                ask::<_, Option<Bytes>>(node, "eth_getRawTransactionByBlockHashAndIndex", (of.hash, at)).await
            };
            let answers: Vec<_> =
                futures::stream::iter(0..receipts.len()).map(raw).buffered(QUESTIONS_MAX).collect().await;
            let mut transactions = Vec::with_capacity(answers.len());
            for answer in answers {
                transactions.push(answer?.ok_or_else(|| Failure::Missing(of.hash.to_string()))?);
            }
            Ok(of.logs(&receipts, &transactions, is_ours)?)
        })
        .await
    }

    /// Every node that knows the block says the same of it.
    ///
    /// # Errors
    /// [`Error::Chain`] with both hashes when two contradict each other.
    pub(super) async fn agree_on(&self, known: &Block) -> Result<(), Error> {
        let number = known.header.number;
        for node in &self.nodes {
            let url = &node.url;
            match block(node, &format!("{number:#x}"), Some(number)).await {
                Ok(found) if found.hash != known.hash => {
                    let (known, found) = (known.hash, found.hash);
                    let wrong = format!("nodes contradict each other: block {number} is {known}, {url} says {found}");
                    return Err(Error::Chain { wrong });
                }
                // Whoever is behind, or silent, says nothing against it.
                Ok(_) | Err(_) => {}
            }
        }
        Ok(())
    }

    async fn first<T>(&self, question: impl AsyncFn(&Node) -> Result<T, Failure>) -> Result<T, Error> {
        let (mut said, mut lied) = (Vec::new(), false);
        for node in &self.nodes {
            let url = &node.url;
            match question(node).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => {
                    lied |= matches!(failure, Failure::Disbelief(_));
                    said.push(format!("{url}: {failure}"));
                }
            }
        }
        let said = said.join("; ");
        Err(if lied { Error::Chain { wrong: said } } else { Error::Nodes { said } })
    }
}

async fn block(node: &Node, tag: &str, asked: Option<u64>) -> Result<Block, Failure> {
    let found: Option<Block> = ask(node, "eth_getBlockByNumber", (tag.to_owned(), false)).await?;
    let found = found.ok_or_else(|| Failure::Missing(tag.to_owned()))?;
    found.check(asked.unwrap_or(found.header.number))?;
    Ok(found)
}

/// An answer in time; a node that is busy is asked again, later each time, never in step with others.
async fn ask<P: RpcSend + Clone, R: RpcRecv>(node: &Node, method: &'static str, parameters: P) -> Result<R, Failure> {
    let once = || async {
        if let Some(rate) = &node.rate {
            rate.until_ready().await;
        }
        let question = node.provider.raw_request::<P, R>(Cow::Borrowed(method), parameters.clone());
        match tokio::time::timeout(ANSWER_MAX, question).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(Failure::Silent(format!("{method}: {error}"))),
            Err(_) => Err(Failure::Silent(format!("{method}: no answer in {} s", ANSWER_MAX.as_secs()))),
        }
    };
    let delays = ExponentialBuilder::default().with_jitter().with_max_times(TRIES - 1);
    once.retry(delays.with_min_delay(Duration::from_millis(200))).await
}
