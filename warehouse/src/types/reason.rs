//! Why money moved: a closed list.

/// The reason of a ledger entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// In: a payer deposited for an operator.
    Deposit,
    /// In: a staker staked on an operator.
    Stake,
    /// In: a campaign for a datanet's contributors.
    Incentive,
    /// In: payment for a training run.
    Training,
    /// In: a bond lost to the reserve.
    ForfeitedBond,
    /// Earned: part of a receipt's fee.
    Inference,
    /// Returned: a payer's deposit.
    Refund,
    /// Returned: a stake.
    Unstake,
    /// Adjusted: a wronged account was paid from the reserve.
    Correction,
    /// Adjusted: an account's debt was kept back for the reserve.
    Withholding,
    /// Adjusted: governance gave what was unattributed to an account.
    Assignment,
    /// Adjusted: a stake was taken into the reserve.
    Slash,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 12] = [
        Self::Deposit,
        Self::Stake,
        Self::Incentive,
        Self::Training,
        Self::ForfeitedBond,
        Self::Inference,
        Self::Refund,
        Self::Unstake,
        Self::Correction,
        Self::Withholding,
        Self::Assignment,
        Self::Slash,
    ];

    /// The reason's name in tables and views.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Deposit => "deposit",
            Self::Stake => "stake",
            Self::Incentive => "incentive",
            Self::Training => "training",
            Self::ForfeitedBond => "forfeited_bond",
            Self::Inference => "inference",
            Self::Refund => "refund",
            Self::Unstake => "unstake",
            Self::Correction => "correction",
            Self::Withholding => "withholding",
            Self::Assignment => "assignment",
            Self::Slash => "slash",
        }
    }

    /// The reason of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }
}
