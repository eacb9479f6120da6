//! Where tables and artifacts lie: a folder, or a bucket of S3, Google Cloud Storage or Azure. One factory serves both,
//! so an option means the same for either.

use crate::error::Error;
use deltalake::logstore::{
    LogStore, LogStoreFactory, ObjectStoreFactory, ObjectStoreRef, StorageConfig, default_logstore, logstore_factories,
    object_store_factories,
};
use deltalake::{DeltaResult, DeltaTableError};
use object_store::aws::AmazonS3ConfigKey;
use object_store::azure::AzureConfigKey;
use object_store::gcp::GoogleConfigKey;
use object_store::path::Path;
use std::collections::HashMap;
use std::sync::{Arc, Once};
use url::Url;

/// Schemes of buckets; folders need none.
const BUCKET_SCHEMES: [&str; 7] = ["s3", "s3a", "gs", "az", "azure", "abfs", "abfss"];

/// Whether any object store knows the option, as `aws_endpoint` or `azure_storage_account_name`.
pub fn is_store_option(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    key.parse::<AmazonS3ConfigKey>().is_ok()
        || key.parse::<GoogleConfigKey>().is_ok()
        || key.parse::<AzureConfigKey>().is_ok()
}

/// The URL of a folder's path or of a bucket.
pub(crate) fn url_of(location: &str) -> Result<Url, Error> {
    register_buckets();
    let wrong = || Error::Location { location: location.into() };
    let url = deltalake::ensure_table_uri(location).map_err(|_| wrong())?;
    let known = url.scheme() == "file" || BUCKET_SCHEMES.contains(&url.scheme());
    if known { Ok(url) } else { Err(wrong()) }
}

/// The store at a URL, and the path inside it.
pub(crate) fn store_at(url: &Url, options: &HashMap<String, String>) -> object_store::Result<(ObjectStoreRef, Path)> {
    let (store, path) = object_store::parse_url_opts(url, options)?;
    Ok((Arc::from(store), path))
}

/// Delta opens tables by scheme: teaches it those of buckets, whose stores put a file only where none is.
fn register_buckets() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        for scheme in BUCKET_SCHEMES {
            if let Ok(url) = Url::parse(&format!("{scheme}://")) {
                object_store_factories().insert(url.clone(), Arc::new(Buckets));
                logstore_factories().insert(url, Arc::new(Buckets));
            }
        }
    });
}

/// Tables in buckets, with conditional put as the lock.
struct Buckets;

impl ObjectStoreFactory for Buckets {
    fn parse_url_opts(&self, url: &Url, config: &StorageConfig) -> DeltaResult<(ObjectStoreRef, Path)> {
        store_at(url, &config.raw).map_err(|source| DeltaTableError::ObjectStore { source })
    }
}

impl LogStoreFactory for Buckets {
    fn with_options(
        &self,
        prefixed_store: ObjectStoreRef,
        root_store: ObjectStoreRef,
        location: &Url,
        options: &StorageConfig,
    ) -> DeltaResult<Arc<dyn LogStore>> {
        Ok(default_logstore(prefixed_store, root_store, location, options))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_and_folders_are_locations_and_nothing_else_is() {
        for location in ["s3://bucket/books", "gs://bucket", "abfss://books@account.dfs.core.windows.net/x", "/tmp/x"] {
            assert!(url_of(location).is_ok(), "{location}");
        }
        for location in ["ftp://host/books", "http://host/books", "memory:///books"] {
            assert!(matches!(url_of(location), Err(Error::Location { .. })), "{location}");
        }
    }

    #[test]
    fn options_of_stores_are_known_by_name() {
        for key in ["aws_endpoint", "AWS_ACCESS_KEY_ID", "aws_allow_http", "google_service_account", "azure_tenant_id"]
        {
            assert!(is_store_option(key), "{key}");
        }
        assert!(!is_store_option("aws_endpiont"));
    }
}
