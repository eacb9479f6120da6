//! `openbooks sql`: one query over the tables; schema `open` comes first.

use crate::cli::{Output, SettingsArgs};
use crate::settings::Settings;
use anyhow::Result;
use arrow::array::RecordBatch;
use arrow::json::writer::{JsonArray, WriterBuilder};
use std::io::Write;
use warehouse::query::Session;

/// Runs the command.
pub async fn sql(args: &SettingsArgs, output: Output, query: &str) -> Result<()> {
    let settings = Settings::load(args)?;
    let session = Session::open(&settings.warehouse()?, &settings.labels()?).await?;
    let batches = session.query(query, &[]).await?;
    let mut stdout = std::io::stdout().lock();
    match output {
        Output::Text => writeln!(stdout, "{}", arrow::util::pretty::pretty_format_batches(&batches)?)?,
        Output::Json => {
            write_json(&batches, &mut stdout)?;
            writeln!(stdout)?;
        }
    }
    Ok(())
}

/// Rows as a JSON array of objects; nulls are kept.
fn write_json(batches: &[RecordBatch], out: &mut impl Write) -> Result<()> {
    let mut writer = WriterBuilder::new().with_explicit_nulls(true).build::<_, JsonArray>(out);
    writer.write_batches(&batches.iter().collect::<Vec<_>>())?;
    Ok(writer.finish()?)
}
