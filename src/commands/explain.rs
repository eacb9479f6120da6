//! `openbooks explain`: why an account got what it got; or why nothing.

use crate::cli::{Explain, Output, SettingsArgs};
use anyhow::Result;

/// Runs the command.
pub async fn explain(_: &SettingsArgs, _: Output, _: &Explain) -> Result<()> {
    Ok(())
}
