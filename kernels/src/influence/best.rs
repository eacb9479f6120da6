//! The best rows that a query has met so far.

use std::cmp::Reverse;

use super::{Hit, Scored};

/// The best at most `keep` rows whose score exceeds the floor, best first.
/// The order is total, so the same rows are kept in whatever order they are offered.
#[derive(Clone, Debug)]
pub(super) struct Best {
    keep: usize,
    floor: i64,
    bar: i64,
    kept: Vec<Candidate>,
}

/// A row and its score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) score: i64,
    pub(super) position: u32,
}

impl Candidate {
    /// Ascends from the best: by score descending, position ascending.
    pub(super) fn order(&self) -> (Reverse<i64>, u32) {
        (Reverse(self.score), self.position)
    }
}

impl Best {
    pub(super) fn new(keep: usize, floor: i64) -> Self {
        Self { keep, floor, bar: floor, kept: Vec::new() }
    }

    /// Nothing kept yet, for rows later than all that this one kept.
    pub(super) fn above_bar(&self) -> Self {
        Self::new(self.keep, self.bar)
    }

    pub(super) fn keep(&self) -> usize {
        self.keep
    }

    /// What the score of a row later than all kept ones must exceed for the row to be kept.
    pub(super) fn bar(&self) -> i64 {
        self.bar
    }

    /// Keeps a candidate if it is one of the best.
    pub(super) fn offer(&mut self, candidate: Candidate) {
        if candidate.score <= self.floor {
            return;
        }
        let place = self.kept.partition_point(|kept| kept.order() < candidate.order());
        if place < self.keep {
            self.kept.truncate(self.keep - 1);
            self.kept.insert(place, candidate);
            self.bar = self.kept.get(self.keep - 1).map_or(self.floor, |last| last.score);
        }
    }

    /// The kept candidates, best first.
    pub(super) fn kept(&self) -> &[Candidate] {
        &self.kept
    }

    /// The result of a query with this tau, which is the floor.
    pub(super) fn above(&self, tau: i64) -> Scored {
        let top = self.kept.iter().map(|kept| Hit { position: kept.position, a: kept.score - tau }).collect();
        Scored { tau, top }
    }
}
