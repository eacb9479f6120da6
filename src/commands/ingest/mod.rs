//! `openbooks ingest`: events into the raw tables.

mod chain;
mod close;
mod gateway;
mod record;
mod settler;
mod sink;
mod topics;

use crate::cli::{Ingest, Output, SettingsArgs};
use crate::settings::Settings;
use crate::show;
use anyhow::Result;
use ingest::{Bounds, RecordingReader, Report, Sink};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Runs the command.
pub async fn ingest(args: &SettingsArgs, output: Output, command: Ingest) -> Result<()> {
    let settings = Settings::load(args)?;
    match command {
        Ingest::Replay { files, to_kafka: false } => {
            for file in files {
                let report = replay(&settings, &file).await?;
                show::print(output, &json_of(&file, &report), || text_of(&file, &report))?;
            }
            Ok(())
        }
        Ingest::Replay { files, to_kafka: true } => record::play(&settings, output, &files).await,
        Ingest::Sink(sink) => sink::sink(&settings, output, &sink).await,
        Ingest::Chain(args) => chain::chain(&settings, output, &args).await,
        Ingest::Topics => topics::topics(&settings, output).await,
        Ingest::Close { epoch, key } => close::close(&settings, output, epoch, &key).await,
        Ingest::Gateway(args) => gateway::gateway(&settings, &args).await,
        Ingest::Record { topic, file } => record::record(&settings, output, topic, &file).await,
    }
}

/// Reads one recorded topic file into the raw tables.
pub async fn replay(settings: &Settings, file: &Path) -> Result<Report> {
    let mut source = RecordingReader::open(file)?;
    let bounds = Bounds { threads: settings.threads.get(), ..Bounds::default() };
    let mut sink = Sink::new(settings.warehouse()?, settings.ingest_network(), bounds);
    Ok(sink.drain(&mut source).await?)
}

fn json_of(file: &Path, report: &Report) -> serde_json::Value {
    let mut document = json_of_report(report);
    document["file"] = json!(file.display().to_string());
    document
}

fn text_of(file: &Path, report: &Report) -> String {
    format!("{}: {}", file.display(), text_of_report(report))
}

fn json_of_report(report: &Report) -> serde_json::Value {
    let quarantined: serde_json::Map<_, _> =
        report.quarantined.iter().map(|(reason, count)| (reason.word().to_owned(), json!(count))).collect();
    json!({
        "records": report.records,
        "already_stored": report.already_stored,
        "batches": report.batches,
        "receipts": report.receipts,
        "chain_events": report.chain_events,
        "quarantined": quarantined,
    })
}

fn text_of_report(report: &Report) -> String {
    let mut text = format!(
        "{} records ({} stored already), {} batches, {} receipts, {} chain events",
        report.records, report.already_stored, report.batches, report.receipts, report.chain_events
    );
    for (reason, count) in &report.quarantined {
        text.push_str(&format!("\n  quarantined: {count} {reason}"));
    }
    text
}

/// Waits for Ctrl-C or SIGTERM.
async fn stopped() {
    let mut terminated = match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(terminated) => terminated,
        Err(_) => return std::future::pending().await,
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminated.recv() => {}
    }
}

/// The recorded topic files of a folder, by name.
pub fn recordings(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .map_err(|error| crate::failure::Usage(format!("folder {} cannot be read: {error}", folder.display())))?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "rec"))
        .collect();
    files.sort();
    Ok(files)
}
