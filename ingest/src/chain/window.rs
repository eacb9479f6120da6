//! The blocks above finality, as the chain has them now: for estimates only, never published, replaced as it
//! reorganises.

use super::nodes::Nodes;
use super::proof::{Block, ProvenLog};
use crate::error::Error;
use crate::network::Network;
use crate::wire::chain_events::v1::{Block as BlockRecord, Log};
use alloy::primitives::B256;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Most blocks that are held: what lies deeper without being final is left out.
const BLOCKS_MAX: u64 = 256;

/// Shared between the indexer and whoever asks.
#[derive(Clone, Debug, Default)]
pub struct Window(Arc<Mutex<VecDeque<BlockRecord>>>);

impl Window {
    /// The blocks with what of them is ours, in order.
    pub fn blocks(&self) -> Vec<BlockRecord> {
        self.held().iter().cloned().collect()
    }

    fn held(&self) -> MutexGuard<'_, VecDeque<BlockRecord>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Goes along with the chain, whose last final block is `end`: blocks that are final, or no longer there, are
    /// dropped, new ones are added. Where the chain moves meanwhile, the next look finds it.
    pub(super) async fn follow(&self, nodes: &Nodes, network: &Network, end: (u64, B256)) -> Result<(), Error> {
        let latest = nodes.tagged("latest").await?.header.number;
        let mut held = self.blocks();
        held.retain(|block| block.number > end.0 && block.number <= latest);
        while let Some(last) = held.last() {
            if nodes.numbered(last.number).await?.hash.as_slice() == &*last.hash {
                break;
            }
            held.pop();
        }
        let first = (end.0 + 1).max((latest + 1).saturating_sub(BLOCKS_MAX));
        held.retain(|block| block.number >= first);
        let next = held.last().map_or(first, |last| last.number + 1);
        for number in next..=latest {
            let block = nodes.numbered(number).await?;
            let before = held.last().map(|last| B256::from_slice(&last.hash));
            let before = before.or((number == end.0 + 1).then_some(end.1));
            if before.is_some_and(|before| before != block.header.parent_hash) {
                break;
            }
            let contracts = &network.contracts;
            let logs = match block.may_hold(contracts.keys()) {
                true => nodes.logs(&block, |address| contracts.contains_key(address)).await?,
                false => Vec::new(),
            };
            held.push(record_of(&block, logs));
        }
        *self.held() = held.into();
        Ok(())
    }
}

/// A block with what of it is ours, as it is published.
pub(super) fn record_of(block: &Block, logs: Vec<ProvenLog>) -> BlockRecord {
    let logs = logs.into_iter().map(|found| Log {
        log_index: found.index,
        address: found.log.address.to_vec().into(),
        topics: found.log.topics().iter().map(|topic| topic.to_vec().into()).collect(),
        data: found.log.data.data.to_vec().into(),
        transaction_hash: found.transaction.to_vec().into(),
    });
    BlockRecord {
        number: block.header.number,
        hash: block.hash.to_vec().into(),
        timestamp: block.header.timestamp,
        logs: logs.collect(),
    }
}
