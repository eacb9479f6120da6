//! `openbooks status`: how far ingest has come.

use crate::cli::{Output, SettingsArgs};
use crate::settings::Settings;
use crate::show;
use crate::status::collect;
use anyhow::Result;

/// Prints it.
pub async fn status(args: &SettingsArgs, output: Output) -> Result<()> {
    let status = collect(&Settings::load(args)?).await?;
    show::print(output, &status.to_json(), || status.to_text())
}
