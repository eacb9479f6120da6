//! In what capacities an epoch's rows name an account: what to say of one that got nothing, and how to tell
//! one that got nothing from one that does not exist.

use super::explainer::Explainer;
use super::text::{count, open, refusals};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use warehouse::tables::Charge;
use warehouse::tables::charges::Outcome;
use warehouse::types::Amount;

/// A capacity in which an account is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// A word for programs, as `docs/cli-json.md` lists them.
    pub word: &'static str,
    /// The capacity and what came of it, for people.
    pub text: String,
}

impl Capacity {
    fn new(word: &'static str, text: impl Into<String>) -> Self {
        Self { word, text: text.into() }
    }

    /// Whether it is one of those that the reasons of each contribution say more about.
    pub fn is_of_contributions(&self) -> bool {
        matches!(self.word, "contributor" | "beneficiary")
    }

    /// The capacity as JSON.
    pub fn to_json(&self) -> Value {
        json!({ "capacity": self.word, "text": self.text })
    }
}

impl Explainer<'_> {
    /// Every capacity in which the epoch's rows name the account; none for an account that nothing names.
    pub(super) fn capacities(&self) -> Vec<Capacity> {
        let mut capacities = self.in_data();
        capacities.extend(self.in_models());
        capacities.extend(self.in_serving());
        capacities.extend(self.in_money());
        capacities.extend(self.events.iter().map(|(event, events)| {
            let text =
                format!("named by {}, which pays it nothing in this epoch", count(*events, &format!("{event} event")));
            Capacity::new("chain_event", text)
        }));
        capacities
    }

    /// Contributor, beneficiary, datanet owner, validator.
    fn in_data(&self) -> Vec<Capacity> {
        let (registry, me) = (&self.settlement.registry, self.account);
        let mut found = Vec::new();
        let given = registry.contributions.iter().filter(|row| row.contributor == me).count();
        if given > 0 {
            found.push(Capacity::new("contributor", format!("contributor of {}", count(given, "contribution"))));
        }
        let shared = registry
            .contributions
            .iter()
            .filter(|row| row.contributor != me && row.beneficiaries.iter().any(|other| other.account == me));
        let shared = shared.count();
        if shared > 0 {
            found.push(Capacity::new("beneficiary", format!("beneficiary of {}", count(shared, "contribution"))));
        }
        for row in registry.datanets.iter().filter(|row| row.owner == me) {
            found.push(Capacity::new("datanet_owner", format!("owner of the datanet {}", row.name)));
        }
        for row in registry.datanets.iter().filter(|row| row.validators.contains(&me)) {
            found.push(Capacity::new("validator", format!("validator of the datanet {}", row.name)));
        }
        let votes = registry.validations.iter().filter(|row| row.validator == me).count();
        if votes > 0 {
            found.push(Capacity::new("voter", format!("{} cast on contributions so far", count(votes, "vote"))));
        }
        found
    }

    /// Owner of a model or an adapter, with what became of their receipts.
    fn in_models(&self) -> Vec<Capacity> {
        let (registry, me) = (&self.settlement.registry, self.account);
        let models = registry.models.iter().filter(|row| row.owner == me).map(|row| {
            let receipts = self.receipts_that(|charge| charge.model_version == row.version);
            Capacity::new("model_owner", format!("owner of {}: {receipts}", self.names.model(row.version)))
        });
        let adapters = registry.adapters.iter().filter(|row| row.owner == me).map(|row| {
            let receipts = self.receipts_that(|charge| charge.adapter == Some(row.adapter));
            Capacity::new("adapter_owner", format!("owner of {}: {receipts}", self.names.adapter(row.adapter)))
        });
        models.chain(adapters).collect()
    }

    /// Operator, payer, staker, key.
    fn in_serving(&self) -> Vec<Capacity> {
        let (registry, me) = (&self.settlement.registry, self.account);
        let mut found = Vec::new();
        if registry.operators.iter().any(|row| row.operator == me) {
            let receipts = self.receipts_that(|charge| charge.operator == me);
            found.push(Capacity::new("operator", format!("operator: {receipts}")));
        }
        if self.settlement.charges.iter().any(|charge| charge.payer == me) {
            let receipts = self.receipts_that(|charge| charge.payer == me);
            found.push(Capacity::new("payer", format!("payer: {receipts}")));
        }
        for row in registry.stakes.iter().filter(|row| row.staker == me) {
            let operator = self.names.account(row.operator);
            let text = format!("staker: {} on {operator}, of which {} earns", open(row.staked), open(row.earning));
            found.push(Capacity::new("staker", text));
        }
        let keys: BTreeSet<_> =
            registry.keys.iter().filter(|row| row.key == me).map(|row| (row.kind, row.owner)).collect();
        for (kind, owner) in keys {
            found.push(Capacity::new("key", format!("{} key of {}", kind.word(), self.names.account(owner))));
        }
        found
    }

    /// Platform, party of money events, creditor or debtor of what waits.
    fn in_money(&self) -> Vec<Capacity> {
        let (registry, me) = (&self.settlement.registry, self.account);
        let mut found = Vec::new();
        if registry.splits.iter().any(|row| row.account == Some(me)) {
            found.push(Capacity::new("platform", "gets the platform's part of every fee"));
        }
        for row in registry.flows.iter().filter(|row| row.party == me || row.overpaid == Some(me)) {
            let kind = row.kind.word().replace('_', " ");
            found.push(Capacity::new("money_event", format!("{kind} of {} in this epoch", open(row.amount))));
        }
        for row in self.settlement.pending.iter().filter(|row| row.account == me) {
            let kind = row.kind.word();
            found.push(Capacity::new("pending", format!("a {kind} of {} waits", open(row.amount))));
        }
        found
    }

    /// `12 receipts charged, 0.1 OPEN; 3 refused: 2 beyond_spend, 1 lane_gap`
    fn receipts_that(&self, named: impl Fn(&Charge) -> bool) -> String {
        let (mut charged, mut fees, mut refused) = (0, Amount::ZERO, BTreeMap::new());
        for charge in self.settlement.charges.iter().filter(|charge| named(charge)) {
            if charge.outcome == Outcome::Charged {
                charged += 1;
                fees = fees.checked_add(charge.fee).unwrap_or(Amount::MAX);
            } else {
                *refused.entry(charge.outcome).or_default() += 1;
            }
        }
        let charged = match charged {
            0 => "no receipt charged".to_owned(),
            some => format!("{} charged, {} OPEN", count(some, "receipt"), open(fees)),
        };
        let all: usize = refused.values().sum();
        if all == 0 { charged } else { format!("{charged}; {all} refused: {}", refusals(&refused)) }
    }
}
