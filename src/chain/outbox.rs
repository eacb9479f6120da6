//! The outbox: each transaction is written down before it is sent, with its nonce and the exact call. Whoever comes
//! later (after a crash, or at the same time) finds it and carries it to its end.

use super::Chain;
use alloy::primitives::{Address, B256, Bytes};
use anyhow::Result;
use pipeline::jobs::Books;
use std::collections::{BTreeMap, HashMap};
use warehouse::tables::OutboxRow;
use warehouse::tables::outbox::{OutboxStep, Purpose};
use warehouse::types::{Attempt, Epoch, Hash, Time};
use warehouse::{Slice, Txn};

/// A call that is to be made once.
#[derive(Clone, Debug)]
pub struct Call {
    /// What it is for.
    pub purpose: Purpose,
    /// The epoch that it concerns.
    pub epoch: Epoch,
    /// The attempt that it concerns.
    pub attempt: Attempt,
    /// The contract.
    pub to: Address,
    /// The exact call.
    pub calldata: Bytes,
}

impl Call {
    /// Whether the plan is for this very call.
    pub fn is_planned_in(&self, plan: &OutboxRow) -> bool {
        (plan.purpose, plan.epoch, plan.attempt, plan.to) == (self.purpose, self.epoch, self.attempt, self.to)
            && (self.purpose != Purpose::Claim || plan.calldata == self.calldata)
    }
}

/// A transaction from its last plan on, step by step.
#[derive(Clone, Debug)]
pub struct Entry {
    rows: Vec<OutboxRow>,
}

impl Entry {
    /// Its plan.
    pub fn plan(&self) -> &OutboxRow {
        &self.rows[0]
    }

    /// Its last step.
    pub fn last(&self) -> &OutboxRow {
        &self.rows[self.rows.len() - 1]
    }

    /// Every transaction that may be mined for it, with what it offers.
    pub fn sent(&self) -> impl Iterator<Item = (B256, u128)> {
        self.rows
            .iter()
            .filter(|row| row.step == OutboxStep::Sent)
            .filter_map(|row| Some((row.transaction?.0, row.max_fee_wei?)))
    }
}

/// The table, and the clock that its rows are stamped with.
#[derive(Clone, Copy)]
pub struct Outbox<'a> {
    /// Where the table is.
    pub books: &'a Books,
}

impl Outbox<'_> {
    /// Every transaction that has not ended, oldest nonce first, of one sender.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn unfinished(&self, sender: Address) -> Result<Vec<Entry>> {
        let entries = self.entries().await?.into_values();
        Ok(entries.filter(|entry| entry.plan().sender == sender && !entry.last().step.is_end()).collect())
    }

    /// The last transaction for a call's purpose, epoch and attempt.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn last_of(&self, purpose: Purpose, epoch: Epoch, attempt: Attempt) -> Result<Option<Entry>> {
        let entries = self.entries().await?.into_values();
        let of_it = |entry: &Entry| {
            let plan = entry.plan();
            (plan.purpose, plan.epoch, plan.attempt) == (purpose, epoch, attempt)
        };
        Ok(entries.filter(of_it).max_by_key(|entry| entry.plan().written_at))
    }

    /// The entry as it is now.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn again(&self, entry: &Entry) -> Result<Entry> {
        let key = (entry.plan().sender, entry.plan().nonce);
        Ok(self.entries().await?.remove(&key).unwrap_or_else(|| entry.clone()))
    }

    async fn entries(&self) -> Result<BTreeMap<(Address, u64), Entry>> {
        let mut rows: Vec<OutboxRow> = self.books.warehouse.read(Slice::All).await?;
        rows.sort_by_key(|row| (row.sender, row.nonce, row.sequence));
        let mut entries: BTreeMap<(Address, u64), Entry> = BTreeMap::new();
        for row in rows {
            let entry = entries.entry((row.sender, row.nonce)).or_insert_with(|| Entry { rows: Vec::new() });
            if row.step == OutboxStep::Planned {
                entry.rows.clear();
            }
            entry.rows.push(row);
        }
        Ok(entries)
    }

    /// Plans a call under the sender's nonce; `None` when another process planned something meanwhile.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn plan(&self, chain: &Chain, sender: Address, nonce: u64, call: &Call) -> Result<Option<Entry>> {
        let rows: Vec<OutboxRow> = self.books.warehouse.read(Slice::All).await?;
        let last = rows.iter().filter(|row| (row.sender, row.nonce) == (sender, nonce)).max_by_key(|row| row.sequence);
        if last.is_some_and(|last| !last.step.is_end()) {
            return Ok(None);
        }
        let row = OutboxRow {
            sender,
            nonce,
            sequence: last.map_or(0, |last| last.sequence) + 1,
            step: OutboxStep::Planned,
            purpose: call.purpose,
            epoch: call.epoch,
            attempt: call.attempt,
            chain_id: chain.chain_id,
            to: call.to,
            calldata: call.calldata.to_vec(),
            transaction: None,
            max_fee_wei: None,
            block_number: None,
            written_at: now(),
        };
        Ok(self.append(row.clone()).await?.then(|| Entry { rows: vec![row] }))
    }

    /// Writes the next step; false when another process wrote one meanwhile.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn record(&self, entry: &mut Entry, step: OutboxStep, what: What) -> Result<bool> {
        let last = entry.last();
        let row = OutboxRow {
            sequence: last.sequence + 1,
            step,
            transaction: what.transaction.map(Hash),
            max_fee_wei: what.max_fee_wei,
            block_number: what.block_number,
            written_at: now(),
            ..last.clone()
        };
        let won = self.append(row.clone()).await?;
        if won {
            entry.rows.push(row);
        }
        Ok(won)
    }

    async fn append(&self, row: OutboxRow) -> Result<bool> {
        let txn = Txn {
            app: format!("outbox/{:#x}/{}", row.sender, row.nonce),
            expected: (row.sequence > 1).then(|| i64::from(row.sequence) - 1),
            version: i64::from(row.sequence),
        };
        match self.books.warehouse.append(&[row], Attempt(1), &[txn], HashMap::new()).await {
            Ok(_) => Ok(true),
            Err(warehouse::Error::Moved { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// What a step knows.
#[derive(Clone, Copy, Debug, Default)]
pub struct What {
    /// The transaction's hash.
    pub transaction: Option<B256>,
    /// The most wei a unit of gas that it offers.
    pub max_fee_wei: Option<u128>,
    /// The block that holds it.
    pub block_number: Option<u64>,
}

fn now() -> Time {
    Time(chrono::Utc::now().timestamp_micros())
}
