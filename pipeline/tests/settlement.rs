//! Properties of the rules on random small worlds: every unit is accounted for, and no order of rows matters.

mod world;

use alloy::primitives::keccak256;
use pipeline::rules::rules_0001::posting::{Opening, Settled, settle};
use pipeline::rules::rules_0001::registry::RegistryRows;
use proptest::prelude::*;
use warehouse::tables::{Attribution, Balance, Charge, Payout};
use warehouse::types::{Account, AccountKind, Amount, DatanetId, Epoch};
use world::{EPOCH, address, amount, id, receipts, registry, world};

fn settle_world(registry: &RegistryRows, charges: &[Charge], attributions: &[Attribution]) -> Settled {
    let (balances, payouts) = opening();
    let opening = Opening { balances: &balances, pending: &[], payouts: &payouts };
    settle(EPOCH, registry, charges, attributions, &opening).unwrap()
}

fn opening() -> (Vec<Balance>, Vec<Payout>) {
    let balance = |account, units| Balance { epoch: Epoch(1), account, amount: amount(units) };
    let before = Payout {
        epoch: Epoch(1),
        account: address(20),
        earned: amount(5),
        returned: Amount::ZERO,
        corrected: Amount::ZERO,
        withheld: Amount::ZERO,
        amount: amount(5),
        cumulative: amount(5),
    };
    let balances = vec![
        balance(Account::RESERVE, 1 << 85),
        balance(Account::unattributed(DatanetId(id("datanet", 0))), 1 << 84),
        balance(Account::stake(address(40), address(70)), 1 << 86),
    ];
    (balances, vec![before])
}

fn sum(all: impl IntoIterator<Item = Amount>) -> u128 {
    Amount::sum(all).unwrap().units()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn what_came_in_is_owed_or_held_to_the_base_unit(world in world()) {
        let registry = registry(&world);
        let (charges, attributions) = receipts(&world);
        let settled = settle_world(&registry, &charges, &attributions);
        let (balances, payouts) = opening();
        let inflow = settled.closed.ledger.iter().filter(|row| row.debit_account.kind() == AccountKind::Outside);
        let before = sum(balances.iter().map(|row| row.amount)) + sum(payouts.iter().map(|row| row.cumulative));
        let now = sum(settled.closed.balances.iter().map(|row| row.amount))
            + sum(settled.closed.payouts.iter().map(|row| row.cumulative));
        prop_assert_eq!(before + sum(inflow.map(|row| row.amount)), now);
    }

    #[test]
    fn every_fee_is_divided_whole_and_credited_whole(world in world()) {
        let registry = registry(&world);
        let (charges, attributions) = receipts(&world);
        let settled = settle_world(&registry, &charges, &attributions);
        for (row, charge) in settled.allocations.iter().zip(&charges) {
            let roles = [row.platform, row.datanet_owner, row.model_owner, row.base_model_owner, row.adapter_owner,
                row.operator_fee, row.stakers, row.validators, row.contributors, row.reserve];
            prop_assert_eq!(sum(roles), charge.fee.units());
            let pool = row.shares.iter().map(|share| share.amount).chain(row.datanets.iter().map(|share| share.unattributed));
            prop_assert_eq!(sum(pool), row.contributors.units());
        }
        let credited = settled.closed.ledger.iter().filter(|row| row.reason == warehouse::types::Reason::Inference);
        prop_assert_eq!(sum(credited.map(|row| row.amount)), sum(charges.iter().map(|charge| charge.fee)));
    }

    #[test]
    fn no_order_of_rows_changes_anything(world in world(), seed in any::<u64>()) {
        let registry = registry(&world);
        let (charges, attributions) = receipts(&world);
        let settled = settle_world(&registry, &charges, &attributions);
        let shuffle = |at: usize| keccak256([seed.to_be_bytes(), (at as u64).to_be_bytes()].concat());
        let mut order: Vec<usize> = (0..charges.len()).collect();
        order.sort_by_key(|at| shuffle(*at));
        let shuffled: Vec<Charge> = order.iter().map(|at| charges[*at].clone()).collect();
        let reversed: Vec<Attribution> = attributions.iter().rev().cloned().collect();
        let mut other = registry.clone();
        other.validations.reverse();
        other.stakes.reverse();
        other.contributions.reverse();
        let again = settle_world(&other, &shuffled, &reversed);
        prop_assert_eq!(&settled.closed, &again.closed);
        prop_assert_eq!(&settled.pending, &again.pending);
        prop_assert_eq!(warehouse::encoding::digest_of(&settled.divisions), warehouse::encoding::digest_of(&again.divisions));
    }

    #[test]
    fn nobody_is_credited_below_zero_and_no_cumulative_falls(world in world()) {
        let registry = registry(&world);
        let (charges, attributions) = receipts(&world);
        let settled = settle_world(&registry, &charges, &attributions);
        for row in &settled.closed.payouts {
            let credits = sum([row.earned, row.returned, row.corrected]);
            prop_assert_eq!(credits - row.withheld.units(), row.amount.units());
        }
        let kept = settled.closed.payouts.iter().find(|row| row.account == address(20));
        prop_assert!(kept.is_some_and(|row| row.cumulative >= amount(5)));
    }
}
