//! Batches of settled epochs, from the tables.

use super::shapes::ReceiptShape;
use anyhow::{Context, Result};
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use std::collections::HashMap;
use std::time::Duration;
use tokio::sync::Semaphore;
use warehouse::query::{Parameter, Session};
use warehouse::types::{Address, BatchId};

/// Longest wait for the tables: each question reads a column of many files.
const ANSWER_MAX: Duration = Duration::from_secs(10);

/// Who asks: each has a turn of its own, so that nobody keeps the others waiting.
#[derive(Clone, Copy, Debug)]
pub enum Asker {
    /// A node that sends.
    Sender,
    /// Anybody.
    Anybody,
}

impl Asker {
    fn turn(self) -> &'static Semaphore {
        static SENDERS: Semaphore = Semaphore::const_new(1);
        static ANYBODY: Semaphore = Semaphore::const_new(1);
        match self {
            Self::Sender => &SENDERS,
            Self::Anybody => &ANYBODY,
        }
    }
}

const PLACE: &str = include_str!("past_place.sql");
const BATCH: &str = include_str!("past_batch.sql");
const ANSWER: &str = include_str!("past_answer.sql");

/// A row of text, by column.
type Row = HashMap<String, String>;

/// A batch's place.
pub struct PastPlace {
    /// The partition.
    pub partition: u32,
    /// The offset.
    pub offset: i64,
    /// When the log took it in, microseconds.
    pub taken_at_us: i64,
    /// Who sent it.
    pub operator: String,
    /// In which lane.
    pub lane: String,
    /// As which.
    pub number: String,
    /// Whether it counted there, as its receipts' verdicts show; never of one without receipts.
    pub counted: bool,
}

/// A receipt of a settled batch.
pub struct PastReceipt {
    /// Its batch.
    pub batch: String,
    /// The epoch.
    pub epoch: String,
    /// Its verdict.
    pub receipt: ReceiptShape,
}

/// Where a batch stands.
///
/// # Errors
/// When the tables cannot be read.
pub async fn place(session: &Session, asker: Asker, batch: BatchId) -> Result<Option<PastPlace>> {
    let rows = rows(session, asker, PLACE, &[("batch", Parameter::Bytes(batch.0.to_vec()))]).await?;
    Ok(rows.into_iter().next().and_then(|mut row| {
        Some(PastPlace {
            partition: row.get("partition")?.parse().ok()?,
            offset: row.get("offset")?.parse().ok()?,
            taken_at_us: row.get("taken_at_us")?.parse().ok()?,
            operator: row.remove("operator")?,
            lane: row.remove("lane")?,
            number: row.remove("number")?,
            counted: row.get("counted").is_some_and(|counted| counted == "true"),
        })
    }))
}

/// The receipts of a batch, as its epoch settled them.
///
/// # Errors
/// When the tables cannot be read.
pub async fn receipts(session: &Session, batch: BatchId) -> Result<Vec<PastReceipt>> {
    let rows = rows(session, Asker::Anybody, BATCH, &[("batch", Parameter::Bytes(batch.0.to_vec()))]).await?;
    Ok(rows.into_iter().filter_map(receipt).collect())
}

/// One receipt, by what its node knew.
///
/// # Errors
/// When the tables cannot be read.
pub async fn answer(
    session: &Session,
    (operator, lane, number, index): (Address, u64, u64, u32),
    output_commitment: &[u8],
) -> Result<Option<PastReceipt>> {
    let parameters = [
        ("operator", Parameter::Bytes(operator.to_vec())),
        ("lane", Parameter::from(lane)),
        ("number", Parameter::from(number)),
        ("index", Parameter::from(u64::from(index))),
        ("commitment", Parameter::Bytes(output_commitment.to_vec())),
    ];
    Ok(rows(session, Asker::Anybody, ANSWER, &parameters).await?.into_iter().next().and_then(receipt))
}

fn receipt(mut row: Row) -> Option<PastReceipt> {
    Some(PastReceipt {
        batch: row.remove("batch")?,
        epoch: row.remove("epoch")?,
        receipt: ReceiptShape {
            receipt: row.remove("receipt")?,
            index: row.get("index")?.parse().ok()?,
            verdict: row.remove("outcome")?,
            fee: row.remove("fee"),
        },
    })
}

async fn rows(session: &Session, asker: Asker, sql: &str, parameters: &[(&str, Parameter)]) -> Result<Vec<Row>> {
    let asked = async {
        let _turn = asker.turn().acquire().await?;
        anyhow::Ok(session.query(sql, parameters).await?)
    };
    let batches = tokio::time::timeout(ANSWER_MAX, asked).await.context("the tables take too long")??;
    let mut rows = Vec::new();
    for batch in &batches {
        rows.extend(texts(batch)?);
    }
    Ok(rows)
}

/// A batch's rows, every value as text; what is null is left out.
fn texts(batch: &RecordBatch) -> Result<Vec<Row>> {
    let mut rows = vec![Row::new(); batch.num_rows()];
    for (column, field) in batch.columns().iter().zip(batch.schema().fields()) {
        let column = cast(column, &DataType::Utf8)?;
        let column = column.as_string::<i32>();
        for (at, row) in rows.iter_mut().enumerate().filter(|(at, _)| column.is_valid(*at)) {
            row.insert(field.name().clone(), column.value(at).to_owned());
        }
    }
    Ok(rows)
}
