//! One account of one settled epoch, with what every part of an explanation looks up.

use super::names::Names;
use super::settlement::Settlement;
use super::text::{count, open};
use super::tree::Node;
use crate::failure::Mismatch;
use anyhow::Result;
use pipeline::jobs::Books;
use pipeline::rules::rules_0001::roles::Division;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use warehouse::tables::{Allocation, Payout};
use warehouse::types::{AdapterId, Address, Amount, ModelVersionId};

/// One account of one settled epoch.
pub struct Explainer<'a> {
    /// The account.
    pub account: Address,
    /// Receipts shown under each part; 0: all.
    pub receipts_max: usize,
    pub(super) settlement: &'a Settlement,
    pub(super) division: Division<'a>,
    pub(super) names: Names<'a>,
    /// Chain events that name the account, by their name; looked for only when no table does.
    pub(super) events: BTreeMap<String, usize>,
}

/// What one receipt gave, and how it came about.
pub(super) struct Given<'a> {
    pub(super) allocation: &'a Allocation,
    pub(super) amount: Amount,
    /// For people, behind the fee; may be empty.
    pub(super) how: String,
    /// For programs.
    pub(super) facts: Vec<(&'static str, String)>,
}

impl<'a> Given<'a> {
    /// What a receipt gave by itself.
    pub(super) fn of(allocation: &'a Allocation, amount: Amount) -> Self {
        Self { allocation, amount, how: String::new(), facts: Vec::new() }
    }
}

impl<'a> Explainer<'a> {
    /// Prepares the look-ups.
    pub fn new(settlement: &'a Settlement, account: Address, receipts_max: usize) -> Self {
        let division = Division::new(&settlement.registry);
        Self { account, receipts_max, settlement, division, names: Names::new(settlement), events: BTreeMap::new() }
    }

    /// Looks for chain events that name an account which no table of the epoch does.
    ///
    /// # Errors
    /// When the raw events cannot be read.
    pub async fn look_for_events(&mut self, books: &Books) -> Result<()> {
        if self.settlement.payout(self.account).is_none() && self.capacities().is_empty() {
            self.events = self.settlement.events_naming(books, self.account).await?;
        }
        Ok(())
    }

    /// The account's payout; nothing of everything when it has none.
    pub(super) fn payout(&self) -> Payout {
        let none = || Payout {
            epoch: self.settlement.epoch,
            account: self.account,
            earned: Amount::ZERO,
            returned: Amount::ZERO,
            corrected: Amount::ZERO,
            withheld: Amount::ZERO,
            amount: Amount::ZERO,
            cumulative: Amount::ZERO,
        };
        self.settlement.payout(self.account).cloned().unwrap_or_else(none)
    }

    /// One node for each model version and adapter, and under it its receipts; the largest first.
    ///
    /// # Errors
    /// When a sum exceeds every amount.
    pub(super) fn by_model(&self, given: Vec<Given>) -> Result<Vec<Node>, Mismatch> {
        let mut groups: BTreeMap<(ModelVersionId, Option<AdapterId>), Vec<Given>> = BTreeMap::new();
        for given in given {
            let key = (given.allocation.model_version, given.allocation.adapter);
            groups.entry(key).or_default().push(given);
        }
        let mut models = Vec::with_capacity(groups.len());
        for ((version, adapter), given) in groups {
            let parts = self.receipts(given)?;
            let mut node =
                Node::sum("model", self.names.serving(version, adapter), parts)?.with("model_version", version);
            if let Some(adapter) = adapter {
                node = node.with("adapter", adapter);
            }
            if !node.amount.is_zero() {
                models.push(node);
            }
        }
        models.sort_by_key(|node| Reverse(node.amount));
        Ok(models)
    }

    /// One node for each receipt that gave something, the largest first; beyond the bound, one for all others.
    ///
    /// # Errors
    /// When their sum exceeds every amount.
    pub(super) fn receipts(&self, mut given: Vec<Given>) -> Result<Vec<Node>, Mismatch> {
        given.retain(|given| !given.amount.is_zero());
        given.sort_by_key(|given| (Reverse(given.amount), given.allocation.receipt));
        let shown = if self.receipts_max == 0 { given.len() } else { self.receipts_max.min(given.len()) };
        let others = given.split_off(shown);
        let mut nodes: Vec<Node> = given.into_iter().map(|given| self.receipt_node(given)).collect();
        if !others.is_empty() {
            let sum = Amount::sum(others.iter().map(|given| given.amount));
            let sum = sum.ok_or_else(|| Mismatch("the receipts of an account exceed every amount".into()))?;
            let label = count(others.len(), "more receipt");
            nodes.push(Node::leaf("more_receipts", label, sum).with("receipts", others.len()));
        }
        Ok(nodes)
    }

    fn receipt_node(&self, given: Given) -> Node {
        let Given { allocation, amount, how, facts } = given;
        let label = format!("{}, fee {}{how}", self.names.receipt(allocation.receipt), open(allocation.fee));
        let mut node =
            Node::leaf("receipt", label, amount).with("receipt", allocation.receipt).with("fee", allocation.fee);
        node.facts.extend(facts);
        node
    }
}
