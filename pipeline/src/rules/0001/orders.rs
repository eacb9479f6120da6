//! The book of one settlement: balances, entries and credits; inflow, slashes, orders and withholding.

use std::collections::BTreeMap;
use warehouse::tables::flows::FlowKind;
use warehouse::tables::pending::PendingKind;
use warehouse::tables::{Balance, Flow, LedgerEntry, Payout, Pending};
use warehouse::types::{Account, AccountKind, Address, Amount, CampaignId, Epoch, Hash, Reason, RunId, SourceId};

/// Balances and entries of one settlement.
#[derive(Default)]
pub struct Book {
    balances: BTreeMap<Account, Amount>,
    entries: BTreeMap<(Account, Account, Reason, SourceId), Amount>,
    credits: BTreeMap<Address, Credits>,
}

/// What one address account got in one settlement.
#[derive(Clone, Copy, Debug, Default)]
struct Credits {
    earned: Amount,
    returned: Amount,
    corrected: Amount,
    withheld: Amount,
}

impl Credits {
    fn amount(&self) -> Option<Amount> {
        Amount::sum([self.earned, self.returned, self.corrected])?.checked_sub(self.withheld)
    }
}

impl Book {
    /// A book that begins with these balances.
    pub fn open(balances: &[Balance]) -> Self {
        Self { balances: balances.iter().map(|row| (row.account, row.amount)).collect(), ..Self::default() }
    }

    fn balance(&self, account: Account) -> Amount {
        self.balances.get(&account).copied().unwrap_or_default()
    }

    /// Posts an entry. Nothing is posted for an amount of zero.
    ///
    /// # Errors
    /// When the debited account does not cover it, or a sum exceeds every amount.
    pub fn post(
        &mut self,
        debit: Account,
        credit: Account,
        amount: Amount,
        reason: Reason,
        source: SourceId,
    ) -> Result<(), String> {
        if amount.is_zero() {
            return Ok(());
        }
        let above = || format!("{reason:?} to {credit} exceeds every amount");
        match debit.kind() {
            AccountKind::Outside | AccountKind::Address => {}
            _ => {
                let left = self.balance(debit).checked_sub(amount);
                let left = left.ok_or_else(|| format!("{debit} does not cover {amount} ({reason:?})"))?;
                self.balances.insert(debit, left);
            }
        }
        if let Some(address) = credit.as_address() {
            let credits = self.credits.entry(address).or_default();
            let total = match reason {
                Reason::Refund | Reason::Unstake => &mut credits.returned,
                Reason::Correction | Reason::Assignment => &mut credits.corrected,
                _ => &mut credits.earned,
            };
            *total = total.checked_add(amount).ok_or_else(above)?;
        } else {
            let balance = self.balance(credit).checked_add(amount).ok_or_else(above)?;
            self.balances.insert(credit, balance);
        }
        let entry = self.entries.entry((debit, credit, reason, source)).or_default();
        *entry = entry.checked_add(amount).ok_or_else(above)?;
        Ok(())
    }

    /// Posts what came in, and then the slashes, in chain order.
    ///
    /// # Errors
    /// As [`Book::post`].
    pub fn inflow_and_slashes(&mut self, flows: &[Flow]) -> Result<(), String> {
        for flow in flows {
            let operator = flow.operator.unwrap_or_default();
            let reference = flow.reference.unwrap_or_default().0;
            let (account, reason, source) = match flow.kind {
                FlowKind::Deposit => {
                    (Account::deposit(flow.party, operator), Reason::Deposit, SourceId::operator(operator))
                }
                FlowKind::Stake => (Account::stake(flow.party, operator), Reason::Stake, SourceId::operator(operator)),
                FlowKind::Incentive => {
                    let datanet = flow.datanet.unwrap_or_default();
                    (Account::incentive(CampaignId(reference)), Reason::Incentive, SourceId(datanet.0))
                }
                FlowKind::Training => (Account::training(RunId(reference)), Reason::Training, SourceId(reference)),
                FlowKind::ForfeitedBond => (Account::RESERVE, Reason::ForfeitedBond, SourceId::default()),
                FlowKind::Slash
                | FlowKind::Refund
                | FlowKind::Unstake
                | FlowKind::Correction
                | FlowKind::Assignment => {
                    continue;
                }
            };
            self.post(Account::OUTSIDE, account, flow.amount, reason, source)?;
        }
        for flow in flows.iter().filter(|flow| flow.kind == FlowKind::Slash) {
            let operator = flow.operator.unwrap_or_default();
            let stake = Account::stake(flow.party, operator);
            let taken = flow.amount.min(self.balance(stake));
            self.post(stake, Account::RESERVE, taken, Reason::Slash, SourceId::operator(operator))?;
        }
        Ok(())
    }

    /// Pays the orders in chain order as far as their sources are covered; gives what stays pending.
    ///
    /// # Errors
    /// As [`Book::post`].
    pub fn pay(&mut self, epoch: Epoch, mut orders: Vec<Pending>) -> Result<Vec<Pending>, String> {
        orders.sort_by_key(|order| (order.block, order.log, order.kind));
        let mut rests = Vec::new();
        for order in orders {
            let operator = order.operator.unwrap_or_default();
            let (source_account, reason, source) = match order.kind {
                PendingKind::Refund => {
                    (Account::deposit(order.account, operator), Reason::Refund, SourceId::operator(operator))
                }
                PendingKind::Unstake => {
                    (Account::stake(order.account, operator), Reason::Unstake, SourceId::operator(operator))
                }
                PendingKind::Correction => {
                    (Account::RESERVE, Reason::Correction, SourceId(order.reference.unwrap_or_default().0))
                }
                PendingKind::Assignment => {
                    let datanet = order.datanet.unwrap_or_default();
                    (Account::unattributed(datanet), Reason::Assignment, SourceId(datanet.0))
                }
                PendingKind::Debt => {
                    rests.push(order);
                    continue;
                }
            };
            let paid = order.amount.min(self.balance(source_account));
            self.post(source_account, Account::address(order.account), paid, reason, source)?;
            let rest = order.amount.checked_sub(paid).unwrap_or_default();
            rests.push(Pending { amount: rest, ..order });
        }
        rests.retain(|order| !order.amount.is_zero());
        rests.iter_mut().for_each(|order| order.epoch = epoch);
        Ok(rests)
    }

    /// Keeps back debts from this settlement's credits, in chain order; the pending debts become their rests.
    ///
    /// # Errors
    /// As [`Book::post`].
    pub fn withhold(&mut self, pending: &mut Vec<Pending>) -> Result<(), String> {
        pending.sort_by_key(|order| (order.block, order.log, order.kind));
        for debt in pending.iter_mut().filter(|order| order.kind == PendingKind::Debt) {
            let available = self.credits.get(&debt.account).and_then(Credits::amount).unwrap_or_default();
            let kept = debt.amount.min(available);
            if let Some(credits) = self.credits.get_mut(&debt.account) {
                credits.withheld = credits.withheld.checked_add(kept).ok_or("withheld exceeds every amount")?;
            }
            let source = SourceId(debt.reference.unwrap_or_default().0);
            self.post(Account::address(debt.account), Account::RESERVE, kept, Reason::Withholding, source)?;
            debt.amount = debt.amount.checked_sub(kept).unwrap_or_default();
        }
        pending.retain(|order| !order.amount.is_zero());
        Ok(())
    }

    /// Payouts, ledger and balances as they stand at the end.
    ///
    /// # Errors
    /// When a cumulative exceeds every amount.
    pub fn close(self, epoch: Epoch, before: &[Payout]) -> Result<Closed, String> {
        let mut cumulative: BTreeMap<Address, Amount> =
            before.iter().map(|payout| (payout.account, payout.cumulative)).collect();
        for account in self.credits.keys() {
            cumulative.entry(*account).or_default();
        }
        let mut payouts = Vec::with_capacity(cumulative.len());
        for (account, before) in cumulative {
            let credits = self.credits.get(&account).copied().unwrap_or_default();
            let amount = credits.amount().ok_or("an amount exceeds every amount")?;
            let cumulative = before.checked_add(amount).ok_or("a cumulative exceeds every amount")?;
            if !cumulative.is_zero() {
                let Credits { earned, returned, corrected, withheld } = credits;
                payouts.push(Payout { epoch, account, earned, returned, corrected, withheld, amount, cumulative });
            }
        }
        let ledger = self.entries.into_iter().map(|((debit_account, credit_account, reason, source), amount)| {
            LedgerEntry { epoch, debit_account, credit_account, amount, reason, source }
        });
        let balances = self.balances.into_iter().filter(|(_, amount)| !amount.is_zero());
        let balances = balances.map(|(account, amount)| Balance { epoch, account, amount });
        Ok(Closed { payouts, ledger: ledger.collect(), balances: balances.collect() })
    }
}

/// What a settlement leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed {
    /// Every account with a positive cumulative.
    pub payouts: Vec<Payout>,
    /// Every movement.
    pub ledger: Vec<LedgerEntry>,
    /// Accounts that are not addresses.
    pub balances: Vec<Balance>,
}

/// The orders and debts that an epoch's events make. Refunds and unstakes are paid one epoch later.
pub fn orders_of(epoch: Epoch, flows: &[Flow]) -> (Vec<Pending>, Vec<Pending>) {
    let mut now = Vec::new();
    let mut later = Vec::new();
    for flow in flows {
        let order = |kind, account, reference: Option<Hash>| Pending {
            epoch,
            block: flow.block,
            log: flow.log,
            kind,
            account,
            operator: flow.operator,
            datanet: flow.datanet,
            reference,
            amount: flow.amount,
        };
        match flow.kind {
            FlowKind::Refund => later.push(order(PendingKind::Refund, flow.party, None)),
            FlowKind::Unstake => later.push(order(PendingKind::Unstake, flow.party, None)),
            FlowKind::Assignment => now.push(order(PendingKind::Assignment, flow.party, flow.reference)),
            FlowKind::Correction => {
                if !flow.party.is_zero() {
                    now.push(order(PendingKind::Correction, flow.party, flow.reference));
                }
                if let Some(overpaid) = flow.overpaid {
                    now.push(order(PendingKind::Debt, overpaid, flow.reference));
                }
            }
            FlowKind::Deposit
            | FlowKind::Stake
            | FlowKind::Incentive
            | FlowKind::Training
            | FlowKind::ForfeitedBond
            | FlowKind::Slash => {}
        }
    }
    later.retain(|order| !order.amount.is_zero());
    (now, later)
}
