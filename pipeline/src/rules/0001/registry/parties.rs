//! Operators, keys, stakes and splits.

use super::super::binding::Announced;
use super::At;
use super::flows::amount;
use std::collections::BTreeMap;
use warehouse::chain_events::{OperatorEvent, SplitEvent, VaultEvent};
use warehouse::tables::keys::KeyKind;
use warehouse::tables::{Key, Operator, Split, Stake};
use warehouse::types::{Address, Amount, BasisPoints, Epoch, Role, Time};

/// The fold's state.
#[derive(Default)]
pub struct Parties {
    operators: BTreeMap<Address, Operator>,
    keys: BTreeMap<(KeyKind, Address, Address), Vec<Validity>>,
    stakes: BTreeMap<(Address, Address), Staked>,
    splits: Announced<([u16; Role::COUNT], Address)>,
}

/// When a key is valid: from its addition until before its revocation.
type Validity = (Time, Option<Time>);

#[derive(Default)]
struct Staked {
    now: Totals,
    at_start: Totals,
}

/// Sums so far, and what of the stake earns.
#[derive(Clone, Copy, Default)]
struct Totals {
    staked: Amount,
    slashed: Amount,
    requested: Amount,
    /// Staked, neither slashed nor being taken out. It goes along with the vault: a slash takes from it first.
    active: Amount,
}

/// What an event does to a stake.
#[derive(Clone, Copy)]
enum StakeStep {
    Add,
    Slash,
    Leave,
    Request,
}

impl Totals {
    fn apply(&mut self, step: StakeStep, amount: Amount) -> Option<()> {
        let less = |active: Amount| active.checked_sub(amount).unwrap_or(Amount::ZERO);
        match step {
            StakeStep::Add => {
                self.staked = self.staked.checked_add(amount)?;
                self.active = self.active.checked_add(amount)?;
            }
            StakeStep::Slash => {
                self.slashed = self.slashed.checked_add(amount)?;
                self.active = less(self.active);
            }
            StakeStep::Leave => self.active = less(self.active),
            StakeStep::Request => self.requested = self.requested.checked_add(amount)?,
        }
        Some(())
    }
}

/// Rows of the four tables.
pub(super) type Rows = (Vec<Operator>, Vec<Key>, Vec<Stake>, Vec<Split>);

impl Parties {
    /// Applies an event of the operator registry.
    pub fn apply_operator(&mut self, at: At, event: OperatorEvent) {
        match event {
            OperatorEvent::OperatorRegistered(event) => {
                self.operators.entry(event.operator).or_insert(Operator {
                    epoch: Epoch::default(),
                    operator: event.operator,
                    name: event.name,
                    uri: event.uri,
                    registered_at: at.time,
                    revoked_at: None,
                });
            }
            OperatorEvent::SigningKeyAdded(event) => self.add_key(KeyKind::Signing, event.operator, event.key, at),
            OperatorEvent::SigningKeyRevoked(event) => self.revoke_key(KeyKind::Signing, event.operator, event.key, at),
            OperatorEvent::OperatorRevoked(event) => {
                if let Some(row) = self.operators.get_mut(&event.operator) {
                    row.revoked_at.get_or_insert(at.time);
                }
            }
        }
    }

    /// Applies an event of the split registry.
    pub fn apply_split(&mut self, at: At, event: SplitEvent) {
        if let SplitEvent::SplitSet(event) = event
            && event.shares.iter().copied().map(u32::from).sum::<u32>() == u32::from(BasisPoints::WHOLE.points())
        {
            self.splits.announce(at.epoch, event.bindingEpoch, (event.shares, event.platform));
        }
    }

    /// Applies an event of the vault.
    ///
    /// # Errors
    /// When an amount is none.
    pub fn apply_vault(&mut self, at: At, event: VaultEvent) -> Result<(), String> {
        match event {
            VaultEvent::SpenderKeyAdded(event) => self.add_key(KeyKind::Spender, event.payer, event.key, at),
            VaultEvent::SpenderKeyRevoked(event) => self.revoke_key(KeyKind::Spender, event.payer, event.key, at),
            VaultEvent::Staked(e) => self.stake(at, e.staker, e.operator, e.amount, StakeStep::Add)?,
            VaultEvent::Slashed(e) => self.stake(at, e.staker, e.operator, e.amount, StakeStep::Slash)?,
            VaultEvent::UnstakeStarted(e) => self.stake(at, e.staker, e.operator, e.amount, StakeStep::Leave)?,
            VaultEvent::UnstakeRequested(e) => self.stake(at, e.staker, e.operator, e.amount, StakeStep::Request)?,
            _ => {}
        }
        Ok(())
    }

    fn stake(
        &mut self,
        at: At,
        staker: Address,
        operator: Address,
        units: alloy::primitives::U256,
        step: StakeStep,
    ) -> Result<(), String> {
        let amount = amount(units)?;
        let staked = self.stakes.entry((staker, operator)).or_default();
        let too_much = || format!("stakes of {staker} exceed every amount");
        staked.now.apply(step, amount).ok_or_else(too_much)?;
        if !at.in_range {
            staked.at_start = staked.now;
        }
        Ok(())
    }

    fn add_key(&mut self, kind: KeyKind, owner: Address, key: Address, at: At) {
        let intervals = self.keys.entry((kind, owner, key)).or_default();
        match intervals.last_mut() {
            Some((_, None)) => {}
            Some((added, revoked)) if *added == at.time => *revoked = None,
            _ => intervals.push((at.time, None)),
        }
    }

    fn revoke_key(&mut self, kind: KeyKind, owner: Address, key: Address, at: At) {
        if let Some((_, revoked @ None)) = self.keys.get_mut(&(kind, owner, key)).and_then(|all| all.last_mut()) {
            *revoked = Some(at.time);
        }
    }

    /// The tables' rows as of the cutoff, with the split that binds in `epoch`.
    ///
    /// # Errors
    /// When no split binds: a fee could not be divided.
    pub fn rows(self, epoch: Epoch) -> Result<Rows, String> {
        let Some((shares, platform)) = self.splits.binding_in(epoch) else {
            return Err("no split by role binds".into());
        };
        let splits = Role::ALL.into_iter().zip(shares).map(|(role, share)| Split {
            epoch,
            role,
            share: BasisPoints::new(*share).unwrap_or(BasisPoints::WHOLE),
            account: (role == Role::Platform && !platform.is_zero()).then_some(*platform),
        });
        let operators = self.operators.into_values().map(|row| Operator { epoch, ..row });
        let keys = self.keys.into_iter().flat_map(|((kind, owner, key), intervals)| {
            let rows = intervals.into_iter();
            rows.map(move |(added_at, revoked_at)| Key { epoch, kind, owner, key, added_at, revoked_at })
        });
        let stakes = self.stakes.into_iter().map(|((staker, operator), Staked { now, at_start })| Stake {
            epoch,
            staker,
            operator,
            staked: now.staked,
            slashed: now.slashed,
            unstake_requested: now.requested,
            earning: now.active.min(at_start.active),
        });
        Ok((operators.collect(), keys.collect(), stakes.collect(), splits.collect()))
    }
}
