//! `openbooks explain`: why an account got what it got; or why nothing.

use crate::cli::{Explain, Output, SettingsArgs};
use crate::explain::{Explainer, Settlement};
use crate::settings::Settings;
use crate::show;
use anyhow::Result;

/// Runs the command.
pub async fn explain(args: &SettingsArgs, output: Output, what: &Explain) -> Result<()> {
    let settings = Settings::load(args)?;
    // Nothing is scored here, so no device is looked for.
    let books = settings.books_to_read()?;
    let settlement = Settlement::load(&books, settings.labels()?, what.epoch).await?;
    let mut explainer = Explainer::new(&settlement, what.account, what.receipts_max);
    explainer.look_for_events(&books).await?;
    match what.receipt {
        None => {
            let explained = explainer.account()?;
            show::print(output, &explained.to_json(), || explained.to_text())
        }
        Some(receipt) => {
            explainer.check_known()?;
            let charge = explainer.occurrence(receipt)?;
            let raw = settlement.raw_receipt(&books, charge).await?;
            let explained = explainer.receipt(charge, &raw, what.proof)?;
            show::print(output, &explained.to_json(), || explained.to_text())
        }
    }
}
