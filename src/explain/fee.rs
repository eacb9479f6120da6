//! The arithmetic of a receipt's fee: base + tokens x prices of the model version, and of the adapter.

use super::explainer::Explainer;
use super::text::grouped;
use crate::failure::Mismatch;
use serde_json::{Value, json};
use std::fmt::Write;
use warehouse::tables::charges::Outcome;
use warehouse::tables::{Charge, RawReceipt};
use warehouse::types::Amount;

/// A summand of a fee.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeeLine {
    /// The model version or adapter whose price it is.
    of: String,
    /// base, tokens in or tokens out.
    what: &'static str,
    /// How many.
    count: u32,
    /// Base units each.
    price: Amount,
    /// count x price, base units.
    amount: Amount,
}

/// A fee, or what it would have been.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fee {
    /// Its summands; none when no price is known.
    pub lines: Vec<FeeLine>,
    /// Their sum; of a refused receipt it was not charged.
    pub sum: Amount,
    /// Whether it was charged.
    pub charged: bool,
}

impl Explainer<'_> {
    /// The fee of a receipt, computed again.
    ///
    /// # Errors
    /// [`Mismatch`] when a charged receipt's fee is another one.
    pub(super) fn fee(&self, charge: &Charge, raw: &RawReceipt) -> Result<Fee, Mismatch> {
        let mut lines = Vec::new();
        let mut add = |of: String, prices: [Amount; 3]| {
            let counts = [("base", 1), ("tokens in", raw.tokens_in), ("tokens out", raw.tokens_out)];
            for ((what, count), price) in counts.into_iter().zip(prices) {
                let amount = price.checked_mul(count.into()).unwrap_or(Amount::MAX);
                lines.push(FeeLine { of: of.clone(), what, count, price, amount });
            }
        };
        if let Some(row) = self.division.model(charge.model_version).filter(|row| row.priced) {
            add(self.names.model(row.version), [row.price_base, row.price_in, row.price_out]);
        }
        if let Some(row) = charge.adapter.and_then(|id| self.division.adapter(id)).filter(|row| row.priced) {
            add(self.names.adapter(row.adapter), [row.price_base, row.price_in, row.price_out]);
        }
        let sum = Amount::sum(lines.iter().map(|line| line.amount)).unwrap_or(Amount::MAX);
        let charged = charge.outcome == Outcome::Charged;
        if charged && sum != charge.fee {
            return Err(Mismatch(format!("receipt {}: the fee is {sum}, {} was charged", charge.receipt, charge.fee)));
        }
        Ok(Fee { lines, sum, charged })
    }
}

impl Fee {
    /// The fee as JSON.
    pub fn to_json(&self) -> Value {
        let lines = self.lines.iter().map(|line| {
            json!({
                "of": line.of,
                "what": line.what,
                "count": line.count.to_string(),
                "price": line.price.to_string(),
                "amount": line.amount.to_string(),
            })
        });
        json!({ "charged": self.charged, "amount": self.sum.to_string(), "lines": lines.collect::<Vec<_>>() })
    }

    /// The fee as text, in base units.
    pub fn to_text(&self) -> String {
        if self.lines.is_empty() {
            return "  no price is known\n".to_owned();
        }
        let width = |text: fn(&FeeLine) -> String| self.lines.iter().map(|line| text(line).chars().count()).max();
        let of = width(|line| line.of.clone()).unwrap_or_default();
        let count = width(|line| grouped(line.count)).unwrap_or_default();
        let price = width(|line| grouped(line.price)).unwrap_or_default();
        let amount = grouped(self.sum).len();
        let mut text = String::new();
        let mut named = "";
        for line in &self.lines {
            let name = if named == line.of { "" } else { line.of.as_str() };
            named = &line.of;
            let (many, each, all) = (grouped(line.count), grouped(line.price), grouped(line.amount));
            let _ =
                writeln!(text, "  {name:<of$}  {:<10}  {many:>count$} × {each:>price$} = {all:>amount$}", line.what);
        }
        let said = if self.charged { "fee, base units" } else { "not charged, base units" };
        let before = of + count + price + 20;
        let _ = writeln!(text, "  {said:<before$}{:>amount$}", grouped(self.sum));
        text
    }
}
