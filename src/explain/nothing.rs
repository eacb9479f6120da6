//! Why a contribution gave an account nothing: one reason each, the first that applies on the way from the
//! contribution to the money.

use super::explainer::Explainer;
use super::text::{count, grouped, list, open, refusals};
use alloy::primitives::B256;
use pipeline::rules::rules_0001::roles::{ADAPTER, BASE};
use pipeline::rules::rules_0001::scope::{Scope, scopes};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use warehouse::tables::charges::Outcome;
use warehouse::tables::contributions::ContributionState;
use warehouse::tables::{Charge, Contribution};
use warehouse::types::{AdapterId, ContributionId, ModelVersionId, Reason, ReceiptId};

/// Why a contribution gave nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nothing {
    /// The contribution.
    pub contribution: ContributionId,
    /// The reason as a word for programs, as `docs/cli-json.md` lists them.
    pub reason: &'static str,
    /// What the contribution is, for people.
    pub label: String,
    /// The reason for people.
    pub text: String,
}

impl Nothing {
    /// The reason as JSON.
    pub fn to_json(&self) -> Value {
        json!({
            "contribution": self.contribution.to_string(),
            "reason": self.reason,
            "label": self.label,
            "text": self.text,
        })
    }
}

/// Receipts that would have used a contribution.
struct Use {
    charged: Vec<(ReceiptId, u8)>,
    refused: BTreeMap<Outcome, usize>,
}

impl Explainer<'_> {
    /// The reasons for every contribution of the account that gave it nothing, in the order of their commitment.
    pub(super) fn nothing(&self) -> Vec<Nothing> {
        let registry = &self.settlement.registry;
        let mine = |row: &&Contribution| {
            row.contributor == self.account || row.beneficiaries.iter().any(|other| other.account == self.account)
        };
        let mut rows: Vec<&Contribution> = registry.contributions.iter().filter(mine).collect();
        rows.sort_by_key(|row| (row.commit_block, row.commit_log));
        let scopes = scopes(self.settlement.epoch, registry, &BTreeSet::new());
        let all_withheld =
            self.settlement.payout(self.account).is_some_and(|row| row.amount.is_zero() && !row.withheld.is_zero());
        let mut reasons = Vec::new();
        for row in rows {
            let (_, part) = self.contribution_earned(row.contribution);
            let (reason, text) = match (part.is_zero(), all_withheld) {
                (true, _) => self.reason(row, &scopes),
                (false, true) => ("withheld", format!("earned {}, all kept back{}", open(part), self.debts())),
                (false, false) => continue,
            };
            reasons.push(Nothing { contribution: row.contribution, reason, label: self.names.contribution(row), text });
        }
        reasons
    }

    fn reason(&self, row: &Contribution, scopes: &BTreeMap<B256, Scope>) -> (&'static str, String) {
        let (whole, _) = self.contribution_earned(row.contribution);
        if !whole.is_zero() {
            return self.went_to_others(row, &open(whole));
        }
        let mine: Vec<&Scope> =
            scopes.values().filter(|scope| scope.contributions.contains(&row.contribution)).collect();
        if let Some(reason) = self.never_entered(row, mine.is_empty()) {
            return reason;
        }
        if mine.is_empty() {
            return self.in_no_model(row);
        }
        let copies = self.copied(row, &mine);
        if copies.all {
            let all = count(usize::try_from(row.items).unwrap_or(usize::MAX), "item");
            return ("copies", format!("all {all} are copies of {}, committed earlier", copies.originals));
        }
        let models = list(&mine.iter().map(|scope| self.scope_name(scope.id)).collect::<Vec<_>>());
        let used = self.used(&mine);
        let refused: usize = used.refused.values().sum();
        if used.charged.is_empty() && refused == 0 {
            return ("unused", format!("no receipt used {models}"));
        }
        let refusals = refusals(&used.refused);
        if used.charged.is_empty() {
            let receipts = count(refused, "receipt");
            return (
                "receipts_refused",
                format!("{receipts} would have used {models} and all were refused: {refusals}"),
            );
        }
        let besides = if refused == 0 { String::new() } else { format!("; {refused} more were refused: {refusals}") };
        let besides = format!("{}{besides}", copies.some);
        let distinct: BTreeSet<ReceiptId> = used.charged.iter().map(|(receipt, _)| *receipt).collect();
        let receipts = count(distinct.len(), "charged receipt");
        let weighed = self.weighed(row, &used.charged);
        if weighed > 0 {
            let text = format!("above tau in {weighed} of {receipts}, but each fee left it less than one base unit");
            return ("below_one_base_unit", text);
        }
        let top: BTreeSet<String> = mine.iter().map(|scope| scope.influence.top_k.to_string()).collect();
        let top = list(&top.into_iter().collect::<Vec<_>>());
        ("never_above_tau", format!("never among the top {top} items above tau in {receipts} of {models}{besides}"))
    }

    /// The contribution earned, but nothing of it was for this account.
    fn went_to_others(&self, row: &Contribution, whole: &str) -> (&'static str, String) {
        if row.beneficiaries.iter().any(|other| other.account == self.account) {
            return (
                "below_one_base_unit",
                format!("earned {whole}, of which the account's part is below one base unit"),
            );
        }
        let others: Vec<String> = row.beneficiaries.iter().map(|other| self.names.account(other.account)).collect();
        ("not_a_beneficiary", format!("earned {whole} for its beneficiaries, {}; the account is none", list(&others)))
    }

    /// The contribution was not accepted, or is no more.
    fn never_entered(&self, row: &Contribution, in_no_scope: bool) -> Option<(&'static str, String)> {
        let votes = || self.settlement.registry.validations.iter().filter(|vote| vote.contribution == row.contribution);
        let against = votes().filter(|vote| !vote.accepted).count();
        match row.state {
            ContributionState::Submitted => {
                let quorum = self.names.datanet_row(row.datanet).map_or(0, |datanet| datanet.quorum);
                Some(("undecided", format!("not decided yet: {} of {quorum}", count(votes().count(), "vote"))))
            }
            ContributionState::Rejected => {
                Some(("rejected", format!("rejected: {against} of {} against it", count(votes().count(), "vote"))))
            }
            ContributionState::Withdrawn => {
                Some(("withdrawn", "withdrawn by its contributor before a decision".to_owned()))
            }
            ContributionState::Removed if in_no_scope => {
                Some(("removed", "removed: a challenge against it was upheld".to_owned()))
            }
            ContributionState::Accepted if row.items == 0 => {
                Some(("no_items", "accepted, but not one of its items".to_owned()))
            }
            ContributionState::Accepted | ContributionState::Removed => None,
        }
    }

    /// Accepted, but nothing that pays in this epoch was trained on it.
    fn in_no_model(&self, row: &Contribution) -> (&'static str, String) {
        let registry = &self.settlement.registry;
        let versions: BTreeSet<_> = registry
            .datanet_versions
            .iter()
            .filter(|version| version.contributions.contains(&row.contribution))
            .map(|version| version.version)
            .collect();
        let datanet = self.names.datanet(row.datanet);
        if versions.is_empty() {
            return ("in_no_version", format!("accepted, but in no version of {datanet} yet"));
        }
        let not_now = |from: u64, deprecated: bool| match (from > self.settlement.epoch.0, deprecated) {
            (true, _) => format!("which pays from epoch {from}"),
            (false, true) => "which is deprecated".to_owned(),
            (false, false) => "whose method the rule set does not settle".to_owned(),
        };
        let models = registry.models.iter().filter(|row| row.datanet_versions.iter().any(|id| versions.contains(id)));
        let models = models
            .map(|row| format!("{}, {}", self.names.model(row.version), not_now(row.pays_from.0, row.deprecated)));
        let adapters =
            registry.adapters.iter().filter(|row| row.datanet_versions.iter().any(|id| versions.contains(id)));
        let adapters = adapters
            .map(|row| format!("{}, {}", self.names.adapter(row.adapter), not_now(row.pays_from.0, row.deprecated)));
        let trained: Vec<String> = models.chain(adapters).collect();
        if trained.is_empty() {
            return (
                "in_no_model",
                format!("accepted, but no model version or adapter was trained on its version of {datanet}"),
            );
        }
        ("in_no_paying_model", format!("accepted, but used only by {}", trained.join("; ")))
    }

    /// How many of its items are copies in every one of these scopes.
    fn copied(&self, row: &Contribution, scopes: &[&Scope]) -> Copied {
        let rows = || self.settlement.copies.iter().filter(|copy| copy.contribution == row.contribution);
        let count_in = |scope: &&Scope| rows().filter(|copy| copy.scope == scope.id).count();
        let fewest = scopes.iter().map(count_in).min().unwrap_or_default();
        let originals: BTreeSet<ContributionId> = rows().map(|copy| copy.original_contribution).collect();
        let originals: Vec<String> = originals
            .into_iter()
            .filter_map(|id| self.names.contribution_row(id))
            .map(|original| {
                format!("{}'s in {}", self.names.account(original.contributor), self.names.datanet(original.datanet))
            })
            .collect();
        let originals = list(&originals);
        let items = u64::from(row.items);
        let some = if fewest == 0 {
            String::new()
        } else {
            format!("; {} of its {} items are copies of {originals}", grouped(fewest), grouped(items))
        };
        Copied { all: fewest as u64 >= items, originals, some }
    }

    /// The receipts of these scopes. An occurrence that was refused while another one was charged is none.
    fn used(&self, scopes: &[&Scope]) -> Use {
        let charged: BTreeSet<ReceiptId> = self.charged().map(|charge| charge.receipt).collect();
        let mut used = Use { charged: Vec::new(), refused: BTreeMap::new() };
        let mut refused = BTreeSet::new();
        for charge in &self.settlement.charges {
            let part = |(id, part): (Option<B256>, u8)| scopes.iter().any(|scope| Some(scope.id) == id).then_some(part);
            let parts = [(Some(charge.model_version.0), BASE), (charge.adapter.map(|id| id.0), ADAPTER)];
            let parts: Vec<u8> = parts.into_iter().filter_map(part).collect();
            if parts.is_empty() {
                continue;
            }
            if charge.outcome == Outcome::Charged {
                used.charged.extend(parts.into_iter().map(|part| (charge.receipt, part)));
            } else if !charged.contains(&charge.receipt) && refused.insert(charge.receipt) {
                *used.refused.entry(charge.outcome).or_default() += 1;
            }
        }
        used
    }

    /// Receipts in which the contribution had weight.
    fn weighed(&self, row: &Contribution, charged: &[(ReceiptId, u8)]) -> usize {
        let charged: BTreeSet<&(ReceiptId, u8)> = charged.iter().collect();
        let has_weight = |receipt: ReceiptId, weights: &[warehouse::tables::attributions::PartWeight]| {
            weights.iter().any(|weight| weight.number == row.number && charged.contains(&(receipt, weight.part)))
        };
        self.settlement.attributions.iter().filter(|row| has_weight(row.receipt, &row.weights)).count()
    }

    /// Every charged receipt.
    pub(super) fn charged(&self) -> impl Iterator<Item = &Charge> {
        self.settlement.charges.iter().filter(|charge| charge.outcome == Outcome::Charged)
    }

    /// For what the account's credits were kept back.
    fn debts(&self) -> String {
        let kept = self.settlement.ledger.iter().filter(|entry| {
            entry.reason == Reason::Withholding && entry.debit_account.as_address() == Some(self.account)
        });
        kept.map(|entry| format!(" for a correction{}", self.reason_of(entry.source))).collect::<Vec<_>>().join(",")
    }

    fn scope_name(&self, scope: B256) -> String {
        let adapter = AdapterId(scope);
        match self.division.adapter(adapter) {
            Some(_) => self.names.adapter(adapter),
            None => self.names.model(ModelVersionId(scope)),
        }
    }
}

/// Which of a contribution's items are copies.
struct Copied {
    all: bool,
    originals: String,
    some: String,
}
