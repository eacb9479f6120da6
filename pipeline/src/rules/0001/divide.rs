//! The one rounding rule: largest remainder.

use alloy::primitives::U256;
use warehouse::types::Amount;

/// Divides `total` by `weights`: each gets the floor of its exact share, and what is left goes, one base unit each,
/// to the largest remainders, ties to the earlier. The parts add up to `total`.
///
/// `None` when no weight is positive. Cost: n log n in the number of weights; sums and products are 256 bits wide.
pub fn divide(total: Amount, weights: &[u128]) -> Option<Vec<Amount>> {
    let whole: U256 = weights.iter().copied().map(U256::from).sum();
    if whole.is_zero() {
        return None;
    }
    let mut parts = Vec::with_capacity(weights.len());
    let mut remainders = Vec::with_capacity(weights.len());
    for weight in weights {
        let (quotient, remainder) = (U256::from(total.units()) * U256::from(*weight)).div_rem(whole);
        parts.push(u128::try_from(quotient).ok()?);
        remainders.push(remainder);
    }
    let left = total.units() - parts.iter().sum::<u128>();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by(|a, b| remainders[*b].cmp(&remainders[*a]).then(a.cmp(b)));
    for at in order.into_iter().take(usize::try_from(left).ok()?) {
        parts[at] += 1;
    }
    parts.into_iter().map(Amount::new).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(total: u128, weights: &[u128], expected: &[u128]) {
        let parts = divide(Amount::new(total).unwrap(), weights).unwrap();
        assert_eq!(parts.iter().map(|part| part.units()).collect::<Vec<_>>(), expected, "{total} by {weights:?}");
    }

    #[test]
    fn what_is_left_goes_to_the_largest_remainders_and_ties_to_the_earlier() {
        check(10, &[1, 1, 1], &[4, 3, 3]);
        check(11, &[1, 1, 1], &[4, 4, 3]);
        check(7, &[1, 2, 4], &[1, 2, 4]);
        check(5, &[1, 2, 4], &[1, 1, 3]);
        check(1, &[3, 3, 4], &[0, 0, 1]);
        check(0, &[3, 0], &[0, 0]);
        check(5, &[0, 7, 0], &[0, 5, 0]);
        check(Amount::MAX.units(), &[u128::MAX], &[Amount::MAX.units()]);
    }

    #[test]
    fn without_weight_there_is_no_division() {
        assert_eq!(divide(Amount::MAX, &[]), None);
        assert_eq!(divide(Amount::MAX, &[0, 0]), None);
    }

    proptest! {
        #[test]
        fn parts_add_up_and_lie_within_one_unit_of_the_exact_share(
            total in 0..=Amount::MAX.units(),
            weights in proptest::collection::vec(0..=u128::MAX / 64, 1..40),
        ) {
            prop_assume!(weights.iter().any(|weight| *weight > 0));
            let parts = divide(Amount::new(total).unwrap(), &weights).unwrap();
            prop_assert_eq!(parts.iter().map(|part| part.units()).sum::<u128>(), total);
            let whole: U256 = weights.iter().copied().map(U256::from).sum();
            for (part, weight) in parts.iter().zip(&weights) {
                let exact = U256::from(total) * U256::from(*weight);
                let (low, high) = (U256::from(part.units()) * whole, exact);
                prop_assert!(low < high + whole && high < low + whole, "within one unit");
            }
        }
    }
}
