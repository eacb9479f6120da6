//! Numbers, times and lists as people read them.

use std::collections::BTreeMap;
use std::fmt::Display;
use warehouse::tables::charges::Outcome;
use warehouse::types::Amount;

/// Decimals of an amount beside a label; the tables hold all 18.
pub(super) const PLACES: usize = 9;

/// An amount in OPEN, cut after [`PLACES`] decimals.
pub(super) fn open(amount: Amount) -> String {
    amount.in_open(PLACES)
}

/// An integer with thousands separated by commas.
pub(super) fn grouped(number: impl Display) -> String {
    let digits = number.to_string();
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits.as_str()), |rest| ("-", rest));
    let mut text = sign.to_owned();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count with its noun: 1 receipt, 2 receipts.
pub(super) fn count(count: usize, noun: &str) -> String {
    format!("{} {noun}{}", grouped(count), if count == 1 { "" } else { "s" })
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn list(words: &[String]) -> String {
    match words {
        [] => "nobody".to_owned(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// How many receipts were refused for what: `3 beyond_spend, 1 beyond_deposit`.
pub(super) fn refusals(refused: &BTreeMap<Outcome, usize>) -> String {
    refused.iter().map(|(outcome, count)| format!("{count} {outcome}")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (-1_234_567, "-1,234,567"), (-100, "-100")] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn lists_end_with_and() {
        for (words, text) in [(1, "a"), (2, "a and b"), (3, "a, b and c")] {
            let words: Vec<String> = ["a", "b", "c"].iter().take(words).map(|word| (*word).to_owned()).collect();
            assert_eq!(list(&words), text);
        }
    }
}
