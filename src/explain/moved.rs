//! What was returned, corrected and withheld: ledger entries of the account, with the reasons that were given.

use super::explainer::Explainer;
use super::text::open;
use super::tree::Node;
use warehouse::tables::flows::FlowKind;
use warehouse::tables::pending::PendingKind;
use warehouse::tables::{Flow, LedgerEntry};
use warehouse::types::{Account, Address, Amount, DatanetId, Reason, SourceId};

impl Explainer<'_> {
    /// Refunds and unstakes.
    pub(super) fn returned(&self) -> Node {
        let parts = self.credited(|entry| match entry.reason {
            Reason::Refund => Some(format!("refund of the deposit for {}", self.operator_name(entry.source))),
            Reason::Unstake => Some(format!("stake taken out of {}", self.operator_name(entry.source))),
            _ => None,
        });
        Node::parts("returned", "returned", self.payout().returned, parts)
    }

    /// Corrections and assignments.
    pub(super) fn corrected(&self) -> Node {
        let parts = self.credited(|entry| match entry.reason {
            Reason::Correction => Some(format!("correction from the reserve{}", self.reason_of(entry.source))),
            Reason::Assignment => {
                let datanet = DatanetId(entry.source.0);
                let here = |flow: &&Flow| {
                    flow.kind == FlowKind::Assignment && flow.datanet == Some(datanet) && flow.party == self.account
                };
                let note = said(self.settlement.registry.flows.iter().filter(here));
                Some(format!("assignment of what {} left unattributed{note}", self.names.datanet(datanet)))
            }
            _ => None,
        });
        Node::parts("corrected", "corrected", self.payout().corrected, parts)
    }

    /// What was kept back for debts, and what is still owed.
    pub(super) fn withheld(&self) -> Node {
        let account = Account::address(self.account);
        let rows = self.settlement.ledger.iter();
        let kept = rows.filter(|entry| entry.reason == Reason::Withholding && entry.debit_account == account);
        let parts = kept.map(|entry| {
            let label = format!("kept back for the reserve, correction{}", self.reason_of(entry.source));
            Node::leaf("withholding", label, entry.amount).with("source", entry.source)
        });
        let owed = self.owed();
        let owed = if owed.is_zero() { String::new() } else { format!(", {} still owed", open(owed)) };
        Node::parts("withheld", format!("withheld{owed}"), self.payout().withheld, parts.collect()).taken_away()
    }

    /// What the account still owes the reserve.
    pub(super) fn owed(&self) -> Amount {
        let rows = self.settlement.pending.iter();
        let debts = rows.filter(|row| row.kind == PendingKind::Debt && row.account == self.account);
        Amount::sum(debts.map(|row| row.amount)).unwrap_or(Amount::MAX)
    }

    fn credited(&self, label: impl Fn(&LedgerEntry) -> Option<String>) -> Vec<Node> {
        let account = Account::address(self.account);
        let rows = self.settlement.ledger.iter().filter(|entry| entry.credit_account == account);
        let nodes = rows.filter_map(|entry| {
            let node = Node::leaf(entry.reason.name(), label(entry)?, entry.amount);
            Some(node.with("source", entry.source))
        });
        nodes.collect()
    }

    fn operator_name(&self, source: SourceId) -> String {
        self.names.account(Address::from_word(source.0))
    }

    /// The reason of a correction, if it was ordered in this epoch.
    pub(super) fn reason_of(&self, correction: SourceId) -> String {
        let rows = self.settlement.registry.flows.iter();
        let ordered: Vec<&Flow> = rows.filter(|flow| flow.reference.is_some_and(|id| id.0 == correction.0)).collect();
        if ordered.is_empty() { " (ordered in an earlier epoch)".to_owned() } else { said(ordered.into_iter()) }
    }
}

/// The notes of some flows: `: “a”; “b”`.
fn said<'f>(flows: impl Iterator<Item = &'f Flow>) -> String {
    let notes: Vec<String> =
        flows.filter(|flow| !flow.note.is_empty()).map(|flow| format!("“{}”", flow.note)).collect();
    if notes.is_empty() { String::new() } else { format!(": {}", notes.join("; ")) }
}
