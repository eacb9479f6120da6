//! Ten-thousandths of a whole.

/// Basis points, 0 to 10,000.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BasisPoints(u16);

impl BasisPoints {
    /// The whole.
    pub const WHOLE: Self = Self(10_000);

    /// `points` ten-thousandths, or `None` above the whole.
    pub const fn new(points: u16) -> Option<Self> {
        if points <= Self::WHOLE.0 { Some(Self(points)) } else { None }
    }

    /// The number of ten-thousandths.
    pub const fn points(self) -> u16 {
        self.0
    }

    /// What is left of the whole.
    pub const fn rest(self) -> Self {
        Self(Self::WHOLE.0 - self.0)
    }
}
