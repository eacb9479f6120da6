//! Epochs: the periods in which fees are settled, numbered from 1.

use super::Time;
use std::fmt;

/// An epoch's number, from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(pub u64);

impl Epoch {
    /// The first epoch.
    pub const FIRST: Self = Self(1);

    /// The epoch before, or `None` before the first.
    pub fn previous(self) -> Option<Self> {
        (self > Self::FIRST).then(|| Self(self.0 - 1))
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// How often an epoch was settled: from 1, one more after a root was cancelled or its inputs changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Attempt(pub u32);

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// When epochs begin and end: fixed for ever at deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochCalendar {
    /// Start of epoch 1, seconds since 1970-01-01 UTC.
    pub genesis_s: u64,
    /// Length of each epoch in seconds, above 0.
    pub length_s: u64,
}

impl EpochCalendar {
    /// The epoch in which a block's time (seconds) lies; 0 before genesis.
    pub fn epoch_of(&self, time_s: u64) -> u64 {
        time_s.checked_sub(self.genesis_s).map_or(0, |since| since / self.length_s + 1)
    }

    /// First second of an epoch.
    pub fn starts_at_s(&self, epoch: Epoch) -> u64 {
        self.genesis_s + (epoch.0 - 1) * self.length_s
    }

    /// First second after an epoch.
    pub fn ends_at_s(&self, epoch: Epoch) -> u64 {
        self.starts_at_s(epoch) + self.length_s
    }

    /// First moment of an epoch.
    pub fn starts_at(&self, epoch: Epoch) -> Time {
        Time::from_seconds(self.starts_at_s(epoch))
    }

    /// First moment after an epoch.
    pub fn ends_at(&self, epoch: Epoch) -> Time {
        Time::from_seconds(self.ends_at_s(epoch))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_holds_its_first_second_and_not_its_last_plus_one() {
        let calendar = EpochCalendar { genesis_s: 1000, length_s: 10 };
        for (time, epoch) in [(0, 0), (999, 0), (1000, 1), (1009, 1), (1010, 2)] {
            assert_eq!(calendar.epoch_of(time), epoch, "second {time}");
        }
        assert_eq!(calendar.starts_at_s(Epoch(2)), 1010);
        assert_eq!(calendar.ends_at_s(Epoch(2)), 1020);
    }
}
