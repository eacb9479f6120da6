//! The explanation of an account: its totals, the tree of what it got, and why nothing where it got nothing.

use super::capacity::Capacity;
use super::explainer::Explainer;
use super::nothing::Nothing;
use super::text::{PLACES, grouped};
use super::tree::Node;
use crate::failure::NotReady;
use anyhow::{Result, bail};
use serde_json::{Value, json};
use std::fmt::Write;
use warehouse::tables::Payout;
use warehouse::types::Amount;

/// The explanation of an account.
pub struct Explained {
    payout: Payout,
    name: Option<String>,
    tree: Node,
    nothing: Vec<Nothing>,
    capacities: Vec<Capacity>,
}

impl Explainer<'_> {
    /// Stops at an account that nothing names up to the epoch's end.
    ///
    /// # Errors
    /// [`NotReady`].
    pub fn check_known(&self) -> Result<()> {
        let (account, epoch) = (self.account, self.settlement.epoch);
        if self.settlement.payout(account).is_none() && self.capacities().is_empty() {
            bail!(NotReady(format!(
                "account {account:#x} is unknown in epoch {epoch}: no event, payout or receipt names it; \
                 check the address, or name a later epoch"
            )));
        }
        Ok(())
    }

    /// Explains the account.
    ///
    /// # Errors
    /// [`NotReady`] for an account that nothing names; [`crate::failure::Mismatch`] when something does not add up.
    pub fn account(&self) -> Result<Explained> {
        self.check_known()?;
        let payout = self.payout();
        let mut parts = vec![self.earned()?, self.returned(), self.corrected(), self.withheld()];
        parts.retain(|part| !part.is_empty());
        let label = format!("{}, epoch {}", self.names.account(self.account), self.settlement.epoch);
        let tree = Node::parts("account", label, payout.amount, parts);
        tree.check()?;
        let mut capacities = if payout.amount.is_zero() { self.capacities() } else { Vec::new() };
        capacities.retain(|capacity| !capacity.is_of_contributions());
        let name = self.names.label(self.account).map(str::to_owned);
        Ok(Explained { payout, name, tree, nothing: self.nothing(), capacities })
    }
}

impl Explained {
    /// The explanation as JSON, as `docs/cli-json.md` describes it.
    pub fn to_json(&self) -> Value {
        let payout = &self.payout;
        json!({
            "account": format!("{:#x}", payout.account),
            "name": self.name,
            "epoch": payout.epoch.to_string(),
            "decimals": Amount::DECIMALS,
            "symbol": "OPEN",
            "amount": payout.amount.to_string(),
            "earned": payout.earned.to_string(),
            "returned": payout.returned.to_string(),
            "corrected": payout.corrected.to_string(),
            "withheld": payout.withheld.to_string(),
            "cumulative": payout.cumulative.to_string(),
            "tree": self.tree.to_json(),
            "nothing": self.nothing.iter().map(Nothing::to_json).collect::<Vec<_>>(),
            "capacities": self.capacities.iter().map(Capacity::to_json).collect::<Vec<_>>(),
        })
    }

    /// The explanation as text.
    pub fn to_text(&self) -> String {
        let payout = &self.payout;
        let name = self.name.as_deref().unwrap_or("no name");
        let mut text = format!("{name}  {:#x}  epoch {}\n\n", payout.account, payout.epoch);
        for (sign, what, amount) in [
            (' ', "earned", payout.earned),
            ('+', "returned", payout.returned),
            ('+', "corrected", payout.corrected),
            ('−', "withheld", payout.withheld),
            ('=', "amount", payout.amount),
            (' ', "cumulative", payout.cumulative),
        ] {
            let (open, units) = (amount.in_open(PLACES), grouped(amount));
            let _ = writeln!(text, "  {sign} {what:<10}{open:>20} OPEN{units:>34} base units");
        }
        if !self.tree.is_empty() {
            let _ = writeln!(text, "\n{}\n", self.tree.to_text(PLACES));
            let _ = writeln!(text, "OPEN, cut after {PLACES} decimals; base units add up exactly and were checked");
        }
        if !self.nothing.is_empty() {
            text.push_str("\nwhy nothing\n");
        }
        for nothing in &self.nothing {
            let _ = writeln!(text, "  {}\n    {}", nothing.label, nothing.text);
        }
        if !self.capacities.is_empty() {
            text.push_str("\nknown as\n");
        }
        for capacity in &self.capacities {
            let _ = writeln!(text, "  {}", capacity.text);
        }
        text
    }
}
