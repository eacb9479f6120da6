//! `openbooks ingest sink`.

use super::{json_of_report, stopped, text_of_report};
use crate::cli::{Output, SinkArgs};
use crate::health::listen;
use crate::settings::Settings;
use crate::show;
use anyhow::Result;
use axum::Router;
use ingest::kafka::{Ended, Live, LiveBounds, PoisonBound, Stop};
use ingest::{Bounds, Pulse};
use serde_json::json;
use std::time::Duration;

/// Takes records from the broker.
pub async fn sink(settings: &Settings, output: Output, args: &SinkArgs) -> Result<()> {
    let warehouse = settings.warehouse()?;
    warehouse.check_conditional_put().await?;
    let pulse = Pulse::default();
    if let Some(address) = args.listen {
        listen(settings, &pulse, address, Router::new()).await?;
    }
    let live = Live {
        pulse,
        broker: settings.broker()?,
        warehouse,
        network: settings.ingest_network(),
        bounds: Bounds { rows_max: args.rows_max, bytes_max: args.bytes_max, threads: settings.threads.get() },
        live: LiveBounds {
            age_max: Duration::from_secs(args.age_max_s),
            poison: PoisonBound { percent_max: args.quarantine_percent_max, ..PoisonBound::default() },
            ..LiveBounds::default()
        },
    };
    let ended = if args.once {
        live.once().await?
    } else {
        let stop = Stop::default();
        let asked = stop.clone();
        tokio::spawn(async move {
            stopped().await;
            asked.ask();
        });
        live.run(args.group.clone(), stop).await?
    };
    told(output, &ended)
}

fn told(output: Output, ended: &Ended) -> Result<()> {
    let paused: Vec<String> = ended.paused.iter().map(|(topic, partition)| format!("{topic}/{partition}")).collect();
    let mut document = json_of_report(&ended.report);
    document["conflicts"] = json!(ended.conflicts);
    document["paused"] = json!(paused);
    show::print(output, &document, || {
        let mut text = format!("stored {}", text_of_report(&ended.report));
        if ended.conflicts > 0 {
            text.push_str(&format!("\n  {} times another sink was faster", ended.conflicts));
        }
        for partition in &paused {
            text.push_str(&format!("\n  PAUSED: {partition}, too much of it is quarantined"));
        }
        text
    })
}
