//! What each outcome of a receipt means, in one sentence.

use warehouse::tables::charges::{Clock, Outcome};

/// What the outcome means.
pub(super) const fn meaning(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Charged => "Charged in full to the payer's deposit for the operator.",
        Outcome::UnknownOperator => {
            "Its batch names an operator that is not registered, or was revoked before the log took it in."
        }
        Outcome::InvalidKey => {
            "Its batch is signed with a key that was not valid for the operator when the log took it in."
        }
        Outcome::Replayed => "Its batch counted before: the same batch again charges nobody.",
        Outcome::LaneFork => {
            "Another batch already stands in its batch's place in the lane, or before it: the first one counts."
        }
        Outcome::LaneGap => {
            "A batch before its own is missing in the lane: it counts only when sent again after that one."
        }
        Outcome::UnknownModel => "It names a model version that is not registered.",
        Outcome::UnknownAdapter => "It names an adapter that is not registered, or adapts another model version.",
        Outcome::NotYetPayable => {
            "Its model version or adapter was published too recently: it pays from the epoch after."
        }
        Outcome::Deprecated => "Its model version or adapter is deprecated in this epoch.",
        Outcome::Unpriced => "No price of its model version or adapter binds in this epoch.",
        Outcome::MethodUnsupported => {
            "Its model version or adapter attributes in a way that the rule set does not settle."
        }
        Outcome::ArtifactUnusable => {
            "The index or an item list of its model version or adapter was missing, or not what was pinned, when the epoch was frozen."
        }
        Outcome::EvidenceMissing => "Its batch holds no evidence with the hash that the receipt names.",
        Outcome::EvidenceMalformed => "Its evidence is not the sketches that its model version and adapter need.",
        Outcome::FeeOverflow => "Its fee is above every amount.",
        Outcome::BeyondSpend => {
            "With it, charges would exceed what the payer signed for: the highest Spend seen by then."
        }
        Outcome::BeyondDeposit => "What was left of the payer's deposit for the operator does not cover the fee.",
    }
}

/// Where the receipt's own time lies; it decides nothing.
pub(super) const fn clock(clock: Clock) -> &'static str {
    match clock {
        Clock::OnTime => "in the epoch",
        Clock::Late => "before the epoch: late, which decides nothing",
        Clock::Early => "after the epoch: early, which decides nothing",
    }
}
