//! The demo's text: short, and pleasant to read.

use super::{Night, Story};
use crate::commands::demo::Told;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use warehouse::types::{Amount, Role};

const EARNERS_SHOWN: usize = 8;
const PLACES: usize = 6;
const RULE: &str = "────────────────────────────────────────────────────────────────────────────";

/// Everything that the demo tells.
pub fn text(told: &Told) -> String {
    let mut text = String::from("\nopenbooks: two nights of a small payable-AI network, settled on this machine\n");
    let _ = came_in(told, &mut text);
    for night in &told.nights {
        let _ = tell_night(night, &mut text);
    }
    let _ = tell_figures(told, &mut text);
    let _ = tell_story(&told.story, &mut text);
    let _ = next(told, &mut text);
    text
}

fn came_in(told: &Told, text: &mut String) -> std::fmt::Result {
    let sum = |of: fn(&ingest::Report) -> u64| told.reports.iter().map(of).sum::<u64>();
    writeln!(text, "{RULE}")?;
    writeln!(
        text,
        "came in    {} records in {} ms: {} receipts in {} batches, {} chain events, {} closing records",
        sum(|report| report.records),
        told.ingest_ms,
        sum(|report| report.receipts),
        sum(|report| report.batches),
        sum(|report| report.chain_events),
        sum(|report| report.closes),
    )?;
    let mut quarantined: BTreeMap<&str, u64> = BTreeMap::new();
    for (reason, count) in told.reports.iter().flat_map(|report| &report.quarantined) {
        *quarantined.entry(reason.word()).or_default() += count;
    }
    let mut refused: BTreeMap<&str, usize> = BTreeMap::new();
    for (outcome, count) in told.nights.iter().flat_map(|night| &night.refused) {
        *refused.entry(outcome.word()).or_default() += count;
    }
    let list = |counts: Vec<String>| if counts.is_empty() { "none".to_owned() } else { counts.join(", ") };
    let records = quarantined.iter().map(|(why, count)| format!("{count} {why}")).collect();
    writeln!(text, "           quarantined: {}", list(records))?;
    let receipts = refused.iter().map(|(why, count)| format!("{count} {why}")).collect();
    writeln!(text, "           receipts not charged: {}", list(receipts))
}

fn tell_night(night: &Night, text: &mut String) -> std::fmt::Result {
    writeln!(text, "{RULE}")?;
    let refused: usize = night.refused.values().sum();
    writeln!(
        text,
        "night {}    fees {} OPEN from {} receipts ({refused} refused)\n",
        night.epoch,
        night.fees.in_open(PLACES),
        night.charged
    )?;
    let roles: Vec<String> =
        night.roles.iter().map(|(role, points, amount)| role_line(*role, *points, *amount)).collect();
    let earners: Vec<String> = night
        .earners
        .iter()
        .take(EARNERS_SHOWN)
        .enumerate()
        .map(|(at, (account, name, earned))| {
            let name = if name.is_empty() { format!("{account:#x}") } else { name.clone() };
            format!("{:>2}  {:<26}{:>12}", at + 1, name, earned.in_open(PLACES))
        })
        .collect();
    writeln!(text, "  {:<38}top earners (of {})", "split", night.earners.len())?;
    for at in 0..roles.len().max(earners.len()) {
        let (left, right) = (roles.get(at).map_or("", String::as_str), earners.get(at).map_or("", String::as_str));
        writeln!(text, "  {}", format!("{left:<38}{right}").trim_end())?;
    }
    writeln!(text)?;
    for (datanet, amount) in &night.unattributed {
        writeln!(text, "  unattributed   {} OPEN in {datanet}: no data stood out", amount.in_open(PLACES))?;
    }
    let [returned, corrected, withheld] = night.moved.map(|amount| amount.in_open(PLACES));
    writeln!(text, "  besides        returned {returned}, corrected {corrected}, withheld {withheld} OPEN")?;
    writeln!(text, "  root           {}", night.root)?;
    writeln!(text, "  over           {} OPEN, everything ever owed", night.total.in_open(PLACES))?;
    let stages: Vec<String> = night.stages.iter().map(|(job, ms)| format!("{job} {ms}")).collect();
    let total: u128 = night.stages.iter().map(|(_, ms)| ms).sum();
    writeln!(text, "  took           {total} ms: {}", stages.join(", "))
}

fn role_line(role: Role, points: u16, amount: Amount) -> String {
    let percent = format!("{}.{:02}%", points / 100, points % 100);
    format!("{:<17}{percent:>7}{:>11}", role.name().replace('_', " "), amount.in_open(PLACES))
}

/// A share as whole percent. It was measured, not computed here, and decides nothing.
#[expect(clippy::float_arithmetic, reason = "a measured share for people")]
fn in_percent(share: f64) -> String {
    format!("{:.0}%", share * 100.0)
}

/// Whether attribution finds the right data: every query here is a digit, and so is every item.
fn tell_figures(told: &Told, text: &mut String) -> std::fmt::Result {
    let percent = |model: &str, figure: &str| told.figures[model][figure].as_f64().map(in_percent).unwrap_or_default();
    if told.figures.get("first").is_none() {
        return Ok(());
    }
    let (first, second, adapted) = (
        percent("first", "share_same_label_items"),
        percent("second", "share_same_label_items"),
        percent("adapted", "share_same_label_items"),
    );
    writeln!(
        text,
        "{RULE}\nright data {first}, {second} and {adapted} of the weight in the two models and the adapter goes to\n           items that show the query's own digit ({} if it went by chance), as the recording measured",
        percent("first", "share_same_label_if_random")
    )
}

/// Each case once, in its first appearance, with what became of it.
fn tell_story(story: &[Story], text: &mut String) -> std::fmt::Result {
    writeln!(text, "{RULE}\nthe nights also held\n")?;
    let mut seen = BTreeSet::new();
    for entry in story.iter().filter(|entry| seen.insert(entry.case.as_str())) {
        let became = match (entry.found.contains(&entry.expect), entry.found.first()) {
            (true, _) | (false, None) => &entry.expect,
            (false, Some(found)) => found,
        };
        writeln!(text, "  {:<20}{}", became.replace('_', " "), entry.what)?;
    }
    Ok(())
}

fn next(told: &Told, text: &mut String) -> std::fmt::Result {
    let program = std::env::current_exe().ok().and_then(|path| {
        let here = std::env::current_dir().ok()?;
        Some(path.strip_prefix(&here).map_or_else(|_| path.clone(), std::path::Path::to_path_buf))
    });
    let program = program.map_or_else(|| "openbooks".to_owned(), |path| path.display().to_string());
    let command = format!("{program} --config {}", told.settings.display());
    let account = told.nights.last().and_then(|night| night.contributor).unwrap_or_default();
    let account = format!("{account:#x}");
    writeln!(text, "{RULE}\ntry next\n")?;
    writeln!(text, "  {command} explain {account} --epoch 2")?;
    writeln!(text, "  {command} verify --epoch 2")?;
    writeln!(
        text,
        "  {command} sql \"SELECT coalesce(role, reason) AS what, count(*) AS amounts, exact_sum(amount) AS base_units FROM earnings WHERE epoch = 2 GROUP BY what ORDER BY base_units DESC\""
    )?;
    writeln!(text, "  {command} proof {account}")?;
    writeln!(text, "  {command} export payouts --epoch 2 --format csv")
}
