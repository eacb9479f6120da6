//! Moments in UTC microseconds.

/// Microseconds since 1970-01-01 UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub i64);

impl Time {
    /// The moment `seconds` after 1970-01-01 UTC; the far end of time when that is out of range.
    pub fn from_seconds(seconds: u64) -> Self {
        Self(i64::try_from(seconds).ok().and_then(|s| s.checked_mul(1_000_000)).unwrap_or(i64::MAX))
    }

    /// Whole seconds since 1970-01-01 UTC, rounded down.
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// Days since 1970-01-01 UTC, rounded down.
    pub fn days(self) -> i32 {
        i32::try_from(self.0.div_euclid(86_400_000_000)).unwrap_or(i32::MAX)
    }
}
