//! Recorded topic files out of a broker and into one.

use crate::cli::Output;
use crate::failure::NotReady;
use crate::settings::Settings;
use crate::show;
use anyhow::{Context, Result, bail};
use ingest::kafka::{Producer, check_topic, read_topic};
use ingest::{EventSource, RecordingReader, RecordingWriter};
use serde_json::json;
use std::path::{Path, PathBuf};
use warehouse::types::Topic;

/// Plays recorded topic files into the broker's topics: same partitions, keys, values and, where the topic takes
/// them, times.
pub async fn play(settings: &Settings, output: Output, files: &[PathBuf]) -> Result<()> {
    let (broker, network) = (settings.broker()?, settings.ingest_network());
    for file in files {
        let mut source = RecordingReader::open(file)?;
        let topic = source.topic();
        check_topic(&broker, &network, topic).await?;
        if source.partitions() != network.partitions(topic) {
            let (has, needs) = (source.partitions(), network.partitions(topic));
            bail!(NotReady(format!("{} has {has} partitions, the topic {needs}", file.display())));
        }
        let mut producer = Producer::new(&broker)?;
        let mut records = 0_u64;
        while let Some(record) = EventSource::next(&mut source).await? {
            let time = (topic == Topic::ChainEvents).then_some(record.taken_at);
            producer.put(topic, record.partition, &record.key, &record.value, time).await?;
            records += 1;
        }
        producer.settle().await?;
        let document = json!({ "file": file.display().to_string(), "topic": topic.name(), "records": records });
        show::print(output, &document, || format!("{}: {records} records into {topic}", file.display()))?;
    }
    Ok(())
}

/// Writes a topic, as it is now, into a recorded topic file.
pub async fn record(settings: &Settings, output: Output, topic: Topic, file: &Path) -> Result<()> {
    let (broker, network) = (settings.broker()?, settings.ingest_network());
    check_topic(&broker, &network, topic).await?;
    let partitions = network.partitions(topic);
    let mut writer = RecordingWriter::create(file, topic, partitions)?;
    let mut records = 0_u64;
    read_topic(&broker, topic, partitions, |record| {
        records += 1;
        writer.write(&record)
    })?;
    writer.finish()?.into_inner().context("the file cannot be written")?.sync_all()?;
    let document = json!({ "file": file.display().to_string(), "topic": topic.name(), "records": records });
    show::print(output, &document, || format!("{records} records of {topic} into {}", file.display()))
}
