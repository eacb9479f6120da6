//! What has been taken in since the last settled epoch, folded by the settlement's own rules as the topic gives it.

use super::basis::Basis;
use ingest::RawRows;
use pipeline::rules::rules_0001::charging::{Fold, Terms};
use std::collections::{BTreeMap, HashMap};
use warehouse::tables::charges::Outcome;
use warehouse::tables::raw_log::RecordKind;
use warehouse::tables::{RawBatch, RawEvidence};
use warehouse::types::{Account, Address, Amount, BatchId, KafkaOffset, Partition, Time};

/// Bytes of a commitment that are kept: enough to tell one receipt from another.
const COMMITMENT_BYTES: usize = 8;

/// A batch that stands in the topic.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Its place.
    pub partition: Partition,
    /// Its place.
    pub offset: KafkaOffset,
    /// When the log took it in.
    pub taken_at: Time,
    /// Who sent it.
    pub operator: Address,
    /// In which lane.
    pub lane: u64,
    /// As which.
    pub number: u64,
    /// Whether it extended its lane.
    pub counts: bool,
    /// What the rules say of its receipts so far, in their order.
    pub receipts: Box<[SeenReceipt]>,
    /// The same, counted.
    pub verdicts: Verdicts,
}

/// A receipt of such a batch.
#[derive(Clone, Copy, Debug)]
pub struct SeenReceipt {
    /// Its position in the batch.
    pub index: u32,
    /// What the rules say.
    pub verdict: Outcome,
    /// The beginning of its output's commitment.
    commitment: [u8; COMMITMENT_BYTES],
}

impl SeenReceipt {
    /// Whether its output's commitment may be this one.
    pub fn answers(&self, output_commitment: &[u8]) -> bool {
        output_commitment.starts_with(&self.commitment)
    }
}

/// How many receipts got each verdict, and their fees.
pub type Verdicts = BTreeMap<Outcome, (usize, Amount)>;

/// What the rules say of a batch.
pub struct Taken {
    /// Why none of it counts, if so.
    pub refused: Option<Outcome>,
    /// Verdict and fee of each receipt, in their order.
    pub receipts: Vec<(Outcome, Amount)>,
}

impl Taken {
    /// How many receipts got each verdict.
    pub fn verdicts(&self) -> Verdicts {
        let mut verdicts = Verdicts::new();
        for (verdict, fee) in &self.receipts {
            let (count, fees) = verdicts.entry(*verdict).or_default();
            *count += 1;
            *fees = fees.checked_add(*fee).unwrap_or(Amount::MAX);
        }
        verdicts
    }
}

/// What a payer may still be charged by an operator.
#[derive(Clone, Copy, Debug)]
pub struct Funds {
    /// The operator.
    pub operator: Address,
    /// What is left of the deposit.
    pub deposit: Amount,
    /// The highest Spend.
    pub allowed: Amount,
    /// What was charged, ever.
    pub charged: Amount,
}

impl Funds {
    /// What may still be charged.
    pub fn chargeable(&self) -> Amount {
        self.allowed.checked_sub(self.charged).unwrap_or(Amount::ZERO).min(self.deposit)
    }
}

/// The view.
pub struct View {
    terms: Terms,
    fold: Fold,
    /// What was charged before: the rest of `fold` was charged since.
    opening: BTreeMap<(Address, Address), Amount>,
    seen: HashMap<BatchId, Seen>,
    numbers: HashMap<(Address, u64, u64), BatchId>,
    due: BTreeMap<Partition, KafkaOffset>,
    latest: BTreeMap<Partition, Time>,
}

impl View {
    /// As the last settled epoch left it.
    pub fn new(basis: &Basis, terms: Terms, fold: Fold, due: BTreeMap<Partition, KafkaOffset>) -> Self {
        Self {
            terms,
            fold,
            opening: basis.charged(),
            seen: HashMap::new(),
            numbers: HashMap::new(),
            due,
            latest: BTreeMap::new(),
        }
    }

    /// Goes on with what the chain says now: `begins` is where an epoch with these terms begins.
    pub fn renew(&mut self, terms: Terms, mut begins: Fold) {
        for (&(payer, operator), (_, charged)) in &self.fold.spends {
            let before = self.opening.get(&(payer, operator)).copied().unwrap_or(Amount::ZERO);
            let since = charged.checked_sub(before).unwrap_or(Amount::ZERO);
            if let Some(deposit) = begins.deposits.get_mut(&Account::deposit(payer, operator)) {
                *deposit = deposit.checked_sub(since).unwrap_or(Amount::ZERO);
            }
        }
        self.fold.deposits = begins.deposits;
        self.terms = terms;
    }

    /// Takes the rows of the next record of a partition.
    pub fn take(&mut self, rows: &RawRows) {
        for record in &rows.log {
            let latest = self.latest.entry(record.partition).or_insert(record.taken_at);
            *latest = record.taken_at.max(*latest);
            let time = *latest;
            if let (RecordKind::Batch, Some(batch)) = (record.kind, rows.batches.first()) {
                self.take_batch(time, batch, rows);
            }
            self.due.insert(record.partition, KafkaOffset(record.offset.0 + 1));
        }
    }

    fn take_batch(&mut self, time: Time, batch: &RawBatch, rows: &RawRows) {
        let taken = take(&mut self.fold, &self.terms, time, batch, rows);
        let &RawBatch { partition, offset, taken_at, operator, lane, number, .. } = batch;
        let receipts = rows.receipts.iter().zip(&taken.receipts).map(|(receipt, (verdict, _))| {
            let mut commitment = [0; COMMITMENT_BYTES];
            commitment.copy_from_slice(&receipt.output_commitment.0[..COMMITMENT_BYTES]);
            SeenReceipt { index: receipt.index, verdict: *verdict, commitment }
        });
        let counts = taken.refused.is_none();
        let seen = Seen {
            partition,
            offset,
            taken_at,
            operator,
            lane,
            number,
            counts,
            receipts: receipts.collect(),
            verdicts: taken.verdicts(),
        };
        // Of the places of one batch the one at which it counts is told, else the first.
        if counts {
            self.numbers.insert((operator, lane, number), batch.batch);
            self.seen.insert(batch.batch, seen);
        } else {
            self.seen.entry(batch.batch).or_insert(seen);
        }
    }

    /// What would become of a batch that came now. Nothing is changed.
    pub fn trial(&self, time: Time, batch: &RawBatch, rows: &RawRows) -> Taken {
        let mut part = Fold::default();
        let lane = (batch.operator, batch.lane);
        part.lanes.extend(self.fold.lanes.get(&lane).map(|head| (lane, *head)));
        for payer in rows.receipts.iter().map(|receipt| receipt.payer) {
            let (spend, deposit) = ((payer, batch.operator), Account::deposit(payer, batch.operator));
            part.spends.extend(self.fold.spends.get(&spend).map(|value| (spend, *value)));
            part.deposits.extend(self.fold.deposits.get(&deposit).map(|value| (deposit, *value)));
        }
        take(&mut part, &self.terms, time, batch, rows)
    }

    /// Who may sign what.
    pub fn terms(&self) -> &Terms {
        &self.terms
    }

    /// A batch that was taken in since the last settled epoch.
    pub fn seen(&self, batch: BatchId) -> Option<&Seen> {
        self.seen.get(&batch)
    }

    /// The batch that counts under a number.
    pub fn numbered(&self, operator: Address, lane: u64, number: u64) -> Option<(BatchId, &Seen)> {
        let batch = *self.numbers.get(&(operator, lane, number))?;
        self.seen.get(&batch).map(|seen| (batch, seen))
    }

    /// The last batch of a lane: its number and its id; zeros before the first.
    pub fn head(&self, operator: Address, lane: u64) -> (u64, BatchId) {
        self.fold.lanes.get(&(operator, lane)).copied().unwrap_or_default()
    }

    /// The heads of an operator's lanes.
    pub fn lanes(&self, operator: Address) -> Vec<(u64, u64, BatchId)> {
        let of = self.fold.lanes.range((operator, 0)..=(operator, u64::MAX));
        of.map(|((_, lane), (number, head))| (*lane, *number, *head)).collect()
    }

    /// What a payer may still be charged, by operator.
    pub fn funds(&self, payer: Address) -> Vec<Funds> {
        let mut found: BTreeMap<Address, (Amount, Amount)> = BTreeMap::new();
        let of = self.fold.spends.range((payer, Address::ZERO)..=(payer, Address::repeat_byte(0xff)));
        found.extend(of.map(|((_, operator), spend)| (*operator, *spend)));
        for operator in self.terms.operators() {
            if self.fold.deposits.contains_key(&Account::deposit(payer, operator)) {
                found.entry(operator).or_default();
            }
        }
        let funds = found.into_iter().map(|(operator, (allowed, charged))| {
            let deposit = self.fold.deposits.get(&Account::deposit(payer, operator)).copied();
            Funds { operator, deposit: deposit.unwrap_or(Amount::ZERO), allowed, charged }
        });
        funds.collect()
    }

    /// The first offset of a partition that was not taken yet.
    pub fn due(&self, partition: Partition) -> KafkaOffset {
        self.due.get(&partition).copied().unwrap_or_default()
    }
}

/// A batch's verdicts.
fn take(fold: &mut Fold, terms: &Terms, time: Time, batch: &RawBatch, rows: &RawRows) -> Taken {
    let evidence: HashMap<u32, &RawEvidence> = rows.evidence.iter().map(|row| (row.index, row)).collect();
    let refused = fold.take_batch(terms, time, batch);
    let receipts = rows.receipts.iter().map(|receipt| match refused {
        Some(outcome) => (outcome, Amount::ZERO),
        None => fold.take_receipt(terms, receipt, evidence.get(&receipt.index).copied()),
    });
    Taken { refused, receipts: receipts.collect() }
}
