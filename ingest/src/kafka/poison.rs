//! How much of a partition may be poison before it is paused.

use std::collections::VecDeque;

/// Above this share of quarantined records a partition pauses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoisonBound {
    /// Percent of the records that were looked at last.
    pub percent_max: usize,
    /// So many records are looked at.
    pub window: usize,
    /// Fewer records than this say nothing.
    pub records_min: usize,
}

impl Default for PoisonBound {
    fn default() -> Self {
        Self { percent_max: 20, window: 1_000, records_min: 50 }
    }
}

/// The last records of a partition: quarantined or not.
#[derive(Debug, Default)]
pub(crate) struct Window {
    last: VecDeque<bool>,
    quarantined: usize,
}

impl Window {
    pub(crate) fn note(&mut self, quarantined: bool, bound: PoisonBound) {
        self.last.push_back(quarantined);
        self.quarantined += usize::from(quarantined);
        if self.last.len() > bound.window && self.last.pop_front() == Some(true) {
            self.quarantined -= 1;
        }
    }

    pub(crate) fn is_above(&self, bound: PoisonBound) -> bool {
        self.last.len() >= bound.records_min && self.quarantined * 100 > self.last.len() * bound.percent_max
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_above_the_bound_is_found_and_forgotten_again() {
        let bound = PoisonBound { percent_max: 20, window: 10, records_min: 5 };
        let mut window = Window::default();
        (0..4).for_each(|_| window.note(true, bound));
        assert!(!window.is_above(bound), "four records say nothing");
        window.note(true, bound);
        assert!(window.is_above(bound));
        (0..8).for_each(|_| window.note(false, bound));
        assert!(!window.is_above(bound), "two of ten are at the bound, not above");
    }
}
