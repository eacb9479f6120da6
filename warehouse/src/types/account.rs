//! Accounts of the ledger: a kind and 32 bytes.

use super::{CampaignId, DatanetId, RunId};
use alloy::primitives::{Address, B256, U256, keccak256};
use alloy::sol_types::SolValue;
use std::fmt;

/// What an account is. Only address accounts become leaves of the payout tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum AccountKind {
    /// The world outside the vault, from which money enters.
    Outside = 0,
    /// An earner: an address.
    Address = 1,
    /// A payer's deposit for an operator.
    Deposit = 2,
    /// A staker's stake on an operator.
    Stake = 3,
    /// What a datanet's data earned without anybody to attribute it to.
    Unattributed = 4,
    /// An incentive campaign.
    Incentive = 5,
    /// A training run's payment.
    Training = 6,
    /// The reserve.
    Reserve = 7,
}

impl AccountKind {
    /// Every kind, in order of its number.
    pub const ALL: [Self; 8] = [
        Self::Outside,
        Self::Address,
        Self::Deposit,
        Self::Stake,
        Self::Unattributed,
        Self::Incentive,
        Self::Training,
        Self::Reserve,
    ];

    /// The kind's name in views.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Outside => "outside",
            Self::Address => "address",
            Self::Deposit => "deposit",
            Self::Stake => "stake",
            Self::Unattributed => "unattributed",
            Self::Incentive => "incentive",
            Self::Training => "training",
            Self::Reserve => "reserve",
        }
    }
}

/// An account: 33 bytes, ordered by kind, then bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Account {
    kind: AccountKind,
    id: B256,
}

impl Account {
    /// The world outside the vault.
    pub const OUTSIDE: Self = Self { kind: AccountKind::Outside, id: B256::ZERO };
    /// The reserve.
    pub const RESERVE: Self = Self { kind: AccountKind::Reserve, id: B256::ZERO };
    /// Bytes of an account.
    pub const LEN: usize = 33;

    /// An earner's account.
    pub fn address(address: Address) -> Self {
        Self { kind: AccountKind::Address, id: address.into_word() }
    }

    /// A payer's deposit for an operator.
    pub fn deposit(payer: Address, operator: Address) -> Self {
        Self::hashed(AccountKind::Deposit, (U256::from(2), payer, operator).abi_encode())
    }

    /// A staker's stake on an operator.
    pub fn stake(staker: Address, operator: Address) -> Self {
        Self::hashed(AccountKind::Stake, (U256::from(3), staker, operator).abi_encode())
    }

    /// What a datanet's data earned without anybody to attribute it to.
    pub fn unattributed(datanet: DatanetId) -> Self {
        Self::hashed(AccountKind::Unattributed, (U256::from(4), datanet.0).abi_encode())
    }

    /// An incentive campaign's money.
    pub fn incentive(campaign: CampaignId) -> Self {
        Self::hashed(AccountKind::Incentive, (U256::from(5), campaign.0).abi_encode())
    }

    /// A training run's payment.
    pub fn training(run: RunId) -> Self {
        Self::hashed(AccountKind::Training, (U256::from(6), run.0).abi_encode())
    }

    fn hashed(kind: AccountKind, preimage: Vec<u8>) -> Self {
        Self { kind, id: keccak256(preimage) }
    }

    /// What the account is.
    pub const fn kind(&self) -> AccountKind {
        self.kind
    }

    /// The address of an address account.
    pub fn as_address(&self) -> Option<Address> {
        (self.kind == AccountKind::Address).then(|| Address::from_word(self.id))
    }

    /// kind (1 byte) || 32 bytes.
    pub fn to_bytes(&self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        bytes[0] = self.kind as u8;
        bytes[1..].copy_from_slice(self.id.as_slice());
        bytes
    }

    /// The account of these bytes; `None` when the length or the kind is wrong, or an address is not padded with zeros.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (kind, id) = bytes.split_first()?;
        let kind = *AccountKind::ALL.get(usize::from(*kind))?;
        let id = B256::try_from(id).ok()?;
        let padded = match kind {
            AccountKind::Outside | AccountKind::Reserve => id.is_zero(),
            AccountKind::Address => id[..12].iter().all(|byte| *byte == 0),
            _ => true,
        };
        padded.then_some(Self { kind, id })
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.as_address() {
            Some(address) => write!(f, "{address:#x}"),
            None => write!(f, "{}:{}", self.kind.name(), self.id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_round_trip_and_malformed_ones_are_refused() {
        let deposit = Account::deposit(Address::repeat_byte(1), Address::repeat_byte(2));
        for account in [Account::OUTSIDE, Account::RESERVE, Account::address(Address::repeat_byte(9)), deposit] {
            assert_eq!(Account::from_bytes(&account.to_bytes()), Some(account));
        }
        let mut unpadded = Account::address(Address::repeat_byte(9)).to_bytes();
        unpadded[1] = 1;
        assert_eq!(Account::from_bytes(&unpadded), None);
        assert_eq!(Account::from_bytes(&[8; Account::LEN]), None);
        assert_eq!(Account::from_bytes(&deposit.to_bytes()[..32]), None);
    }
}
