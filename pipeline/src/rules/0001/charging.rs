//! Which receipts count, and what each costs: one fold over the epoch's batches in log order.

use super::registry::RegistryRows;
use super::scope::Influence;
use alloy::primitives::B256;
use std::collections::{BTreeMap, BTreeSet};
use warehouse::tables::charges::{Clock, Outcome};
use warehouse::tables::flows::FlowKind;
use warehouse::tables::keys::KeyKind;
use warehouse::tables::raw_batches::SpendSeen;
use warehouse::tables::raw_evidence::EvidenceMethod;
use warehouse::tables::{Adapter, Balance, Charge, LaneHead, ModelVersion, RawBatch, RawEvidence, RawReceipt, Spend};
use warehouse::types::{
    Account, AdapterId, Address, Amount, BatchId, Epoch, KafkaOffset, ModelVersionId, Partition, Time, Topic,
};

/// A record's place in the log.
pub type Place = (Topic, Partition, KafkaOffset);

/// What an epoch's receipts are charged from.
pub struct Receipts<'a> {
    /// The epoch.
    pub epoch: Epoch,
    /// Its first moment.
    pub starts_at: Time,
    /// The first moment after it.
    pub ends_at: Time,
    /// Log time of each of its records.
    pub log_times: &'a BTreeMap<Place, Time>,
    /// Its batches.
    pub batches: &'a [RawBatch],
    /// Its receipts.
    pub receipts: &'a [RawReceipt],
    /// Their evidence; the bytes are not looked at.
    pub evidence: &'a [RawEvidence],
    /// Model versions and adapters whose artifacts cannot be used.
    pub refused: &'a BTreeSet<B256>,
}

/// Where lanes, Spends and deposits stood at the end of the epoch before.
pub struct Opening<'a> {
    /// Heads of lanes.
    pub lane_heads: &'a [LaneHead],
    /// Highest Spends, and what was charged.
    pub spends: &'a [Spend],
    /// Balances.
    pub balances: &'a [Balance],
}

/// What charging gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charged {
    /// Every receipt occurrence, charged or refused.
    pub charges: Vec<Charge>,
    /// Heads of lanes at the epoch's end.
    pub lane_heads: Vec<LaneHead>,
    /// Spends and what was charged so far, at the epoch's end.
    pub spends: Vec<Spend>,
}

/// When keys are valid: from, and before; by kind, owner, key.
type Keys = BTreeMap<(KeyKind, Address, Address), Vec<(Time, Option<Time>)>>;

/// Who may sign, and what costs how much, in an epoch.
#[derive(Clone, Debug)]
pub struct Terms {
    epoch: Epoch,
    operators: BTreeMap<Address, Option<Time>>,
    keys: Keys,
    models: BTreeMap<ModelVersionId, ModelVersion>,
    adapters: BTreeMap<AdapterId, Adapter>,
    refused: BTreeSet<B256>,
}

/// Where lanes, Spends and deposits stand while batches are taken in log order.
#[derive(Clone, Debug, Default)]
pub struct Fold {
    /// (operator, lane) to its last batch that counted.
    pub lanes: BTreeMap<(Address, u64), (u64, BatchId)>,
    /// Batches that counted.
    pub counted: BTreeSet<BatchId>,
    /// (payer, operator) to the highest Spend, and what was charged.
    pub spends: BTreeMap<(Address, Address), (Amount, Amount)>,
    /// What is left of deposits.
    pub deposits: BTreeMap<Account, Amount>,
}

/// Charges an epoch's receipts. Cost: n log n in receipts and batches.
///
/// # Errors
/// When a deposit exceeds every amount.
pub fn charge(input: &Receipts, registry: &RegistryRows, opening: &Opening) -> Result<Charged, String> {
    let terms = Terms::new(input.epoch, registry, input.refused);
    let mut fold = Fold::new(registry, opening)?;
    let log_time = |place: &Place| input.log_times.get(place).copied().unwrap_or(input.ends_at);
    let mut receipts: BTreeMap<Place, Vec<&RawReceipt>> = BTreeMap::new();
    for receipt in input.receipts {
        receipts.entry((receipt.topic, receipt.partition, receipt.offset)).or_default().push(receipt);
    }
    receipts.values_mut().for_each(|batch| batch.sort_by_key(|receipt| receipt.index));
    let evidence: BTreeMap<(Place, u32), &RawEvidence> =
        input.evidence.iter().map(|row| (((row.topic, row.partition, row.offset), row.index), row)).collect();
    let mut batches: Vec<(Time, Place, &RawBatch)> = Vec::with_capacity(input.batches.len());
    for batch in input.batches {
        let place = (batch.topic, batch.partition, batch.offset);
        batches.push((log_time(&place), place, batch));
    }
    batches.sort_by_key(|(time, place, _)| (*time, *place));
    let mut charges = Vec::with_capacity(input.receipts.len());
    for (time, place, batch) in batches {
        let refused = fold.take_batch(&terms, time, batch);
        for receipt in receipts.get(&place).into_iter().flatten() {
            let evidence = evidence.get(&(place, receipt.index)).copied();
            let (outcome, fee) = match refused {
                Some(outcome) => (outcome, Amount::ZERO),
                None => fold.take_receipt(&terms, receipt, evidence),
            };
            charges.push(charge_row(input, time, receipt, outcome, fee));
        }
    }
    Ok(fold.close(input.epoch, charges))
}

fn charge_row(input: &Receipts, log_time: Time, receipt: &RawReceipt, outcome: Outcome, fee: Amount) -> Charge {
    let clock = match receipt.served_at {
        early if early >= input.ends_at => Clock::Early,
        late if late < input.starts_at => Clock::Late,
        _ => Clock::OnTime,
    };
    Charge {
        epoch: input.epoch,
        topic: receipt.topic,
        partition: receipt.partition,
        offset: receipt.offset,
        index: receipt.index,
        log_time,
        receipt: receipt.receipt,
        batch: receipt.batch,
        operator: receipt.operator,
        payer: receipt.payer,
        model_version: receipt.model_version,
        adapter: receipt.adapter,
        outcome,
        fee,
        clock,
    }
}

impl Terms {
    /// What binds in the epoch. `refused` are the model versions and adapters whose artifacts cannot be used.
    pub fn new(epoch: Epoch, registry: &RegistryRows, refused: &BTreeSet<B256>) -> Self {
        let mut keys = Keys::new();
        for key in &registry.keys {
            keys.entry((key.kind, key.owner, key.key)).or_default().push((key.added_at, key.revoked_at));
        }
        Self {
            epoch,
            operators: registry.operators.iter().map(|row| (row.operator, row.revoked_at)).collect(),
            keys,
            models: registry.models.iter().map(|row| (row.version, row.clone())).collect(),
            adapters: registry.adapters.iter().map(|row| (row.adapter, row.clone())).collect(),
            refused: refused.clone(),
        }
    }

    fn key_is_valid(&self, kind: KeyKind, owner: Address, key: Address, time: Time) -> bool {
        let intervals = self.keys.get(&(kind, owner, key)).into_iter().flatten();
        intervals.into_iter().any(|(added, revoked)| *added <= time && revoked.is_none_or(|revoked| time < revoked))
    }

    /// The registered operators, revoked ones too.
    pub fn operators(&self) -> impl Iterator<Item = Address> {
        self.operators.keys().copied()
    }

    /// The keys that may sign a payer's Spends at a time, beside its own.
    pub fn spender_keys(&self, payer: Address, time: Time) -> Vec<Address> {
        let (first, last) = (Address::ZERO, Address::repeat_byte(0xff));
        let keys = self.keys.range((KeyKind::Spender, payer, first)..=(KeyKind::Spender, payer, last));
        let keys = keys.map(|((_, _, key), _)| *key);
        keys.filter(|key| self.key_is_valid(KeyKind::Spender, payer, *key, time)).collect()
    }

    /// Whether what this key signs for this operator counts.
    ///
    /// # Errors
    /// Why not.
    pub fn signer(&self, operator: Address, signer: Address, time: Time) -> Result<(), Outcome> {
        match self.operators.get(&operator) {
            Some(revoked) if revoked.is_none_or(|revoked| time < revoked) => {}
            _ => return Err(Outcome::UnknownOperator),
        }
        if self.key_is_valid(KeyKind::Signing, operator, signer, time) { Ok(()) } else { Err(Outcome::InvalidKey) }
    }

    /// Whether a Spend is signed by its payer or the payer's spender key.
    pub fn spend_is_valid(&self, spend: &SpendSeen, time: Time) -> bool {
        let by_payer = !spend.signer.is_zero() && spend.signer == spend.payer;
        by_payer || self.key_is_valid(KeyKind::Spender, spend.payer, spend.signer, time)
    }

    fn fee(&self, receipt: &RawReceipt, evidence: Option<&RawEvidence>) -> Result<Amount, Outcome> {
        let epoch = self.epoch;
        let model = self.models.get(&receipt.model_version).ok_or(Outcome::UnknownModel)?;
        let adapter = match receipt.adapter {
            None => None,
            Some(id) => {
                let adapter = self.adapters.get(&id).filter(|adapter| adapter.model_version == model.version);
                Some(adapter.ok_or(Outcome::UnknownAdapter)?)
            }
        };
        let refuse = |bad: bool, outcome| if bad { Err(outcome) } else { Ok(()) };
        refuse(model.pays_from > epoch || adapter.is_some_and(|a| a.pays_from > epoch), Outcome::NotYetPayable)?;
        refuse(model.deprecated || adapter.is_some_and(|a| a.deprecated), Outcome::Deprecated)?;
        refuse(!model.priced || adapter.is_some_and(|a| !a.priced), Outcome::Unpriced)?;
        let base = Influence::of_model(model).ok_or(Outcome::MethodUnsupported)?;
        let adapted = match adapter {
            None => None,
            Some(adapter) => Some(Influence::of_adapter(adapter).ok_or(Outcome::MethodUnsupported)?),
        };
        let is_refused = |id: B256| self.refused.contains(&id);
        let unusable = is_refused(model.version.0) || adapter.is_some_and(|a| is_refused(a.adapter.0));
        refuse(unusable, Outcome::ArtifactUnusable)?;
        let evidence = evidence.ok_or(Outcome::EvidenceMissing)?;
        refuse(!fits(evidence, base, adapted), Outcome::EvidenceMalformed)?;
        let cost = |base: Amount, price_in: Amount, price_out: Amount| {
            let tokens_in = price_in.checked_mul(receipt.tokens_in.into())?;
            let tokens_out = price_out.checked_mul(receipt.tokens_out.into())?;
            base.checked_add(tokens_in)?.checked_add(tokens_out)
        };
        let of_model = cost(model.price_base, model.price_in, model.price_out);
        let of_adapter = adapter.map_or(Some(Amount::ZERO), |a| cost(a.price_base, a.price_in, a.price_out));
        of_model.zip(of_adapter).and_then(|(model, adapter)| model.checked_add(adapter)).ok_or(Outcome::FeeOverflow)
    }
}

impl Fold {
    /// Where the epoch before ended, with the epoch's deposits.
    ///
    /// # Errors
    /// When a deposit exceeds every amount.
    pub fn new(registry: &RegistryRows, opening: &Opening) -> Result<Self, String> {
        let mut deposits: BTreeMap<Account, Amount> =
            opening.balances.iter().map(|balance| (balance.account, balance.amount)).collect();
        for flow in registry.flows.iter().filter(|flow| flow.kind == FlowKind::Deposit) {
            let deposit = deposits.entry(Account::deposit(flow.party, flow.operator.unwrap_or_default())).or_default();
            *deposit = deposit.checked_add(flow.amount).ok_or("deposits exceed every amount")?;
        }
        Ok(Self {
            lanes: opening.lane_heads.iter().map(|row| ((row.operator, row.lane), (row.number, row.head))).collect(),
            counted: opening.lane_heads.iter().map(|row| row.head).collect(),
            spends: opening.spends.iter().map(|row| ((row.payer, row.operator), (row.allowed, row.charged))).collect(),
            deposits,
        })
    }

    /// Extends the batch's lane and takes its Spends, or gives the reason why all of it is refused.
    pub fn take_batch(&mut self, terms: &Terms, time: Time, batch: &RawBatch) -> Option<Outcome> {
        if let Err(outcome) = terms.signer(batch.operator, batch.signer, time) {
            return Some(outcome);
        }
        if self.counted.contains(&batch.batch) {
            return Some(Outcome::Replayed);
        }
        let lane = (batch.operator, batch.lane);
        let (number, head) = self.lanes.get(&lane).copied().unwrap_or_default();
        if batch.number > number + 1 {
            return Some(Outcome::LaneGap);
        }
        if batch.number <= number || batch.previous != head {
            return Some(Outcome::LaneFork);
        }
        self.lanes.insert(lane, (batch.number, batch.batch));
        self.counted.insert(batch.batch);
        for spend in &batch.spends {
            if terms.spend_is_valid(spend, time) {
                let (allowed, _) = self.spends.entry((spend.payer, batch.operator)).or_default();
                *allowed = spend.cumulative.max(*allowed);
            }
        }
        None
    }

    /// Charges a receipt of a batch that counts, or gives the reason why not.
    pub fn take_receipt(
        &mut self,
        terms: &Terms,
        receipt: &RawReceipt,
        evidence: Option<&RawEvidence>,
    ) -> (Outcome, Amount) {
        let fee = match terms.fee(receipt, evidence) {
            Ok(fee) => fee,
            Err(outcome) => return (outcome, Amount::ZERO),
        };
        let spend = (receipt.payer, receipt.operator);
        let (allowed, charged) = self.spends.get(&spend).copied().unwrap_or_default();
        let account = Account::deposit(receipt.payer, receipt.operator);
        let deposit = self.deposits.get(&account).copied().unwrap_or_default();
        let Some(charged) = charged.checked_add(fee).filter(|charged| *charged <= allowed) else {
            return (Outcome::BeyondSpend, Amount::ZERO);
        };
        let Some(left) = deposit.checked_sub(fee) else { return (Outcome::BeyondDeposit, Amount::ZERO) };
        if !fee.is_zero() {
            self.spends.insert(spend, (allowed, charged));
            self.deposits.insert(account, left);
        }
        (Outcome::Charged, fee)
    }

    fn close(self, epoch: Epoch, charges: Vec<Charge>) -> Charged {
        let lane_heads = self.lanes.into_iter().map(|((operator, lane), (number, head))| LaneHead {
            epoch,
            operator,
            lane,
            number,
            head,
        });
        let spends = self.spends.into_iter().map(|((payer, operator), (allowed, charged))| Spend {
            epoch,
            payer,
            operator,
            allowed,
            charged,
        });
        Charged { charges, lane_heads: lane_heads.collect(), spends: spends.collect() }
    }
}

/// Whether the evidence holds exactly the sketches that the model version, and the adapter if any, need.
fn fits(evidence: &RawEvidence, base: Influence, adapter: Option<Influence>) -> bool {
    let part = |part: u8, needs: Option<Influence>| {
        let mut sketches = evidence.sketches.iter().filter(|sketch| sketch.part == part);
        let count = sketches.clone().count() as u64;
        let (checkpoints, k) = needs.map_or((0, 0), |needs| (needs.checkpoints, needs.k));
        count == u64::from(checkpoints) && sketches.all(|sketch| sketch.length == k && sketch.exponent <= 15)
    };
    evidence.method == EvidenceMethod::Influence && part(0, Some(base)) && part(1, adapter)
}
