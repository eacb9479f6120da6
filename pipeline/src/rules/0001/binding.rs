//! From when an announced change binds.

use warehouse::types::Epoch;

/// Changes of one thing, in chain order, each with the epoch from which it binds.
#[derive(Clone, Debug)]
pub struct Announced<T> {
    changes: Vec<(u64, T)>,
}

impl<T> Default for Announced<T> {
    fn default() -> Self {
        Self { changes: Vec::new() }
    }
}

/// The epoch from which a change announced in `own` for `named` binds: at least two after its own.
pub fn binds_from(own: u64, named: u64) -> u64 {
    named.max(own + 2)
}

impl<T> Announced<T> {
    /// Adds a change whose event lies in epoch `own` and names epoch `named`; the first binds at once.
    pub fn announce(&mut self, own: u64, named: u64, change: T) {
        let from = if self.changes.is_empty() { 0 } else { binds_from(own, named) };
        self.changes.push((from, change));
    }

    /// What binds in `epoch`: the last in chain order among those that bind by then.
    pub fn binding_in(&self, epoch: Epoch) -> Option<&T> {
        self.changes.iter().rev().find(|(from, _)| *from <= epoch.0).map(|(_, change)| change)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_binds_at_once_and_later_ones_two_epochs_ahead() {
        let mut prices = Announced::default();
        prices.announce(3, 9, "first");
        prices.announce(3, 4, "too soon");
        prices.announce(4, 8, "later");
        for (epoch, binds) in [(3, "first"), (4, "first"), (5, "too soon"), (7, "too soon"), (8, "later")] {
            assert_eq!(prices.binding_in(Epoch(epoch)), Some(&binds), "epoch {epoch}");
        }
    }
}
