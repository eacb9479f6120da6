//! Money: an integer in base units of the token (18 decimals make one OPEN).
//! There is no conversion from or to a float, and no operation that wraps.

use std::fmt;

/// An amount in base units, from 0 to 10^38 - 1, which is what a Decimal128(38,0) holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(u128);

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The largest amount that a table can hold.
    pub const MAX: Self = Self(99_999_999_999_999_999_999_999_999_999_999_999_999);
    /// Decimals of the token.
    pub const DECIMALS: usize = 18;

    /// `units` base units, or `None` above [`Amount::MAX`].
    pub const fn new(units: u128) -> Option<Self> {
        if units <= Self::MAX.0 { Some(Self(units)) } else { None }
    }

    /// The number of base units.
    pub const fn units(self) -> u128 {
        self.0
    }

    /// Whether this is nothing.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The sum, or `None` above [`Amount::MAX`].
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).and_then(Self::new)
    }

    /// The difference, or `None` below zero.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// The product with a count, or `None` above [`Amount::MAX`].
    pub fn checked_mul(self, count: u128) -> Option<Self> {
        self.0.checked_mul(count).and_then(Self::new)
    }

    /// The exact sum of all, or `None` above [`Amount::MAX`].
    pub fn sum(all: impl IntoIterator<Item = Self>) -> Option<Self> {
        all.into_iter().try_fold(Self::ZERO, Self::checked_add)
    }

    /// Text in OPEN with `places` decimals (at most 18), truncated, with thousands separated by commas.
    pub fn in_open(self, places: usize) -> String {
        let scale = 10u128.pow(18);
        let (whole, rest) = (self.0 / scale, self.0 % scale);
        let fraction = format!("{rest:018}");
        let digits = whole.to_string();
        let mut text = String::new();
        for (i, digit) in digits.chars().enumerate() {
            if i > 0 && (digits.len() - i).is_multiple_of(3) {
                text.push(',');
            }
            text.push(digit);
        }
        if places > 0 {
            text.push('.');
            text.push_str(&fraction[..places.min(Self::DECIMALS)]);
        }
        text
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// An influence weight: a sum of integer scores, at least 0. Its unit is that of the method's scores.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Weight(pub u128);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_amount_is_one_below_ten_to_the_thirty_eight() {
        assert_eq!(Amount::MAX.units(), 10u128.pow(38) - 1);
        assert_eq!(Amount::new(10u128.pow(38)), None);
        assert_eq!(Amount::MAX.checked_add(Amount::new(1).unwrap()), None);
        assert_eq!(Amount::ZERO.checked_sub(Amount::new(1).unwrap()), None);
    }

    #[test]
    fn open_text_is_truncated_and_grouped() {
        for (units, places, text) in [
            (0, 2, "0.00"),
            (1_999_999_999_999_999_999, 2, "1.99"),
            (1_234_567 * 10u128.pow(18), 0, "1,234,567"),
            (1, 18, "0.000000000000000001"),
        ] {
            assert_eq!(Amount::new(units).unwrap().in_open(places), text);
        }
    }
}
