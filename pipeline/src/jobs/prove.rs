//! Prove: the Merkle tree over all accounts, a proof for each, and the manifest.

use super::run::{Books, Job, Report, Run};
use crate::documents::{DigestDocument, Manifest, Totals, hash_of};
use crate::error::Error;
use crate::payout_tree::{PayoutTree, leaf};
use warehouse::Slice;
use warehouse::encoding::{TableDigest, digest_of};
use warehouse::tables::OUTPUTS;
use warehouse::tables::charges::Outcome;
use warehouse::tables::{
    Adapter, Allocation, Attribution, Balance, Charge, Contribution, Copy, Datanet, DatanetVersion, Division, Flow,
    Key, LaneHead, LedgerEntry, ModelVersion, Operator, Payout, Pending, Proof, Spend, Split, Stake, Validation,
};
use warehouse::types::{Amount, Attempt, Epoch, Hash};

/// Makes the tree and every account's proof.
///
/// # Errors
/// As every job.
pub(super) async fn prove(books: &Books, epoch: Epoch) -> Result<Report, Error> {
    let mut run = Run::begin(books, Job::Prove, epoch).await?;
    let mut payouts: Vec<Payout> = run.output().await?;
    payouts.sort_by_key(|payout| payout.account);
    let (leaves, tree) = tree_of(books, &payouts);
    let proofs = payouts.iter().zip(leaves).zip(tree.proofs());
    let rows: Vec<Proof> =
        proofs.map(|((payout, leaf), proof)| Proof { epoch, account: payout.account, leaf, proof }).collect();
    run.commit(&rows).await?;
    Ok(run.report(format!("root {}", tree.root())))
}

fn tree_of(books: &Books, payouts: &[Payout]) -> (Vec<Hash>, PayoutTree) {
    let network = &books.network;
    let leaves: Vec<Hash> =
        payouts.iter().map(|payout| leaf(network.chain_id, network.vault, payout.account, payout.cumulative)).collect();
    let tree = PayoutTree::new(&leaves);
    (leaves, tree)
}

/// The digests of an attempt's output tables, made from their rows, in the order of the jobs.
///
/// # Errors
/// When a table cannot be read.
pub async fn output_digests(books: &Books, epoch: Epoch, attempt: Attempt) -> Result<Vec<TableDigest>, Error> {
    let failed = |source| Error::Warehouse { job: "digest", epoch, source };
    let slice = Slice::Epoch(epoch, attempt);
    let mut outputs = Vec::with_capacity(OUTPUTS.len());
    macro_rules! digest_outputs {
        ($($row:ty),+ $(,)?) => {$(
            let rows: Vec<$row> = books.warehouse.read(slice).await.map_err(failed)?;
            outputs.push(digest_of(&rows));
        )+};
    }
    digest_outputs!(
        Datanet,
        DatanetVersion,
        Contribution,
        Validation,
        ModelVersion,
        Adapter,
        Operator,
        Key,
        Stake,
        Split,
        Flow,
        Charge,
        LaneHead,
        Spend,
        Copy,
        Attribution,
        Allocation,
        Division,
        Balance,
        Pending,
        LedgerEntry,
        Payout,
    );
    debug_assert!(outputs.iter().map(|digest| digest.table).eq(OUTPUTS.iter().copied()));
    Ok(outputs)
}

/// The manifest of a run whose outputs are all written, made from their rows.
///
/// # Errors
/// When a table cannot be read, or a sum exceeds every amount.
pub(super) async fn manifest_of(run: &Run<'_>) -> Result<Manifest, Error> {
    let outputs = output_digests(run.books, run.epoch, run.attempt).await?;
    let payouts: Vec<Payout> = run.output().await?;
    let charges: Vec<Charge> = run.output().await?;
    let (_, tree) = tree_of(run.books, &payouts);
    let total = |all: &mut dyn Iterator<Item = Amount>| {
        let sum = Amount::sum(all).ok_or_else(|| run.broken("a total exceeds every amount"));
        sum.map(|sum| sum.to_string())
    };
    let charged = charges.iter().filter(|charge| charge.outcome == Outcome::Charged);
    Ok(Manifest {
        format: Manifest::FORMAT.into(),
        inputs_hash: hash_of(&run.inputs).to_string(),
        inputs: run.inputs.clone(),
        outputs: outputs.iter().map(DigestDocument::from).collect(),
        payout_root: tree.root().to_string(),
        total_cumulative: total(&mut payouts.iter().map(|payout| payout.cumulative))?,
        totals: Totals {
            charged: total(&mut charged.map(|charge| charge.fee))?,
            earned: total(&mut payouts.iter().map(|payout| payout.earned))?,
            returned: total(&mut payouts.iter().map(|payout| payout.returned))?,
            corrected: total(&mut payouts.iter().map(|payout| payout.corrected))?,
            withheld: total(&mut payouts.iter().map(|payout| payout.withheld))?,
        },
    })
}
