//! Whether a store lets exactly one of many writers make an object. Delta's commits rest on it, and some stores only
//! say that they do.

use crate::error::Error;
use crate::store::Warehouse;
use bytes::Bytes;
use futures::future::join_all;
use object_store::path::Path;
use object_store::{ObjectStoreExt, PutMode, PutOptions};
use std::time::{SystemTime, UNIX_EPOCH};

/// Writers of one object.
const WRITERS: u32 = 8;
/// Objects: a store that loses some races is found by more than one.
const ROUNDS: u32 = 5;

impl Warehouse {
    /// Lets writers race for a few objects; exactly one must win each, and its bytes must be those that are there.
    /// Cost: some fifty small requests.
    ///
    /// # Errors
    /// [`Error::Unsafe`] when the store cannot hold tables, or the store's own error.
    pub async fn check_conditional_put(&self) -> Result<(), Error> {
        let (_, store, folder) = self.store()?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let location = || self.root().to_string();
        for round in 0..ROUNDS {
            let path = Path::from(format!("{folder}/_conditional_put/{}-{now}-{round}", std::process::id()));
            let create = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
            let races = (0..WRITERS).map(|writer| {
                let bytes = Bytes::from(writer.to_string());
                store.put_opts(&path, bytes.into(), create.clone())
            });
            let mut winners = Vec::new();
            for (writer, result) in (0..WRITERS).zip(join_all(races).await) {
                match result {
                    Ok(_) => winners.push(writer.to_string()),
                    Err(object_store::Error::AlreadyExists { .. } | object_store::Error::Precondition { .. }) => {}
                    Err(source) => return Err(Error::Store { step: "write", path: path.to_string(), source }),
                }
            }
            let failed = |source| Error::Store { step: "read", path: path.to_string(), source };
            let there = store.get(&path).await.map_err(failed)?.bytes().await.map_err(failed)?;
            store.delete(&path).await.map_err(failed)?;
            if winners.len() != 1 || winners.first().map(String::as_bytes) != Some(&there[..]) {
                let wrong = format!("{} of {WRITERS} writers made the same object", winners.len());
                return Err(Error::Unsafe { location: location(), wrong });
            }
        }
        Ok(())
    }
}
