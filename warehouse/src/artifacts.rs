//! Artifacts, named by hash: sketch indexes and item lists, in a folder or a bucket.

use crate::error::Error;
use crate::location;
use crate::types::Hash;
use bytes::Bytes;
use futures::TryStreamExt;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{ObjectStore, ObjectStoreExt};
use std::collections::HashMap;
use std::sync::Arc;
use url::Url;

/// Where artifacts lie, each under its hex name without 0x.
#[derive(Clone, Debug)]
pub struct Artifacts {
    store: Arc<dyn ObjectStore>,
    location: String,
    url: Url,
}

impl Artifacts {
    /// The artifacts at `location`, a folder's path or a bucket's URL.
    ///
    /// # Errors
    /// When it is neither, or an option is wrong.
    pub fn at(location: &str, options: &HashMap<String, String>) -> Result<Self, Error> {
        let failed = |source| Error::Store { step: "open", path: location.into(), source };
        let url = location::url_of(location)?;
        let (store, path) = location::store_at(&url, options).map_err(failed)?;
        Ok(Self { store: Arc::new(PrefixStore::new(store, path)), location: location.into(), url })
    }

    /// The artifact of that name, or `None` where it is missing. Whether it is what its name says, the caller checks.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn get(&self, hash: Hash) -> Result<Option<Bytes>, Error> {
        self.get_named(&alloy::hex::encode(hash.0)).await
    }

    /// The file of that name, or `None` where it is missing.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn get_named(&self, name: &str) -> Result<Option<Bytes>, Error> {
        let failed = |source| Error::Store { step: "read", path: format!("{}/{name}", self.location), source };
        match self.store.get(&Path::from(name)).await {
            Ok(found) => Ok(Some(found.bytes().await.map_err(failed)?)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    /// Whether nothing is there at all.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn is_empty(&self) -> Result<bool, Error> {
        let failed = |source| Error::Store { step: "list", path: self.location.clone(), source };
        Ok(self.store.list(None).try_next().await.map_err(failed)?.is_none())
    }

    /// Writes a file under a name that says what it is.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn put_named(&self, name: &str, bytes: Bytes) -> Result<(), Error> {
        let failed = |source| Error::Store { step: "write", path: format!("{}/{name}", self.location), source };
        self.store.put(&Path::from(name), bytes.into()).await.map_err(failed)?;
        Ok(())
    }

    /// Where they lie, as a URL.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Where they lie, as it was given.
    pub fn location(&self) -> &str {
        &self.location
    }
}
