//! `openbooks epoch`: the nightly jobs, one or all.

use crate::cli::{EpochCommand, Output, SettingsArgs};
use crate::settings::Settings;
use crate::show;
use anyhow::Result;
use pipeline::Error;
use pipeline::jobs::{Books, Job, Report, run};
use serde_json::json;
use std::time::{Duration, Instant};
use warehouse::types::Epoch;

/// Runs the command.
pub async fn epoch(args: &SettingsArgs, output: Output, command: EpochCommand) -> Result<()> {
    let command = match command {
        EpochCommand::Commit(what) => return super::commit::commit(args, output, what.epoch.epoch, &what.key).await,
        EpochCommand::Finalize(what) => {
            return super::commit::finalize(args, output, what.epoch.epoch, &what.key).await;
        }
        job => job,
    };
    let books = Settings::load(args)?.books()?;
    let (job, epoch) = match command {
        EpochCommand::Commit(_) | EpochCommand::Finalize(_) => unreachable!("returned above"),
        EpochCommand::Freeze(arg) => (Job::Freeze, arg.epoch),
        EpochCommand::Registry(arg) => (Job::Registry, arg.epoch),
        EpochCommand::Charge(arg) => (Job::Charge, arg.epoch),
        EpochCommand::Clusters(arg) => (Job::Clusters, arg.epoch),
        EpochCommand::Attribute(arg) => (Job::Attribute, arg.epoch),
        EpochCommand::Settle(arg) => (Job::Settle, arg.epoch),
        EpochCommand::Prove(arg) => (Job::Prove, arg.epoch),
        EpochCommand::Reconcile(arg) => (Job::Reconcile, arg.epoch),
        EpochCommand::Run(arg) => {
            let stages = run_all(&books, arg.epoch).await?;
            if stages.iter().all(|stage| stage.report.is_none()) {
                return Err(Error::AlreadyDone { job: "run", epoch: arg.epoch }.into());
            }
            let documents: Vec<_> = stages.iter().map(|stage| json_of(stage.job, stage.report.as_ref())).collect();
            let calldata = super::proof::root_calldata(&books, arg.epoch).await?;
            let document =
                json!({ "epoch": arg.epoch.to_string(), "jobs": documents, "propose_root_calldata": calldata });
            return show::print(output, &document, || {
                let lines = stages.iter().map(|stage| text_of(arg.epoch, stage.job, stage.report.as_ref()));
                format!("{}\nproposeRoot calldata: {calldata}", lines.collect::<Vec<_>>().join("\n"))
            });
        }
    };
    let report = run(&books, job, epoch).await?;
    show::print(output, &json_of(job, Some(&report)), || text_of(epoch, job, Some(&report)))
}

/// One job of a whole night.
pub struct Stage {
    /// The job.
    pub job: Job,
    /// What it did; `None` when it was done already.
    pub report: Option<Report>,
    /// How long it took.
    pub took: Duration,
}

/// Runs every job of an epoch in order, passing over those that are done.
pub async fn run_all(books: &Books, epoch: Epoch) -> Result<Vec<Stage>> {
    let bar = show::progress(Job::ALL.len());
    let mut stages = Vec::new();
    for job in Job::ALL {
        bar.set_message(format!("epoch {epoch}: {}", job.name()));
        let began = Instant::now();
        let report = match run(books, job, epoch).await {
            Ok(report) => Some(report),
            Err(Error::AlreadyDone { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        stages.push(Stage { job, report, took: began.elapsed() });
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(stages)
}

fn json_of(job: Job, report: Option<&Report>) -> serde_json::Value {
    let rows = report.map(|report| report.rows.iter().map(|(table, rows)| json!({ "table": table, "rows": rows })));
    json!({
        "job": job.name(),
        "done": report.is_some(),
        "note": report.map(|report| report.note.clone()),
        "tables": rows.map(Iterator::collect::<Vec<_>>),
    })
}

fn text_of(epoch: Epoch, job: Job, report: Option<&Report>) -> String {
    match report {
        None => format!("epoch {epoch}: {} was done already", job.name()),
        Some(report) => {
            let rows: usize = report.rows.iter().map(|(_, rows)| rows).sum();
            format!("epoch {epoch}: {} wrote {rows} rows: {}", job.name(), report.note)
        }
    }
}
