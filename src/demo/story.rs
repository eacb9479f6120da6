//! What the recording points at, and what became of it in the tables.

use crate::failure::Usage;
use anyhow::Result;
use pipeline::jobs::{Books, settled};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeSet;
use std::path::Path;
use warehouse::Slice;
use warehouse::tables::{Charge, Quarantined};
use warehouse::types::{Epoch, KafkaOffset, Partition, Topic};

/// One thing worth looking at.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Story {
    /// Its name.
    pub case: String,
    /// One sentence for people.
    pub what: String,
    /// The night in which it happened.
    pub epoch: u64,
    /// Topic of its record.
    pub topic: String,
    /// Partition of its record.
    pub partition: u32,
    /// Offset of its record.
    pub offset: i64,
    /// Part of the record, if it is about one.
    pub index: Option<u32>,
    /// What should become of it.
    pub expect: String,
    /// What the tables say became of its record: reasons and outcomes, if they say anything.
    #[serde(skip)]
    pub found: BTreeSet<String>,
}

impl Story {
    /// Reads the story of a recording and looks each of its records up.
    pub async fn read(books: &Books, path: &Path) -> Result<Vec<Self>> {
        let unreadable =
            |error: &dyn std::fmt::Display| Usage(format!("story {} cannot be read: {error}", path.display()));
        let text = std::fs::read_to_string(path).map_err(|error| unreadable(&error))?;
        let mut story: Vec<Self> = serde_json::from_str(&text).map_err(|error| unreadable(&error))?;
        let quarantined: Vec<Quarantined> = books.warehouse.read(Slice::All).await?;
        let mut charges: Vec<Charge> = Vec::new();
        let nights: BTreeSet<u64> = story.iter().map(|entry| entry.epoch).collect();
        for epoch in nights.into_iter().map(Epoch) {
            if let Some(row) = settled(books, epoch).await? {
                charges.extend(books.warehouse.read::<Charge>(Slice::Epoch(epoch, row.attempt)).await?);
            }
        }
        for entry in &mut story {
            entry.look_up(&quarantined, &charges);
        }
        Ok(story)
    }

    fn look_up(&mut self, quarantined: &[Quarantined], charges: &[Charge]) {
        let place = (Topic::parse(&self.topic), Partition(self.partition), KafkaOffset(self.offset));
        let refused = quarantined.iter().filter(|row| {
            (Some(row.topic), row.partition, row.offset) == place && (row.index.is_none() || row.index == self.index)
        });
        let charged = charges.iter().filter(|row| {
            (Some(row.topic), row.partition, row.offset) == place && self.index.is_none_or(|index| index == row.index)
        });
        let reasons = refused.map(|row| row.reason.word()).chain(charged.map(|row| row.outcome.word()));
        self.found = reasons.map(str::to_owned).collect();
    }

    /// The entry as JSON.
    pub fn document(&self) -> serde_json::Value {
        json!({
            "case": self.case,
            "what": self.what,
            "epoch": self.epoch.to_string(),
            "topic": self.topic,
            "partition": self.partition,
            "offset": self.offset.to_string(),
            "index": self.index,
            "expect": self.expect,
            "found": self.found,
        })
    }
}
