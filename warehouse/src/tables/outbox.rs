//! Table `outbox`: Every transaction of ours, from its plan to its end: written before anything is sent.

use crate::types::{Address, Attempt, Epoch, Hash, Time};
use crate::{table, words};

table! {
    /// Every transaction of ours, from its plan to its end: written before anything is sent.
    #[table(name = "outbox", version = 1, writer = "commit", grain = "(sender, nonce, sequence), append-only", layout = Whole, key = [sender, nonce, sequence])]
    pub struct OutboxRow {
        /// Who signs it.
        pub sender: Address,
        /// Its nonce, the same in all its steps.
        pub nonce: u64,
        /// Which step this is, from 1.
        pub sequence: u32,
        /// What this row says happened.
        pub step: OutboxStep,
        /// What it is for.
        pub purpose: Purpose,
        /// The epoch that it concerns.
        pub epoch: Epoch,
        /// The attempt that it concerns.
        pub attempt: Attempt,
        /// Chain to which it goes.
        pub chain_id: u64,
        /// Contract that it calls.
        pub to: Address,
        /// The exact call.
        pub calldata: Vec<u8>,
        /// Sent, mined, reverted: the transaction's hash.
        pub transaction: Option<Hash>,
        /// Sent: the most wei a unit of gas that it offers.
        pub max_fee_wei: Option<u128>,
        /// Mined, reverted: the block.
        pub block_number: Option<u64>,
        /// When this was written, UTC microseconds.
        pub written_at: Time,
    }
}

words! {
    /// A step of a transaction.
    pub enum OutboxStep {
        /// Nonce and call are fixed; nothing was sent.
        Planned = "planned",
        /// About to be sent with this fee.
        Sent = "sent",
        /// It succeeded.
        Mined = "mined",
        /// It is in a block, without effect.
        Reverted = "reverted",
        /// It can never be mined: another transaction has its nonce, or nothing was sent.
        Dropped = "dropped",
    }
}

impl OutboxStep {
    /// Whether nothing follows.
    pub const fn is_end(self) -> bool {
        match self {
            Self::Planned | Self::Sent => false,
            Self::Mined | Self::Reverted | Self::Dropped => true,
        }
    }
}

words! {
    /// What a transaction is for.
    pub enum Purpose {
        /// proposeRoot.
        Propose = "propose",
        /// finalizeRoot.
        Finalize = "finalize",
        /// cancelRoot.
        Cancel = "cancel",
        /// disputeRoot.
        Dispute = "dispute",
        /// claim or claimBatch.
        Claim = "claim",
        /// Nothing, to oneself: uses up a nonce below which nothing later is mined.
        Gap = "gap",
    }
}
