//! An object store for reading that trusts no bytes: a file named by its SHA-256 is hashed whole before any range of it
//! is given out. Files are never replaced, so once is enough. Cost: each file of a session is read once more.

use crate::files;
use async_trait::async_trait;
use bytes::Bytes;
use futures::TryStreamExt;
use futures::stream::BoxStream;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, ObjectStoreExt,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// See the module.
#[derive(Debug)]
pub(super) struct Verified {
    inner: Arc<dyn ObjectStore>,
    /// The warehouse in the store.
    folder: Path,
    known: Mutex<HashSet<Path>>,
    corrupted: Mutex<Option<Path>>,
}

impl std::fmt::Display for Verified {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "verified {}", self.inner)
    }
}

impl Verified {
    pub(super) fn new(inner: Arc<dyn ObjectStore>, folder: Path) -> Self {
        Self { inner, folder, known: Mutex::default(), corrupted: Mutex::default() }
    }

    /// A file that was found not to be what its name promises, relative to the warehouse. Readers on the way turn
    /// errors into text, so it is asked for here.
    pub(super) fn corrupted(&self) -> Option<String> {
        let found = locked(&self.corrupted).clone()?;
        let inside: Option<Path> = found.prefix_match(&self.folder).map(Iterator::collect);
        Some(inside.unwrap_or(found).to_string())
    }

    async fn check(&self, path: &Path) -> Result<()> {
        let Some(promised) = files::promised_hash(path.as_ref()) else { return Ok(()) };
        if locked(&self.known).contains(path) {
            return Ok(());
        }
        let mut hash = Sha256::new();
        let mut chunks = self.inner.get(path).await?.into_stream();
        while let Some(chunk) = chunks.try_next().await? {
            hash.update(&chunk);
        }
        if alloy::hex::encode(hash.finalize()) != promised {
            *locked(&self.corrupted) = Some(path.clone());
            return Err(object_store::Error::Generic { store: "verified", source: "another SHA-256".into() });
        }
        locked(&self.known).insert(path.clone());
        Ok(())
    }
}

#[async_trait]
impl ObjectStore for Verified {
    async fn get_opts(&self, path: &Path, options: GetOptions) -> Result<GetResult> {
        if !options.head {
            self.check(path).await?;
        }
        self.inner.get_opts(path, options).await
    }

    async fn get_ranges(&self, path: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.check(path).await?;
        self.inner.get_ranges(path, ranges).await
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn put_opts(&self, _: &Path, _: PutPayload, _: PutOptions) -> Result<PutResult> {
        Err(read_only())
    }

    async fn put_multipart_opts(&self, _: &Path, _: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        Err(read_only())
    }

    fn delete_stream(&self, _: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        Box::pin(futures::stream::once(async { Err(read_only()) }))
    }

    async fn copy_opts(&self, _: &Path, _: &Path, _: CopyOptions) -> Result<()> {
        Err(read_only())
    }
}

fn read_only() -> object_store::Error {
    object_store::Error::NotSupported { source: "queries only read".into() }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
