//! JSON shapes: what the API, and the command line with `--output json`, give to programs.

use serde::Serialize;
use warehouse::types::Amount;

/// An amount for programs: base units as a decimal string, so that no reader turns it into a double.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Money {
    /// Base units, a decimal string.
    pub amount: String,
    /// Decimals of the token.
    pub decimals: usize,
    /// The token's symbol.
    pub symbol: &'static str,
}

impl From<Amount> for Money {
    fn from(amount: Amount) -> Self {
        Self { amount: amount.to_string(), decimals: Amount::DECIMALS, symbol: "OPEN" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_leave_as_decimal_strings() {
        let money = serde_json::to_string(&Money::from(Amount::MAX)).unwrap();
        assert_eq!(money, format!(r#"{{"amount":"{}","decimals":18,"symbol":"OPEN"}}"#, "9".repeat(38)));
    }
}
