//! `openbooks verify`: an epoch recomputed and compared, and what that proves.

use crate::bundle::Bundle;
use crate::cli::{Output, SettingsArgs};
use crate::failure::Mismatch;
use crate::recompute::{Recomputed, recompute};
use crate::settings::{Settings, may_have_gpu};
use crate::show;
use anyhow::{Context, Result, bail};
use pipeline::documents::{DigestDocument, Manifest, hash_of};
use pipeline::jobs::{Books, output_digests, settled};
use pipeline::payout_tree::root_of;
use serde_json::json;
use std::num::NonZeroUsize;
use std::path::Path;
use warehouse::Slice;
use warehouse::tables::Proof;
use warehouse::types::{Epoch, Hash};

/// Runs the command.
pub async fn verify(
    args: &SettingsArgs,
    output: Output,
    epoch: Option<Epoch>,
    bundle: Option<&Path>,
    manifest_hash: Option<Hash>,
) -> Result<()> {
    let threads = args.threads.or_else(|| std::thread::available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN);
    let (bundle, runtime) = match (epoch, bundle) {
        (Some(epoch), _) => {
            let books = Settings::load(args)?.books()?;
            check_stored(&books, epoch).await?;
            (Bundle::collect(&books, epoch).await?, books.runtime)
        }
        (None, Some(path)) => {
            let kernel = args.kernel.as_deref().unwrap_or(if may_have_gpu() { "auto" } else { "cpu" });
            (Bundle::read(path)?, kernels::Runtime::parse(kernel, threads)?)
        }
        (None, None) => bail!(crate::failure::Usage("name --epoch or --bundle".into())),
    };
    let recomputed = recompute(&bundle, runtime, threads.get()).await?;
    if manifest_hash.is_some_and(|expected| expected != recomputed.manifest_hash) {
        let expected = manifest_hash.unwrap_or_default();
        bail!(Mismatch(format!("the bundle's manifest is {}, expected {expected}", recomputed.manifest_hash)));
    }
    let pinned = manifest_hash.is_some();
    show::print(output, &document(&recomputed, pinned), || text(&recomputed, pinned))
}

/// Compares the stored tables with the stored manifest, and every stored proof with the root.
async fn check_stored(books: &Books, epoch: Epoch) -> Result<()> {
    let row = settled(books, epoch).await?;
    let row = row.ok_or_else(|| {
        crate::failure::NotReady(format!("epoch {epoch} is not settled; run `openbooks epoch run --epoch {epoch}`"))
    })?;
    let manifest: Manifest = serde_json::from_str(&row.document).context("the stored manifest is unreadable")?;
    if row.manifest_hash != Some(hash_of(&manifest)) {
        bail!(Mismatch(format!("epochs: the manifest of epoch {epoch} does not have the stored hash")));
    }
    let digests = output_digests(books, epoch, row.attempt).await?;
    for (stored, named) in digests.iter().map(DigestDocument::from).zip(&manifest.outputs) {
        if stored != *named {
            bail!(Mismatch(format!(
                "table {}: stored are {} rows with digest {}, the manifest names {} rows with {}",
                stored.table, stored.rows, stored.digest, named.rows, named.digest
            )));
        }
    }
    let proofs: Vec<Proof> = books.warehouse.read(Slice::Epoch(epoch, row.attempt)).await?;
    for proof in proofs {
        if Some(root_of(proof.leaf, &proof.proof)) != row.payout_root {
            bail!(Mismatch(format!("proofs: the proof of {:#x} does not lead to the root", proof.account)));
        }
    }
    Ok(())
}

const PROVEN: [&str; 3] = [
    "these signed inputs under rule set 1 give this root, to the base unit",
    "no accepted receipt was dropped or altered: offsets have no gap, every signature recovers",
    "every output table has the digest that the manifest names",
];
const BELIEVED: [&str; 5] = [
    "that an operator reported every answer",
    "that a sketch came from that query, and an index from that training",
    "that a contributor owned the data",
    "that the settler, who runs the broker, took in every batch at once",
    "the books of the epoch before, whose manifest this one names",
];

fn believed(recomputed: &Recomputed, pinned: bool) -> Vec<String> {
    let mut believed: Vec<String> = BELIEVED.map(str::to_owned).into();
    if recomputed.withheld > 0 {
        believed.push(format!(
            "the attributions of this epoch: the evidence of {} receipts is restricted and not in the bundle",
            recomputed.withheld
        ));
    }
    for id in &recomputed.manifest.inputs.refused {
        believed
            .push(format!("that {id}, whose receipts were refused, had no usable artifacts: its owner can show them"));
    }
    if !pinned {
        believed.push("that this manifest hash is the committed one: compare it with the chain".into());
    }
    believed
}

fn level(recomputed: &Recomputed) -> &'static str {
    if recomputed.withheld > 0 { "money" } else { "full" }
}

fn document(recomputed: &Recomputed, pinned: bool) -> serde_json::Value {
    json!({
        "epoch": recomputed.epoch.to_string(),
        "level": level(recomputed),
        "records": recomputed.records.to_string(),
        "manifest_hash": recomputed.manifest_hash.to_string(),
        "inputs_hash": recomputed.manifest.inputs_hash,
        "payout_root": recomputed.manifest.payout_root,
        "total_cumulative": recomputed.manifest.total_cumulative,
        "tables": recomputed.manifest.outputs,
        "proven": PROVEN,
        "believed": believed(recomputed, pinned),
    })
}

fn text(recomputed: &Recomputed, pinned: bool) -> String {
    let manifest = &recomputed.manifest;
    let mut text = format!(
        "epoch {} is right: recomputed from {} records, level {}\n\nroot      {}\ntotal     {}\nmanifest  {}\n\ntables, each with the same digest:\n",
        recomputed.epoch,
        recomputed.records,
        level(recomputed),
        manifest.payout_root,
        manifest.total_cumulative,
        recomputed.manifest_hash,
    );
    for digest in &manifest.outputs {
        text.push_str(&format!("  {:<18}{:>7} rows  {}\n", digest.table, digest.rows, digest.digest));
    }
    text.push_str("\nproven:\n");
    PROVEN.iter().for_each(|line| text.push_str(&format!("  {line}\n")));
    text.push_str("\ntaken as given, not proven:\n");
    believed(recomputed, pinned).iter().for_each(|line| text.push_str(&format!("  {line}\n")));
    text
}
