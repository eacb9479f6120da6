//! `openbooks export`: payouts and bundles as files.

use crate::bundle::Bundle;
use crate::cli::{Export, Format, Output, SettingsArgs};
use crate::failure::{NotReady, Usage};
use crate::settings::Settings;
use crate::show;
use anyhow::{Result, bail};
use arrow::array::RecordBatch;
use pipeline::documents::hash_of;
use pipeline::jobs::settled;
use serde_json::json;
use std::io::Write;
use std::path::{Path, PathBuf};
use warehouse::query::{Parameter, Session};

const PAYOUTS: &str = "select * from accounts where epoch = $epoch order by amount desc, account";

/// Runs the command.
pub async fn export(args: &SettingsArgs, output: Output, what: Export) -> Result<()> {
    let settings = Settings::load(args)?;
    match what {
        Export::Payouts { epoch, format, to } => {
            if settled(&settings.books_to_read()?, epoch).await?.is_none() {
                bail!(NotReady(format!("epoch {epoch} is not settled; run `openbooks epoch run --epoch {epoch}`")));
            }
            let session = Session::open(&settings.warehouse()?, &settings.labels()?).await?;
            let batches = session.query(PAYOUTS, &[("epoch", Parameter::from(epoch.0))]).await?;
            let bytes = encode(&batches, format)?;
            match to {
                Some(path) => write(&path, &bytes),
                None => Ok(std::io::stdout().lock().write_all(&bytes)?),
            }
        }
        Export::Bundle { epoch, to } => {
            let bundle = Bundle::collect(&settings.books_to_read()?, epoch).await?;
            let path = to.unwrap_or_else(|| PathBuf::from(format!("epoch-{epoch}.bundle")));
            let bytes = bundle.to_bytes()?;
            write(&path, &bytes)?;
            let hash = hash_of(&bundle.manifest);
            let document = json!({
                "epoch": epoch.to_string(),
                "file": path.display().to_string(),
                "bytes": bytes.len().to_string(),
                "manifest_hash": hash.to_string(),
            });
            show::print(output, &document, || {
                let path = path.display();
                format!("{path}: {} bytes, manifest {hash}\ncheck it: openbooks verify --bundle {path}", bytes.len())
            })
        }
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(path, bytes)
        .map_err(|error| Usage(format!("file {} cannot be written: {error}", path.display())).into())
}

fn encode(batches: &[RecordBatch], format: Format) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    match format {
        Format::Csv => {
            let mut writer = arrow::csv::Writer::new(&mut bytes);
            for batch in batches {
                writer.write(batch)?;
            }
        }
        Format::Jsonl => {
            let mut writer = arrow::json::LineDelimitedWriter::new(&mut bytes);
            writer.write_batches(&batches.iter().collect::<Vec<_>>())?;
            writer.finish()?;
        }
        Format::Parquet => {
            let Some(first) = batches.first() else { return Ok(bytes) };
            let mut writer = parquet::arrow::ArrowWriter::try_new(&mut bytes, first.schema(), None)?;
            for batch in batches {
                writer.write(batch)?;
            }
            writer.close()?;
        }
    }
    Ok(bytes)
}
