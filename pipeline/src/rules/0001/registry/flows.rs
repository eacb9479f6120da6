//! Money events of the epoch's own chain range, in chain order.

use super::At;
use alloy::primitives::{B256, U256};
use warehouse::chain_events::{SplitEvent, VaultEvent};
use warehouse::tables::Flow;
use warehouse::tables::flows::FlowKind;
use warehouse::types::{Address, Amount, DatanetId, Epoch, Hash};

/// The fold's state.
#[derive(Default)]
pub struct Flows {
    rows: Vec<Flow>,
}

/// An amount of the chain.
///
/// # Errors
/// When it is above 10^38 - 1, which no table can hold.
pub(super) fn amount(units: U256) -> Result<Amount, String> {
    u128::try_from(units).ok().and_then(Amount::new).ok_or_else(|| format!("{units} is above every amount"))
}

impl Flows {
    /// Applies an event of the vault.
    ///
    /// # Errors
    /// When an amount is none.
    pub fn apply_vault(&mut self, epoch: Epoch, at: At, event: &VaultEvent) -> Result<(), String> {
        let row = |kind, party, units| flow(epoch, at, kind, party, units);
        let row = match event {
            VaultEvent::Deposited(e) => {
                Flow { operator: Some(e.operator), ..row(FlowKind::Deposit, e.payer, e.amount)? }
            }
            VaultEvent::Staked(e) => Flow { operator: Some(e.operator), ..row(FlowKind::Stake, e.staker, e.amount)? },
            VaultEvent::IncentiveDeposited(e) => Flow {
                datanet: Some(DatanetId(e.datanet)),
                reference: Some(Hash(e.campaign)),
                ..row(FlowKind::Incentive, e.funder, e.amount)?
            },
            VaultEvent::TrainingPaid(e) => {
                Flow { reference: Some(Hash(e.run)), ..row(FlowKind::Training, e.payer, e.amount)? }
            }
            VaultEvent::BondForfeited(e) => row(FlowKind::ForfeitedBond, e.from, e.amount)?,
            VaultEvent::Slashed(e) => {
                Flow { operator: Some(e.operator), note: e.reason.clone(), ..row(FlowKind::Slash, e.staker, e.amount)? }
            }
            VaultEvent::RefundRequested(e) => {
                Flow { operator: Some(e.operator), ..row(FlowKind::Refund, e.payer, e.amount)? }
            }
            VaultEvent::UnstakeRequested(e) => {
                Flow { operator: Some(e.operator), ..row(FlowKind::Unstake, e.staker, e.amount)? }
            }
            _ => return Ok(()),
        };
        self.push(at, row);
        Ok(())
    }

    /// Applies an event of the split registry.
    ///
    /// # Errors
    /// When an amount is none.
    pub fn apply_split(&mut self, epoch: Epoch, at: At, event: &SplitEvent) -> Result<(), String> {
        let ordered =
            |id: B256, note: &str, row: Flow| Flow { reference: Some(Hash(id)), note: note.to_owned(), ..row };
        let row = match event {
            SplitEvent::CorrectionOrdered(e) => {
                let row = flow(epoch, at, FlowKind::Correction, e.wronged, e.amount)?;
                let overpaid = (!e.overpaid.is_zero()).then_some(e.overpaid);
                Flow { overpaid, ..ordered(e.correction, &e.reason, row) }
            }
            SplitEvent::UnattributedAssigned(e) => {
                let row = flow(epoch, at, FlowKind::Assignment, e.account, e.amount)?;
                Flow { datanet: Some(DatanetId(e.datanet)), ..ordered(e.assignment, &e.reason, row) }
            }
            SplitEvent::SplitSet(_) => return Ok(()),
        };
        self.push(at, row);
        Ok(())
    }

    fn push(&mut self, at: At, row: Flow) {
        if at.in_range {
            self.rows.push(row);
        }
    }

    /// The table's rows, in chain order.
    pub fn rows(self) -> Vec<Flow> {
        self.rows
    }
}

fn flow(epoch: Epoch, at: At, kind: FlowKind, party: Address, units: U256) -> Result<Flow, String> {
    Ok(Flow {
        epoch,
        block: at.block,
        log: at.log,
        at: at.time,
        kind,
        party,
        operator: None,
        overpaid: None,
        datanet: None,
        reference: None,
        amount: amount(units)?,
        note: String::new(),
    })
}
