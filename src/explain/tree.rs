//! The tree of an explanation: an amount is the exact sum of the parts under it, or a share of a whole that was
//! divided once. Both are checked before anything is shown; a difference of one base unit is a broken invariant.

use crate::failure::Mismatch;
use serde_json::{Map, Value, json};
use warehouse::types::Amount;

/// A line of an explanation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// What the line is: a word for programs, as `docs/cli-json.md` lists them.
    pub kind: &'static str,
    /// What the line is, for people.
    pub label: String,
    /// Its amount.
    pub amount: Amount,
    /// Whether it is taken from the node above instead of added to it.
    pub taken: bool,
    /// Ids, counts and weights for programs, by name.
    pub facts: Vec<(&'static str, String)>,
    /// Where the amount comes from.
    pub below: Below,
}

/// Where a node's amount comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Below {
    /// It stands in the tables.
    Nothing,
    /// It is the sum of these.
    Parts(Vec<Node>),
    /// It is a share of this whole, which was divided once.
    Share(Box<Node>),
}

impl Node {
    /// An amount as it stands in the tables.
    pub fn leaf(kind: &'static str, label: impl Into<String>, amount: Amount) -> Self {
        Self { kind, label: label.into(), amount, taken: false, facts: Vec::new(), below: Below::Nothing }
    }

    /// An amount that these parts must give; [`Node::check`] finds out.
    pub fn parts(kind: &'static str, label: impl Into<String>, amount: Amount, parts: Vec<Self>) -> Self {
        Self { below: Below::Parts(parts), ..Self::leaf(kind, label, amount) }
    }

    /// The sum of these parts.
    ///
    /// # Errors
    /// When it exceeds every amount.
    pub fn sum(kind: &'static str, label: impl Into<String>, parts: Vec<Self>) -> Result<Self, Mismatch> {
        let label = label.into();
        let amount = Amount::sum(parts.iter().map(|part| part.amount));
        let amount = amount.ok_or_else(|| Mismatch(format!("{label:?} exceeds every amount")))?;
        Ok(Self::parts(kind, label, amount, parts))
    }

    /// A share of a whole that was divided once.
    pub fn share(kind: &'static str, label: impl Into<String>, amount: Amount, whole: Self) -> Self {
        Self { below: Below::Share(Box::new(whole)), ..Self::leaf(kind, label, amount) }
    }

    /// The node with one fact more.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.facts.push((name, value.to_string()));
        self
    }

    /// The node, taken from the one above instead of added to it.
    #[must_use]
    pub fn taken_away(self) -> Self {
        Self { taken: true, ..self }
    }

    /// Whether this is an amount of nothing with nothing under it.
    pub fn is_empty(&self) -> bool {
        let has_parts = match &self.below {
            Below::Nothing => false,
            Below::Parts(parts) => !parts.is_empty(),
            Below::Share(_) => true,
        };
        self.amount.is_zero() && !has_parts
    }

    /// Whether every sum under this node is exact and no share exceeds its whole.
    ///
    /// # Errors
    /// [`Mismatch`] names the node whose parts differ from it.
    pub fn check(&self) -> Result<(), Mismatch> {
        match &self.below {
            Below::Nothing => Ok(()),
            Below::Parts(parts) => {
                let side = |taken: bool| Amount::sum(parts.iter().filter(|part| part.taken == taken).map(|p| p.amount));
                let sum = side(false).zip(side(true)).and_then(|(given, taken)| given.checked_sub(taken));
                if sum != Some(self.amount) {
                    let sum = sum.map_or_else(|| "no amount".to_owned(), |sum| sum.to_string());
                    return Err(Mismatch(format!(
                        "{:?} is {} base units, its parts add up to {sum}",
                        self.label, self.amount
                    )));
                }
                parts.iter().try_for_each(Self::check)
            }
            Below::Share(whole) if self.amount > whole.amount => Err(Mismatch(format!(
                "{:?} is {} base units, more than the whole of {}",
                self.label, self.amount, whole.amount
            ))),
            Below::Share(whole) => whole.check(),
        }
    }

    /// The node as JSON: kind, label, amount (base units as text), facts, and `parts` or `whole`.
    pub fn to_json(&self) -> Value {
        let facts: Map<String, Value> =
            self.facts.iter().map(|(name, value)| ((*name).to_owned(), Value::from(value.as_str()))).collect();
        // Labels may be padded, so that lines of one level align as text.
        let label = self.label.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut node = json!({ "kind": self.kind, "label": label, "amount": self.amount.to_string() });
        if self.taken {
            node["taken"] = true.into();
        }
        if !facts.is_empty() {
            node["facts"] = facts.into();
        }
        match &self.below {
            Below::Nothing => {}
            Below::Parts(parts) => node["parts"] = parts.iter().map(Self::to_json).collect(),
            Below::Share(whole) => node["whole"] = whole.to_json(),
        }
        node
    }

    /// The tree as text: amounts in OPEN with `places` decimals in one column, cut, then lines and labels.
    /// Amounts of a whole stand in parentheses; a whole that was shown before is not drawn again.
    pub fn to_text(&self, places: usize) -> String {
        let mut drawing = Drawing { places, lines: Vec::new(), wholes: Vec::new() };
        drawing.draw(self, &Branch::default());
        let width = drawing.lines.iter().map(|(amount, _)| amount.chars().count()).max().unwrap_or_default();
        let lines = drawing.lines.iter().map(|(amount, rest)| {
            let gap = width - amount.chars().count();
            format!("{:gap$}{amount}  {rest}", "").trim_end().to_owned()
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// Lines as they are drawn: an amount and the rest.
struct Drawing<'n> {
    places: usize,
    lines: Vec<(String, String)>,
    wholes: Vec<&'n Node>,
}

/// Where in the tree a line stands.
#[derive(Clone, Default)]
struct Branch {
    /// Before the line's own label.
    own: String,
    /// Before the labels of the lines under it.
    under: String,
    /// Inside a whole that was divided.
    of_a_whole: bool,
}

impl Branch {
    fn child(&self, last: bool, of_a_whole: bool) -> Self {
        let (own, under) = if last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        let of_a_whole = of_a_whole || self.of_a_whole;
        Self { own: format!("{}{own}", self.under), under: format!("{}{under}", self.under), of_a_whole }
    }
}

impl<'n> Drawing<'n> {
    fn draw(&mut self, node: &'n Node, branch: &Branch) {
        let sign = if node.taken { "−" } else { "" };
        let open = node.amount.in_open(self.places);
        // A closing parenthesis stands outside the column, so that decimals stay below each other.
        let amount = if branch.of_a_whole { format!("({sign}{open})") } else { format!("{sign}{open} ") };
        let mut label = format!("{}{}", branch.own, node.label);
        if let Below::Share(whole) = &node.below
            && self.wholes.contains(&&**whole)
        {
            label.push_str(&format!(", of {} as above", whole.amount.in_open(self.places)));
            self.lines.push((amount, label));
            return;
        }
        self.lines.push((amount, label));
        match &node.below {
            Below::Nothing => {}
            Below::Parts(parts) => {
                for (at, part) in parts.iter().enumerate() {
                    self.draw(part, &branch.child(at + 1 == parts.len(), false));
                }
            }
            Below::Share(whole) => {
                self.wholes.push(whole);
                self.draw(whole, &branch.child(true, true));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(label: &str, units: u128) -> Node {
        Node::leaf("receipt", label, Amount::new(units).unwrap())
    }

    fn amount(units: u128) -> Amount {
        Amount::new(units).unwrap()
    }

    #[test]
    fn parts_that_differ_by_one_base_unit_are_a_mismatch() {
        for (sum, right) in [(9, false), (10, true), (11, false)] {
            let node = Node::parts("role", "operator", amount(sum), vec![leaf("a", 7), leaf("b", 3)]);
            assert_eq!(node.check().is_ok(), right, "{sum}");
            let above = Node::parts("earned", "earned", amount(sum), vec![node]);
            assert_eq!(above.check().is_ok(), right, "{sum}, one level up");
        }
    }

    #[test]
    fn what_is_taken_is_subtracted_and_never_below_zero() {
        for (sum, taken, right) in [(6, 4, true), (0, 10, true), (14, 4, false), (0, 11, false)] {
            let parts = vec![leaf("earned", 10), leaf("withheld", taken).taken_away()];
            assert_eq!(Node::parts("account", "all", amount(sum), parts).check().is_ok(), right, "{sum} of {taken}");
        }
    }

    #[test]
    fn a_share_is_at_most_its_whole_and_the_whole_is_checked() {
        for (share, whole, right) in [(3, 10, true), (10, 10, true), (11, 10, false), (3, 9, false)] {
            let whole = Node::parts("whole", "whole", amount(whole), vec![leaf("a", 7), leaf("b", 3)]);
            assert_eq!(Node::share("contribution", "part", amount(share), whole).check().is_ok(), right);
        }
    }

    #[test]
    fn a_branch_without_parts_is_nothing() {
        assert!(Node::parts("earned", "earned", amount(0), Vec::new()).check().is_ok());
        assert!(Node::parts("earned", "earned", amount(1), Vec::new()).check().is_err());
    }

    #[test]
    fn text_aligns_amounts_and_draws_a_whole_once() {
        let whole = || Node::parts("whole", "the whole", amount(1_500), vec![leaf("a", 1_000), leaf("b", 500)]);
        let parts = vec![
            Node::share("contribution", "first, a third", amount(500), whole()),
            Node::share("contribution", "second, two thirds", amount(1_000), whole()),
            leaf("debt", 200).taken_away(),
        ];
        let text = Node::parts("account", "all", amount(1_300), parts).to_text(18);
        let expected = [
            " 0.000000000000001300   all",
            " 0.000000000000000500   ├─ first, a third",
            "(0.000000000000001500)  │  └─ the whole",
            "(0.000000000000001000)  │     ├─ a",
            "(0.000000000000000500)  │     └─ b",
            " 0.000000000000001000   ├─ second, two thirds, of 0.000000000000001500 as above",
            "−0.000000000000000200   └─ debt",
        ];
        assert_eq!(text.lines().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn json_holds_amounts_as_text_and_the_structure() {
        let whole = Node::parts("whole", "the whole", amount(3), vec![leaf("a", 3).with("receipt", "0x01")]);
        let node = Node::share("contribution", "part", amount(1), whole).taken_away();
        let expected = json!({
            "kind": "contribution", "label": "part", "amount": "1", "taken": true,
            "whole": { "kind": "whole", "label": "the whole", "amount": "3", "parts": [
                { "kind": "receipt", "label": "a", "amount": "3", "facts": { "receipt": "0x01" } }
            ] }
        });
        assert_eq!(node.to_json(), expected);
    }
}
