//! What became of an attempt's root on the chain, written down in `epochs`.

use super::run::Books;
use crate::error::Error;
use std::collections::HashMap;
use warehouse::Txn;
use warehouse::tables::EpochRow;
use warehouse::tables::epochs::EpochState;

/// Writes that the settled attempt reached a state; false when that was written before.
///
/// # Errors
/// When the table cannot be written.
pub async fn mark(books: &Books, settled: &EpochRow, state: EpochState) -> Result<bool, Error> {
    let (epoch, attempt) = (settled.epoch, settled.attempt);
    let row = EpochRow { state, document: String::new(), ..settled.clone() };
    let txn = Txn { app: format!("epochs/{epoch}/{}/{attempt}", state), expected: None, version: 1 };
    match books.warehouse.append(&[row], attempt, &[txn], HashMap::new()).await {
        Ok(_) => Ok(true),
        Err(warehouse::Error::Moved { found: Some(_), .. }) => Ok(false),
        Err(source) => Err(Error::Warehouse { job: "commit", epoch, source }),
    }
}
