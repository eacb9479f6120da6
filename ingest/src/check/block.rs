//! Blocks: the logs of our contracts, in the order of their log index.

use super::{LOGS_MAX, Place, Refusal, fields};
use crate::network::Network;
use crate::rows::RawRows;
use crate::wire::chain_events::v1::{Block, Log};
use alloy::primitives::B256;
use bytes::Bytes;
use prost::DecodeError;
use warehouse::chain_events::ChainEvent;
use warehouse::tables::RawChainEvent;
use warehouse::tables::quarantine::QuarantineReason;
use warehouse::tables::raw_log::RecordKind;
use warehouse::types::{Hash, Time};

/// Field numbers of `ChainRecord` and `Block`.
const BLOCK: u32 = 1;
const CLOSE: u32 = 2;
const LOGS: u32 = 4;

/// The rows of a block. A log that cannot be accepted is refused by itself. `value` is the whole record.
pub(super) fn accept(network: &Network, place: Place, value: &Bytes, block: &Block) -> Result<RawRows, Refusal> {
    let header = Header {
        number: fields::number(block.number, "the block's number is out of bounds")?,
        hash: fields::id(&block.hash, "the block's hash is not 32 bytes").map(Hash)?,
        time: time(block.timestamp)?,
    };
    if block.logs.is_empty() {
        return Err(Refusal::malformed("the block has no logs"));
    }
    if block.logs.len() > LOGS_MAX {
        return Err(Refusal::malformed("the block has too many logs"));
    }
    if !block.logs.is_sorted_by(|a, b| a.log_index < b.log_index) {
        return Err(Refusal::malformed("the log indexes do not ascend"));
    }
    let mut rows = RawRows { log: vec![place.log(RecordKind::Events, header.hash)], ..RawRows::default() };
    let mut refused = Vec::new();
    for (index, log) in (0..).zip(&block.logs) {
        match event(network, place, &header, index, log) {
            Ok(event) => rows.events.push(event),
            Err(refusal) => refused.push((index, refusal)),
        }
    }
    if !refused.is_empty() {
        let sent = sent(value).map_err(|_| Refusal::undecodable("the record"))?;
        rows.quarantined = place.parts(&refused, &sent);
    }
    Ok(rows)
}

/// The block's logs as received. Of several bodies in a record the last counts; blocks behind each other are one.
fn sent(value: &Bytes) -> Result<Vec<Bytes>, DecodeError> {
    let (mut logs, mut blocks) = (Vec::new(), Vec::new());
    fields::visit(value, |tag, body| match tag {
        BLOCK => blocks.push(body),
        CLOSE => blocks.clear(),
        _ => {}
    })?;
    for block in &blocks {
        fields::visit(block, |tag, body| logs.extend((tag == LOGS).then_some(body)))?;
    }
    Ok(logs)
}

struct Header {
    number: u64,
    hash: Hash,
    time: Time,
}

fn time(seconds: u64) -> Result<Time, Refusal> {
    let wrong = "the block's time is out of bounds";
    let us = i64::try_from(seconds).ok().and_then(|seconds| seconds.checked_mul(1_000_000));
    us.ok_or(Refusal::malformed(wrong)).and_then(|us| fields::time(us, wrong))
}

fn event(network: &Network, place: Place, block: &Header, index: u32, log: &Log) -> Result<RawChainEvent, Refusal> {
    let address = fields::address(&log.address, "the log's address is not 20 bytes")?;
    if !(1..=4).contains(&log.topics.len()) {
        return Err(Refusal::malformed("the log has not one to four topics"));
    }
    let topics: Vec<B256> =
        log.topics.iter().map(|topic| fields::id(topic, "a topic is not 32 bytes")).collect::<Result<_, _>>()?;
    let transaction_hash = fields::id(&log.transaction_hash, "the transaction's hash is not 32 bytes").map(Hash)?;
    let contract = *network.contracts.get(&address).ok_or(Refusal {
        reason: QuarantineReason::UnknownContract,
        detail: "the address is no contract of the network",
    })?;
    let (_, name) = ChainEvent::decode(contract, &topics, &log.data).map_err(|_| Refusal {
        reason: QuarantineReason::UnknownEvent,
        detail: "the log is no event of its contract",
    })?;
    Ok(RawChainEvent {
        topic: place.topic,
        partition: place.partition,
        offset: place.offset,
        index,
        taken_at: place.taken_at,
        block_number: block.number,
        block_hash: block.hash,
        block_time: block.time,
        log_index: log.log_index,
        transaction_hash,
        address,
        event: name.to_owned(),
        topics,
        data: log.data.to_vec(),
    })
}
