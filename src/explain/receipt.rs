//! The arithmetic of one receipt in full, charged or refused, with proofs of its rows under the manifest if asked.

use super::explainer::Explainer;
use super::fee::Fee;
use super::inclusion::RowProof;
use super::outcome;
use super::tree::Node;
use crate::failure::{Mismatch, NotReady};
use crate::show::moment;
use serde_json::{Value, json};
use std::fmt::Write;
use warehouse::tables::charges::Outcome;
use warehouse::tables::{Charge, RawReceipt};
use warehouse::types::{Amount, Hash, ReceiptId};

/// The explanation of a receipt.
pub struct Explained {
    charge: Charge,
    raw: RawReceipt,
    names: Parties,
    fee: Fee,
    /// The fee's division, and what influenced it; of a charged receipt.
    split: Option<(Node, String)>,
    /// The other occurrences of the same receipt.
    again: Vec<Charge>,
    manifest_hash: Hash,
    proofs: Vec<RowProof>,
}

/// What the receipt's parties are called.
struct Parties {
    payer: String,
    operator: String,
    serving: String,
}

impl Explainer<'_> {
    /// The occurrence of a receipt that counts: the charged one, else the first.
    ///
    /// # Errors
    /// [`NotReady`] when the epoch holds none.
    pub fn occurrence(&self, receipt: ReceiptId) -> Result<&Charge, NotReady> {
        let found = self.settlement.charges.iter().filter(|charge| charge.receipt == receipt);
        let place = |charge: &&Charge| (charge.log_time, charge.partition, charge.offset, charge.index);
        let found = found.min_by_key(|charge| (charge.outcome != Outcome::Charged, place(charge)));
        found.ok_or_else(|| {
            let epoch = self.settlement.epoch;
            NotReady(format!("no batch of epoch {epoch} holds receipt {receipt}; check the id, or name another epoch"))
        })
    }

    /// Explains one receipt.
    ///
    /// # Errors
    /// [`Mismatch`] when something does not add up or a proof does not lead to the manifest.
    pub fn receipt(&self, charge: &Charge, raw: &RawReceipt, with_proofs: bool) -> Result<Explained, Mismatch> {
        let split = match charge.outcome {
            Outcome::Charged => {
                let (tree, attribution) = self.split(charge)?;
                Some((tree, self.influences(attribution)))
            }
            _ => None,
        };
        let others = self.settlement.charges.iter().filter(|other| other.receipt == charge.receipt && *other != charge);
        let names = Parties {
            payer: self.names.account(charge.payer),
            operator: self.names.account(charge.operator),
            serving: self.names.serving(charge.model_version, charge.adapter),
        };
        Ok(Explained {
            charge: charge.clone(),
            raw: raw.clone(),
            names,
            fee: self.fee(charge, raw)?,
            split,
            again: others.cloned().collect(),
            manifest_hash: self.settlement.manifest_hash,
            proofs: if with_proofs { self.proofs(charge)? } else { Vec::new() },
        })
    }

    fn proofs(&self, charge: &Charge) -> Result<Vec<RowProof>, Mismatch> {
        let (settlement, manifest) = (self.settlement, &self.settlement.manifest);
        let mut proofs = vec![RowProof::of(&settlement.charges, charge, manifest)?];
        if let Some(row) = settlement.attributions.iter().find(|row| row.receipt == charge.receipt) {
            proofs.push(RowProof::of(&settlement.attributions, row, manifest)?);
        }
        if let Some(row) = settlement.allocations.iter().find(|row| row.receipt == charge.receipt) {
            proofs.push(RowProof::of(&settlement.allocations, row, manifest)?);
        }
        Ok(proofs)
    }
}

fn place(charge: &Charge) -> String {
    format!("{} partition {} offset {} index {}", charge.topic, charge.partition, charge.offset, charge.index)
}

impl Explained {
    /// The explanation as JSON, as `docs/cli-json.md` describes it.
    pub fn to_json(&self) -> Value {
        let (charge, raw) = (&self.charge, &self.raw);
        let occurrence = |charge: &Charge| {
            json!({
                "topic": charge.topic.name(),
                "partition": charge.partition.to_string(),
                "offset": charge.offset.to_string(),
                "index": charge.index.to_string(),
                "log_time": moment(charge.log_time),
                "outcome": charge.outcome.word(),
            })
        };
        let mut document = occurrence(charge);
        let more = json!({
            "receipt": charge.receipt.to_string(),
            "epoch": charge.epoch.to_string(),
            "meaning": outcome::meaning(charge.outcome),
            "clock": charge.clock.word(),
            "served_at": moment(raw.served_at),
            "batch": charge.batch.to_string(),
            "payer": format!("{:#x}", charge.payer),
            "operator": format!("{:#x}", charge.operator),
            "model_version": charge.model_version.to_string(),
            "adapter": charge.adapter.map(|adapter| adapter.to_string()),
            "tokens_in": raw.tokens_in.to_string(),
            "tokens_out": raw.tokens_out.to_string(),
            "decimals": Amount::DECIMALS,
            "symbol": "OPEN",
            "fee": self.fee.to_json(),
            "tree": self.split.as_ref().map(|(tree, _)| tree.to_json()),
            "again": self.again.iter().map(occurrence).collect::<Vec<_>>(),
            "manifest_hash": self.manifest_hash.to_string(),
            "proofs": self.proofs.iter().map(RowProof::to_json).collect::<Vec<_>>(),
        });
        if let (Some(document), Value::Object(more)) = (document.as_object_mut(), more) {
            document.extend(more);
        }
        document
    }

    /// The explanation as text.
    pub fn to_text(&self) -> String {
        let (charge, names) = (&self.charge, &self.names);
        let mut text = format!("receipt   {}\n", charge.receipt);
        let _ = writeln!(text, "epoch     {}, {}", charge.epoch, place(charge));
        let (served, clock) = (moment(self.raw.served_at), outcome::clock(charge.clock));
        let _ = writeln!(text, "times     in the log {}, served {served} ({clock})", moment(charge.log_time));
        let _ = writeln!(text, "payer     {}", names.payer);
        let _ = writeln!(text, "operator  {}", names.operator);
        let _ = writeln!(text, "model     {}", names.serving);
        let _ = writeln!(text, "outcome   {}: {}", charge.outcome, outcome::meaning(charge.outcome));
        for other in &self.again {
            let _ = writeln!(text, "again     {}: {}", place(other), other.outcome);
        }
        let _ = write!(text, "\nfee\n{}", self.fee.to_text());
        if let Some((tree, influences)) = &self.split {
            let _ = writeln!(text, "\ndivision, {influences}\n\n{}\n", tree.to_text(Amount::DECIMALS));
            let _ = writeln!(text, "OPEN, all 18 decimals: every line adds up to the base unit");
        }
        if !self.proofs.is_empty() {
            let _ = writeln!(text, "\nproof under the manifest {}\n", self.manifest_hash);
            self.proofs.iter().for_each(|proof| text.push_str(&format!("{}\n", proof.to_text())));
        }
        text
    }
}
