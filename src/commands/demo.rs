//! `openbooks demo`: two recorded nights, settled on this machine by the same code that settles a network's.

use crate::cli::{Output, SettingsArgs};
use crate::commands::epoch::{Stage, run_all};
use crate::commands::ingest::{recordings, replay};
use crate::demo::{Night, Story, onchain, text};
use crate::failure::Usage;
use crate::settings::Settings;
use crate::show;
use anyhow::{Context, Result, bail};
use ingest::Report;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::Instant;
use url::Url;
use warehouse::types::Epoch;

const SETTINGS_FILE: &str = "openbooks.toml";
/// How the settings of a folder begin that may be made anew; nobody's own folder is ever removed.
const MADE_BY: &str = "# Made by `openbooks demo`";
/// Nights in the recording.
const EPOCHS: [Epoch; 2] = [Epoch(1), Epoch(2)];

/// Everything that the demo tells.
pub struct Told {
    /// What came in, file by file.
    pub reports: Vec<Report>,
    /// The nights.
    pub nights: Vec<Night>,
    /// What the recording points at, and what became of it.
    pub story: Vec<Story>,
    /// What the recording script measured of its own attribution, by model.
    pub figures: serde_json::Value,
    /// The settings file that was made.
    pub settings: PathBuf,
    /// Milliseconds that reading the events took.
    pub ingest_ms: u128,
}

/// Runs the command.
pub async fn demo(
    args: &SettingsArgs,
    output: Output,
    recording: &Path,
    out: &Path,
    chain: Option<&Url>,
) -> Result<()> {
    let settings_file = prepare(recording, out)?;
    let args = SettingsArgs { config: Some(settings_file.clone()), ..args.clone() };
    let settings = Settings::load(&args)?;
    let began = Instant::now();
    let mut reports = Vec::new();
    for file in recordings(&out.join("events"))? {
        reports.push(replay(&settings, &file).await?);
    }
    let ingest_ms = began.elapsed().as_millis();
    let books = settings.books()?;
    let labels = settings.labels()?;
    let mut nights = Vec::new();
    for epoch in EPOCHS {
        let stages: Vec<Stage> = run_all(&books, epoch).await?;
        nights.push(Night::read(&books, &labels, epoch, &stages).await?);
    }
    let story = Story::read(&books, &recording.join("story.json")).await?;
    let figures = std::fs::read_to_string(recording.join("record/figures.json"))
        .ok()
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default();
    let told = Told { reports, nights, story, figures, settings: settings_file, ingest_ms };
    show::print(output, &document(&told), || text(&told))?;
    match chain {
        Some(url) => {
            let (vault, calendar) = (settings.network.vault, settings.network.calendar);
            onchain::bring(&args, url, recording, out, &told.nights, vault, calendar).await
        }
        None => Ok(()),
    }
}

/// Makes the folder anew: events, artifacts, names and settings of the recording.
fn prepare(recording: &Path, out: &Path) -> Result<PathBuf> {
    let settings = out.join(SETTINGS_FILE);
    if out.exists() {
        let made_by_us = std::fs::read_to_string(&settings).is_ok_and(|text| text.starts_with(MADE_BY));
        if !made_by_us {
            bail!(Usage(format!(
                "{} exists and was not made by the demo; name another folder with --out",
                out.display()
            )));
        }
        std::fs::remove_dir_all(out).with_context(|| format!("folder {} cannot be removed", out.display()))?;
    }
    for folder in ["events", "artifacts"] {
        let folder = out.join(folder);
        std::fs::create_dir_all(&folder)
            .map_err(|error| Usage(format!("folder {} cannot be made: {error}", folder.display())))?;
    }
    for file in recordings(recording)? {
        copy(&file, &out.join("events"))?;
    }
    let artifacts = recording.join("artifacts");
    let found = std::fs::read_dir(&artifacts)
        .map_err(|error| Usage(format!("folder {} cannot be read: {error}", artifacts.display())))?;
    for file in found {
        copy(&file?.path(), &out.join("artifacts"))?;
    }
    copy(&recording.join("labels.csv"), out)?;
    copy(&recording.join("network.toml"), out)?;
    let text = format!(
        "{MADE_BY}. Paths are relative to this file; any of them may be a URL.\n\
         warehouse = \"warehouse\"\nartifacts = \"artifacts\"\nlabels = \"labels.csv\"\nnetwork_file = \"network.toml\"\n"
    );
    std::fs::write(&settings, text)
        .map_err(|error| Usage(format!("file {} cannot be written: {error}", settings.display())))?;
    Ok(settings)
}

fn copy(file: &Path, folder: &Path) -> Result<()> {
    let name = file.file_name().with_context(|| format!("{} is no file", file.display()))?;
    std::fs::copy(file, folder.join(name))
        .map_err(|error| Usage(format!("file {} cannot be copied to {}: {error}", file.display(), folder.display())))?;
    Ok(())
}

fn document(told: &Told) -> serde_json::Value {
    json!({
        "settings": told.settings.display().to_string(),
        "nights": told.nights.iter().map(Night::document).collect::<Vec<_>>(),
        "figures": told.figures,
        "story": told.story.iter().map(Story::document).collect::<Vec<_>>(),
    })
}
