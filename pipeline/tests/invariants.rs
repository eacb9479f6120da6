//! Every invariant's query finds the rows that break it: one smallest broken book for each.

use alloy::primitives::B256;
use pipeline::jobs::INVARIANTS;
use std::collections::HashMap;
use warehouse::Warehouse;
use warehouse::query::{Parameter, Session};
use warehouse::table::Table;
use warehouse::tables::allocations::Share;
use warehouse::tables::charges::{Clock, Outcome};
use warehouse::tables::epochs::EpochState;
use warehouse::tables::{Allocation, Balance, Charge, Division, EpochRow, LedgerEntry, Payout, Spend};
use warehouse::types::{
    Account, Address, Amount, Attempt, BatchId, ContributionNumber, Epoch, Hash, KafkaOffset, ModelVersionId,
    Partition, Reason, ReceiptId, Role, SourceId, Time, Topic, Weight,
};

const EPOCH: Epoch = Epoch(2);

fn amount(units: u128) -> Amount {
    Amount::new(units).unwrap()
}

fn account(seed: u8) -> Account {
    Account::address(Address::repeat_byte(seed))
}

struct Books {
    warehouse: Warehouse,
    _folder: tempfile::TempDir,
}

impl Books {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let warehouse = Warehouse::at(folder.path().to_str().unwrap(), HashMap::new()).unwrap();
        Self { warehouse, _folder: folder }
    }

    async fn with<T: Table + Clone>(self, row: T) -> Self {
        self.warehouse.append(&[row], Attempt(1), &[], HashMap::new()).await.unwrap();
        self
    }

    /// Names of the invariants that the rows break.
    async fn broken(&self) -> Vec<&'static str> {
        let session = Session::open(&self.warehouse, &[]).await.unwrap();
        let mut broken = Vec::new();
        for (name, sql) in INVARIANTS {
            let rows = session
                .query(sql, &[("epoch", Parameter::Integer(2)), ("attempt", Parameter::Integer(1))])
                .await
                .unwrap();
            if rows.iter().any(|batch| batch.num_rows() > 0) {
                broken.push(*name);
            }
        }
        broken
    }
}

fn charge(fee: u128) -> Charge {
    Charge {
        epoch: EPOCH,
        topic: Topic::Receipts,
        partition: Partition(0),
        offset: KafkaOffset(0),
        index: 0,
        log_time: Time(0),
        receipt: ReceiptId(B256::repeat_byte(1)),
        batch: BatchId::default(),
        operator: Address::repeat_byte(1),
        payer: Address::repeat_byte(2),
        model_version: ModelVersionId::default(),
        adapter: None,
        outcome: Outcome::Charged,
        fee: amount(fee),
        clock: Clock::OnTime,
    }
}

fn allocation(contributors: u128, share: u128) -> Allocation {
    Allocation {
        epoch: EPOCH,
        receipt: ReceiptId(B256::repeat_byte(1)),
        payer: Address::repeat_byte(2),
        operator: Address::repeat_byte(1),
        model_version: ModelVersionId::default(),
        adapter: None,
        fee: amount(contributors),
        platform: Amount::ZERO,
        datanet_owner: Amount::ZERO,
        model_owner: Amount::ZERO,
        base_model_owner: Amount::ZERO,
        adapter_owner: Amount::ZERO,
        operator_fee: Amount::ZERO,
        stakers: Amount::ZERO,
        validators: Amount::ZERO,
        contributors: amount(contributors),
        reserve: Amount::ZERO,
        shares: vec![Share { part: 0, number: ContributionNumber(0), weight: Weight(1), amount: amount(share) }],
        datanets: Vec::new(),
    }
}

fn division(whole: u128, part: u128) -> Division {
    Division {
        epoch: EPOCH,
        role: Role::Contributors,
        subject: SourceId::default(),
        account: account(3),
        whole: amount(whole),
        weight: Weight(1),
        amount: amount(part),
        source: SourceId::default(),
    }
}

fn entry(debit_account: Account, credit_account: Account, units: u128, reason: Reason) -> LedgerEntry {
    LedgerEntry {
        epoch: EPOCH,
        debit_account,
        credit_account,
        amount: amount(units),
        reason,
        source: SourceId::default(),
    }
}

fn payout(epoch: Epoch, earned: u128, units: u128, cumulative: u128) -> Payout {
    Payout {
        epoch,
        account: Address::repeat_byte(3),
        earned: amount(earned),
        returned: Amount::ZERO,
        corrected: Amount::ZERO,
        withheld: Amount::ZERO,
        amount: amount(units),
        cumulative: amount(cumulative),
    }
}

fn settled_before() -> EpochRow {
    EpochRow {
        epoch: Epoch(1),
        attempt: Attempt(1),
        state: EpochState::Settled,
        starts_at: Time(0),
        ends_at: Time(1),
        chain_id: 1,
        vault: Address::ZERO,
        rule_set: 1,
        inputs_hash: Hash::default(),
        manifest_hash: None,
        payout_root: None,
        total_cumulative: None,
        document: String::new(),
    }
}

async fn check(books: Books, expected: &str) {
    let broken = books.broken().await;
    assert!(broken.contains(&expected), "{expected} is not among {broken:?}");
}

#[tokio::test]
async fn empty_books_break_nothing() {
    assert_eq!(Books::new().broken().await, Vec::<&str>::new());
}

#[tokio::test]
async fn a_charge_without_a_credit_is_found() {
    check(Books::new().with(charge(5)).await, "charges_equal_credits").await;
    check(Books::new().with(charge(5)).await, "fees_are_divided_whole").await;
}

#[tokio::test]
async fn a_charge_beyond_the_spend_is_found() {
    let (payer, operator) = (Address::repeat_byte(1), Address::repeat_byte(2));
    let spend = Spend { epoch: EPOCH, payer, operator, allowed: amount(4), charged: amount(5) };
    check(Books::new().with(spend).await, "charges_are_covered").await;
}

#[tokio::test]
async fn a_cumulative_that_falls_or_disappears_is_found() {
    let before = Books::new().with(settled_before()).await.with(payout(Epoch(1), 9, 9, 9)).await;
    check(before, "cumulative_never_falls").await;
    let before = Books::new().with(settled_before()).await.with(payout(Epoch(1), 9, 9, 9)).await;
    check(before.with(payout(EPOCH, 0, 0, 8)).await, "cumulative_never_falls").await;
}

#[tokio::test]
async fn a_balance_of_nothing_is_found() {
    let balance = Balance { epoch: EPOCH, account: Account::RESERVE, amount: Amount::ZERO };
    check(Books::new().with(balance).await, "deposits_are_not_overdrawn").await;
}

#[tokio::test]
async fn a_balance_that_no_entry_explains_is_found() {
    let balance = Balance { epoch: EPOCH, account: Account::RESERVE, amount: amount(7) };
    let books = Books::new().with(balance).await;
    assert_eq!(books.broken().await, ["ledger_balances", "money_is_conserved"]);
}

#[tokio::test]
async fn a_payout_that_no_entry_explains_is_found() {
    check(Books::new().with(payout(EPOCH, 3, 3, 3)).await, "payouts_equal_ledger").await;
    check(Books::new().with(payout(EPOCH, 3, 3, 3)).await, "proofs_cover_payouts").await;
    let entry = entry(Account::RESERVE, account(3), 4, Reason::Correction);
    check(Books::new().with(payout(EPOCH, 3, 3, 3)).await.with(entry).await, "payouts_equal_ledger").await;
}

#[tokio::test]
async fn a_pool_that_is_not_shared_whole_is_found() {
    check(Books::new().with(allocation(5, 4)).await, "pools_are_shared_whole").await;
}

#[tokio::test]
async fn a_division_that_is_not_whole_is_found() {
    check(Books::new().with(division(5, 4)).await, "divisions_are_whole").await;
    check(Books::new().with(allocation(5, 5)).await.with(division(4, 4)).await, "divisions_are_whole").await;
}

#[tokio::test]
async fn sums_beyond_38_digits_are_errors_and_never_wrap() {
    let entry =
        |seed| LedgerEntry { amount: Amount::MAX, ..entry(Account::OUTSIDE, account(seed), 1, Reason::Deposit) };
    let books = Books::new().with(entry(1)).await.with(entry(2)).await;
    let session = Session::open(&books.warehouse, &[]).await.unwrap();
    let summed = session.query("select exact_sum(amount) from warehouse.ledger", &[]).await;
    assert!(summed.is_err(), "{summed:?}");
}
