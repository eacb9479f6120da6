//! The rows of one settled epoch: what an explanation is made of.

use crate::failure::{Mismatch, NotReady};
use anyhow::{Context, Result, bail};
use pipeline::documents::{Manifest, hash_of};
use pipeline::jobs::{Books, raw_ranges, settled};
use pipeline::rules::CURRENT;
use pipeline::rules::rules_0001::registry::RegistryRows;
use std::collections::BTreeMap;
use warehouse::query::Label;
use warehouse::tables::{
    Allocation, Attribution, Charge, Copy, Division, LedgerEntry, Payout, Pending, RawChainEvent, RawReceipt,
};
use warehouse::types::{Address, Epoch, Hash, Topic};
use warehouse::{OffsetRange, Slice};

/// The rows of one settled epoch.
pub struct Settlement {
    /// The epoch.
    pub epoch: Epoch,
    /// What was settled, with every table's digest.
    pub manifest: Manifest,
    /// The manifest's hash.
    pub manifest_hash: Hash,
    /// Names of accounts.
    pub labels: Vec<Label>,
    /// What existed and what bound.
    pub registry: RegistryRows,
    /// Every receipt occurrence, charged or refused.
    pub charges: Vec<Charge>,
    /// Items that are copies.
    pub copies: Vec<Copy>,
    /// Weights of charged receipts.
    pub attributions: Vec<Attribution>,
    /// Division of each charged receipt's fee, in the order of receipts' ids.
    pub allocations: Vec<Allocation>,
    /// What was summed over the epoch and divided once.
    pub divisions: Vec<Division>,
    /// Every movement.
    pub ledger: Vec<LedgerEntry>,
    /// Every account with a positive cumulative.
    pub payouts: Vec<Payout>,
    /// Orders and debts that wait.
    pub pending: Vec<Pending>,
}

impl Settlement {
    /// Reads the rows of a settled epoch.
    ///
    /// # Errors
    /// [`NotReady`] when the epoch is not settled; [`Mismatch`] when its manifest does not have the stored hash.
    pub async fn load(books: &Books, labels: Vec<Label>, epoch: Epoch) -> Result<Self> {
        let Some(row) = settled(books, epoch).await? else {
            bail!(NotReady(format!("epoch {epoch} is not settled; run `openbooks epoch run --epoch {epoch}`")));
        };
        if row.rule_set != CURRENT {
            bail!(NotReady(format!(
                "epoch {epoch} was settled under rule set {}, which is not known here",
                row.rule_set
            )));
        }
        let manifest: Manifest = serde_json::from_str(&row.document).context("the stored manifest is unreadable")?;
        let manifest_hash = hash_of(&manifest);
        if row.manifest_hash != Some(manifest_hash) {
            bail!(Mismatch(format!("epochs: the manifest of epoch {epoch} does not have the stored hash")));
        }
        let (from, slice) = (&books.warehouse, Slice::Epoch(epoch, row.attempt));
        let registry = RegistryRows {
            datanets: from.read(slice).await?,
            datanet_versions: from.read(slice).await?,
            contributions: from.read(slice).await?,
            validations: from.read(slice).await?,
            models: from.read(slice).await?,
            adapters: from.read(slice).await?,
            operators: from.read(slice).await?,
            keys: from.read(slice).await?,
            stakes: from.read(slice).await?,
            splits: from.read(slice).await?,
            flows: from.read(slice).await?,
        };
        let mut allocations: Vec<Allocation> = from.read(slice).await?;
        allocations.sort_by_key(|row| row.receipt);
        Ok(Self {
            epoch,
            manifest,
            manifest_hash,
            labels,
            registry,
            charges: from.read(slice).await?,
            copies: from.read(slice).await?,
            attributions: from.read(slice).await?,
            allocations,
            divisions: from.read(slice).await?,
            ledger: from.read(slice).await?,
            payouts: from.read(slice).await?,
            pending: from.read(slice).await?,
        })
    }

    /// The account's payout; `None` when nothing was ever credited to it.
    pub fn payout(&self, account: Address) -> Option<&Payout> {
        self.payouts.iter().find(|payout| payout.account == account)
    }

    /// How many chain events up to the cutoff name an account, by the events' names.
    ///
    /// # Errors
    /// When the raw events cannot be read.
    pub async fn events_naming(&self, books: &Books, account: Address) -> Result<BTreeMap<String, usize>> {
        let ranges = self.manifest.inputs.ranges().context("the manifest names no valid ranges")?;
        let mut ranges = raw_ranges(&ranges);
        ranges.retain(|range| range.topic == Topic::ChainEvents);
        let place = |row: &RawChainEvent| (row.topic, row.partition, row.offset);
        let events: Vec<RawChainEvent> = books.warehouse.read_ranges(&ranges, place).await?;
        // An address is a word of its own wherever an event holds one, indexed or not.
        let word = account.into_word();
        let mut named = BTreeMap::new();
        for event in events {
            let indexed = event.topics.contains(&word);
            if indexed || event.data.chunks(word.len()).any(|data| data == word.as_slice()) {
                *named.entry(event.event).or_default() += 1;
            }
        }
        Ok(named)
    }

    /// The receipt as its operator sent it.
    ///
    /// # Errors
    /// [`Mismatch`] when the raw tables hold no row at the place that `charges` names.
    pub async fn raw_receipt(&self, books: &Books, charge: &Charge) -> Result<RawReceipt> {
        let (topic, partition, offset) = (charge.topic, charge.partition, charge.offset);
        let here = OffsetRange { topic, partition, from: offset, to: offset };
        let rows: Vec<RawReceipt> =
            books.warehouse.read_ranges(&[here], |row: &RawReceipt| (row.topic, row.partition, row.offset)).await?;
        let found = rows.into_iter().find(|row| row.index == charge.index && row.receipt == charge.receipt);
        found.ok_or_else(|| Mismatch(format!("raw_receipts: receipt {} is missing", charge.receipt)).into())
    }
}
