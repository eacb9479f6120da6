//! What goes to stdout: text for people or one JSON document; progress on a terminal only.

use crate::cli::Output;
use anyhow::Result;
use chrono::{DateTime, SecondsFormat};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{IsTerminal, Write};
use warehouse::types::Time;

/// Prints a document as JSON, or its text.
pub fn print(output: Output, document: &serde_json::Value, text: impl FnOnce() -> String) -> Result<()> {
    let mut stdout = std::io::stdout().lock();
    match output {
        Output::Json => writeln!(stdout, "{}", serde_json::to_string_pretty(document)?)?,
        Output::Text => writeln!(stdout, "{}", text().trim_end())?,
    }
    Ok(())
}

/// A progress bar over `steps`; hidden unless stderr is a terminal.
pub fn progress(steps: usize) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(steps as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}") {
        bar.set_style(style);
    }
    bar
}

/// A moment, RFC 3339 in UTC.
pub fn moment(time: Time) -> String {
    let moment = DateTime::from_timestamp_micros(time.0);
    moment.map_or_else(|| time.0.to_string(), |moment| moment.to_rfc3339_opts(SecondsFormat::AutoSi, true))
}

/// 0x text shortened for a line: the first and last hex digits.
pub fn short(id: &str) -> String {
    if id.len() <= 14 { id.to_owned() } else { format!("{}…{}", &id[..8], &id[id.len() - 4..]) }
}
