//! Small random worlds: a registry, receipts with weights, and the orders of one epoch.
#![allow(unreachable_pub, reason = "a part of the tests")]
use alloy::primitives::{B256, keccak256};
use pipeline::rules::rules_0001::registry::RegistryRows;
use proptest::prelude::*;
use warehouse::tables::attributions::PartWeight;
use warehouse::tables::charges::{Clock, Outcome};
use warehouse::tables::contributions::{Beneficiary, ContributionState};
use warehouse::tables::flows::FlowKind;
use warehouse::tables::{
    Adapter, Attribution, Charge, Contribution, Datanet, DatanetVersion, Flow, ModelVersion, Split, Stake, Validation,
};
use warehouse::types::{
    AdapterId, Address, Amount, BasisPoints, BatchId, ContributionId, ContributionNumber, DatanetId, DatanetVersionId,
    Epoch, Hash, KafkaOffset, ModelId, ModelVersionId, Partition, ReceiptId, Role, Time, Topic, Weight,
};

pub const EPOCH: Epoch = Epoch(2);
const OPERATORS: u8 = 2;
const CONTRIBUTIONS: u32 = 4;

pub fn address(seed: u8) -> Address {
    Address::repeat_byte(seed)
}

pub fn id(kind: &str, number: u32) -> B256 {
    keccak256([kind.as_bytes(), &number.to_be_bytes()].concat())
}

pub fn amount(units: u128) -> Amount {
    Amount::new(units).unwrap()
}

/// One random receipt: fee, operator, whether through the adapter, weights of contributions in both parts.
#[derive(Clone, Debug)]
pub struct Query {
    fee: u128,
    operator: u8,
    adapter: bool,
    weights: Vec<(u8, u32, u128)>,
}

/// What is random in a world.
#[derive(Clone, Debug)]
pub struct World {
    queries: Vec<Query>,
    shares: [u16; Role::COUNT],
    platform: bool,
    adapter_share: u16,
    items: [u32; CONTRIBUTIONS as usize],
    stakes: Vec<(u8, u8, u128)>,
    votes: Vec<(u32, u8)>,
    orders: Vec<(FlowKind, u8, u8, u128)>,
}

fn shares() -> impl Strategy<Value = [u16; Role::COUNT]> {
    proptest::collection::vec(0u16..3000, Role::COUNT).prop_map(|raw| {
        let sum: u32 = raw.iter().copied().map(u32::from).sum::<u32>().max(1);
        let mut shares = [0u16; Role::COUNT];
        for (share, raw) in shares.iter_mut().zip(&raw) {
            *share = u16::try_from(u32::from(*raw) * 10_000 / sum).unwrap();
        }
        let rest = 10_000 - shares.iter().sum::<u16>();
        shares[Role::Contributors as usize] += rest;
        shares
    })
}

fn query() -> impl Strategy<Value = Query> {
    let weight = (0u8..2, 0..CONTRIBUTIONS, 1u128..1 << 62);
    (0u128..1 << 90, 0..OPERATORS, any::<bool>(), proptest::collection::vec(weight, 0..6)).prop_map(
        |(fee, operator, adapter, mut weights)| {
            weights.retain(|(part, _, _)| adapter || *part == 0);
            weights.sort_unstable();
            weights.dedup_by_key(|(part, number, _)| (*part, *number));
            Query { fee, operator, adapter, weights }
        },
    )
}

pub fn world() -> impl Strategy<Value = World> {
    let order = prop_oneof![
        Just(FlowKind::Refund),
        Just(FlowKind::Unstake),
        Just(FlowKind::Slash),
        Just(FlowKind::Stake),
        Just(FlowKind::Correction),
        Just(FlowKind::Assignment),
        Just(FlowKind::ForfeitedBond),
        Just(FlowKind::Incentive),
        Just(FlowKind::Training),
    ];
    (
        proptest::collection::vec(query(), 0..12),
        shares(),
        any::<bool>(),
        0u16..=10_000,
        proptest::array::uniform4(0u32..5),
        proptest::collection::vec((40u8..44, 0..OPERATORS, 0u128..1 << 80), 0..5),
        proptest::collection::vec((0..CONTRIBUTIONS, 50u8..53), 0..8),
        proptest::collection::vec((order, 40u8..48, 0..OPERATORS, 0u128..1 << 88), 0..10),
    )
        .prop_map(|(queries, shares, platform, adapter_share, items, stakes, votes, orders)| World {
            queries,
            shares,
            platform,
            adapter_share,
            items,
            stakes,
            votes,
            orders,
        })
}

fn model(artifact: u32, versions: Vec<DatanetVersionId>) -> ModelVersion {
    ModelVersion {
        epoch: EPOCH,
        version: ModelVersionId(id("version", artifact)),
        model: ModelId(id("model", artifact)),
        name: "model".into(),
        owner: address(10),
        base_version: None,
        method: 1,
        sketch_k: 4,
        checkpoints: 1,
        decoys_min: 1,
        top_k: 8,
        artifact_hash: Hash(id("artifact", artifact)),
        datanet_versions: versions,
        evidence_public: true,
        pays_from: Epoch(1),
        priced: true,
        price_base: amount(1),
        price_in: amount(0),
        price_out: amount(0),
        deprecated: false,
    }
}

fn contribution(number: u32, items: u32) -> Contribution {
    let second = Beneficiary { account: address(60), share: BasisPoints::new(3333).unwrap() };
    let first = Beneficiary { account: address(20 + u8::try_from(number).unwrap()), share: second.share.rest() };
    Contribution {
        epoch: EPOCH,
        contribution: ContributionId(id("contribution", number)),
        number: ContributionNumber(number),
        datanet: DatanetId(id("datanet", number % 2)),
        contributor: first.account,
        state: ContributionState::Accepted,
        content_hash: Hash::default(),
        items_submitted: items,
        items,
        score: 1,
        uri: String::new(),
        licence: String::new(),
        commit_block: number.into(),
        commit_log: 0,
        committed_at: Time(0),
        beneficiaries: vec![first, second],
    }
}

pub fn registry(world: &World) -> RegistryRows {
    let datanets = (0..2).map(|number| Datanet {
        epoch: EPOCH,
        datanet: DatanetId(id("datanet", number)),
        name: "datanet".into(),
        owner: address(30 + u8::try_from(number).unwrap()),
        licence: String::new(),
        metadata_uri: String::new(),
        quorum: 1,
        validators: Vec::new(),
        created_at: Time(0),
    });
    let contributions: Vec<Contribution> =
        (0..CONTRIBUTIONS).zip(world.items).map(|(number, items)| contribution(number, items)).collect();
    let versions: Vec<DatanetVersion> = (0..2)
        .map(|number| DatanetVersion {
            epoch: EPOCH,
            version: DatanetVersionId(id("datanet version", number)),
            datanet: DatanetId(id("datanet", number)),
            number: 1,
            contributions: contributions
                .iter()
                .filter(|row| row.number.0 % 2 == number)
                .map(|row| row.contribution)
                .collect(),
            items: 0,
            published_at: Time(0),
        })
        .collect();
    let all: Vec<DatanetVersionId> = versions.iter().map(|row| row.version).collect();
    let base = model(0, all.clone());
    let adapter = Adapter {
        epoch: EPOCH,
        adapter: AdapterId(id("adapter", 0)),
        model_version: base.version,
        name: "adapter".into(),
        owner: address(11),
        contributors_share: BasisPoints::new(world.adapter_share).unwrap(),
        method: 1,
        sketch_k: 4,
        checkpoints: 1,
        decoys_min: 1,
        top_k: 8,
        artifact_hash: Hash::default(),
        datanet_versions: vec![all[1]],
        evidence_public: true,
        pays_from: Epoch(1),
        priced: true,
        price_base: amount(1),
        price_in: amount(0),
        price_out: amount(0),
        deprecated: false,
    };
    let mut votes = world.votes.clone();
    votes.sort_unstable();
    votes.dedup();
    let mut stakes = world.stakes.clone();
    stakes.sort_unstable();
    stakes.dedup_by_key(|(staker, operator, _)| (*staker, *operator));
    RegistryRows {
        datanets: datanets.collect(),
        datanet_versions: versions,
        validations: votes
            .into_iter()
            .map(|(number, validator)| Validation {
                epoch: EPOCH,
                contribution: ContributionId(id("contribution", number)),
                validator: address(validator),
                accepted: true,
                score: 1,
                items: 1,
                voted_at: Time(0),
            })
            .collect(),
        contributions,
        models: vec![base],
        adapters: vec![adapter],
        stakes: stakes
            .into_iter()
            .map(|(staker, operator, earning)| Stake {
                epoch: EPOCH,
                staker: address(staker),
                operator: address(70 + operator),
                staked: amount(earning),
                slashed: Amount::ZERO,
                unstake_requested: Amount::ZERO,
                earning: amount(earning),
            })
            .collect(),
        splits: Role::ALL
            .into_iter()
            .zip(world.shares)
            .map(|(role, share)| Split {
                epoch: EPOCH,
                role,
                share: BasisPoints::new(share).unwrap(),
                account: (role == Role::Platform && world.platform).then(|| address(12)),
            })
            .collect(),
        flows: flows(world),
        ..RegistryRows::default()
    }
}

fn flows(world: &World) -> Vec<Flow> {
    let row = |at: usize, kind, party: u8, operator: u8, units| Flow {
        epoch: EPOCH,
        block: at as u64,
        log: 0,
        at: Time(0),
        kind,
        party: address(party),
        operator: Some(address(70 + operator)),
        overpaid: (kind == FlowKind::Correction).then(|| address(20)),
        datanet: Some(DatanetId(id("datanet", u32::from(operator)))),
        reference: Some(Hash(id("order", u32::try_from(at).unwrap()))),
        amount: amount(units),
        note: String::new(),
    };
    let deposits = (0..OPERATORS).map(|operator| row(usize::from(operator), FlowKind::Deposit, 41, operator, 1 << 100));
    let orders = world.orders.iter().enumerate();
    deposits
        .chain(orders.map(|(at, (kind, party, operator, units))| row(10 + at, *kind, *party, *operator, *units)))
        .collect()
}

pub fn receipts(world: &World) -> (Vec<Charge>, Vec<Attribution>) {
    let rows = world.queries.iter().enumerate().map(|(at, query)| {
        let receipt = ReceiptId(id("receipt", u32::try_from(at).unwrap()));
        let adapter = query.adapter.then(|| AdapterId(id("adapter", 0)));
        let model_version = ModelVersionId(id("version", 0));
        let charge = Charge {
            epoch: EPOCH,
            topic: Topic::Receipts,
            partition: Partition(0),
            offset: KafkaOffset(i64::try_from(at).unwrap()),
            index: 0,
            log_time: Time(0),
            receipt,
            batch: BatchId::default(),
            operator: address(70 + query.operator),
            payer: address(41),
            model_version,
            adapter,
            outcome: Outcome::Charged,
            fee: amount(query.fee),
            clock: Clock::OnTime,
        };
        let weights = query.weights.iter().map(|(part, number, weight)| PartWeight {
            part: *part,
            number: ContributionNumber(*number),
            weight: Weight(*weight),
        });
        let attribution = Attribution {
            epoch: EPOCH,
            receipt,
            fee: charge.fee,
            model_version,
            adapter,
            tau_base: 0,
            tau_adapter: None,
            weights: weights.collect(),
        };
        (charge, attribution)
    });
    rows.unzip()
}
