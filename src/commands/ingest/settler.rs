//! The settler's key, which signs closing records.

use crate::chain::{KeyArgs, Signer};
use crate::failure::Usage;
use crate::settings::Settings;
use alloy::primitives::{Address, B256};
use anyhow::{Result, bail};
use bytes::Bytes;
use ingest::CloseSigner;
use std::future::Future;
use std::pin::Pin;

/// The key of the network's settler.
pub struct Settler(Signer);

impl Settler {
    /// Opens the keystore that the flags, or else the settings, name.
    ///
    /// # Errors
    /// [`Usage`] when it is another's key: its Close would count for nothing.
    pub fn open(key: &KeyArgs, settings: &Settings) -> Result<Self> {
        let signer = Signer::open(key, &settings.chain)?;
        let (found, settler) = (signer.address, settings.network.settler);
        if found != settler {
            bail!(Usage(format!("key {found:#x} is not the settler {settler:#x}: its Close would count for nothing")));
        }
        Ok(Self(signer))
    }
}

impl CloseSigner for Settler {
    fn address(&self) -> Address {
        self.0.address
    }

    fn sign(&self, hash: B256) -> Pin<Box<dyn Future<Output = Result<Bytes, ingest::Error>> + Send + '_>> {
        Box::pin(async move {
            let signature = self.0.hashes.sign_hash(&hash).await;
            let signature = signature.map_err(|error| ingest::Error::Signer { wrong: error.to_string() })?;
            Ok(signature.as_bytes().to_vec().into())
        })
    }
}
