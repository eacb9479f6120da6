//! Double entries for sums that are divided once: within a pot, debits and credits are equal and walked together.

use super::orders::Book;
use std::collections::BTreeMap;
use warehouse::types::{Account, Amount, Reason, Role, SourceId};

/// What a pot is for. Debits and credits are paired only inside one pot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pot {
    /// A role's share with the source to which it belongs.
    Role(Role, SourceId),
    /// What went unattributed in a datanet.
    Unattributed(SourceId),
}

/// Every pot of an epoch.
#[derive(Default)]
pub struct Pots {
    debits: BTreeMap<Pot, BTreeMap<Account, Amount>>,
    credits: BTreeMap<Pot, BTreeMap<(Account, SourceId), Amount>>,
}

fn add<K: Ord>(sums: &mut BTreeMap<K, Amount>, key: K, amount: Amount) -> Result<(), String> {
    if amount.is_zero() {
        return Ok(());
    }
    let sum = sums.entry(key).or_default();
    *sum = sum.checked_add(amount).ok_or("a pot exceeds every amount")?;
    Ok(())
}

impl Pots {
    /// Takes `amount` from `account` into the pot.
    ///
    /// # Errors
    /// When a sum exceeds every amount.
    pub fn debit(&mut self, pot: Pot, account: Account, amount: Amount) -> Result<(), String> {
        add(self.debits.entry(pot).or_default(), account, amount)
    }

    /// Gives `amount` out of the pot to `account`.
    ///
    /// # Errors
    /// When a sum exceeds every amount.
    pub fn credit(&mut self, pot: Pot, account: Account, source: SourceId, amount: Amount) -> Result<(), String> {
        add(self.credits.entry(pot).or_default(), (account, source), amount)
    }

    /// Posts every pot: both lists ascend, each step is an entry of the smaller rest.
    ///
    /// # Errors
    /// When a pot's sides differ, or a deposit does not cover its debits.
    pub fn post(self, book: &mut Book) -> Result<(), String> {
        let mut credits = self.credits;
        for (pot, debits) in self.debits {
            let mut credits = credits.remove(&pot).unwrap_or_default().into_iter();
            let mut credit = credits.next();
            for (debit_account, mut rest) in debits {
                while !rest.is_zero() {
                    let Some(((account, source), left)) = credit else {
                        return Err(format!("pot {pot:?} takes {rest} more than it gives"));
                    };
                    let step = rest.min(left);
                    book.post(debit_account, account, step, Reason::Inference, source)?;
                    rest = rest.checked_sub(step).unwrap_or_default();
                    let left = left.checked_sub(step).unwrap_or_default();
                    credit = if left.is_zero() { credits.next() } else { Some(((account, source), left)) };
                }
            }
            if credit.is_some() {
                return Err(format!("pot {pot:?} gives more than it takes"));
            }
        }
        match credits.into_iter().find(|(_, credits)| !credits.is_empty()) {
            Some((pot, _)) => Err(format!("pot {pot:?} gives without taking")),
            None => Ok(()),
        }
    }
}
