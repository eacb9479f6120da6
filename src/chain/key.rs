//! Keys: an encrypted keystore file, its password from a file or a prompt, never from an argument.
//! Behind alloy's signer trait, so that a key management service is one more variant.

use crate::failure::Usage;
use crate::settings::ChainSettings;
use alloy::network::{EthereumWallet, TxSigner};
use alloy::primitives::{Address, Signature};
use alloy::signers::local::PrivateKeySigner;
use anyhow::{Result, bail};
use clap::Args;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The key that signs.
#[derive(Debug, Clone, Default, Args)]
pub struct KeyArgs {
    /// Encrypted keystore file (Web3 Secret Storage) of the key that signs.
    #[arg(long, env = "OPENBOOKS_KEYSTORE", value_name = "FILE")]
    pub keystore: Option<PathBuf>,
    /// File that holds the keystore's password [default: asked on the terminal].
    #[arg(long, env = "OPENBOOKS_PASSWORD_FILE", value_name = "FILE")]
    pub password_file: Option<PathBuf>,
}

/// Who signs transactions.
pub struct Signer {
    /// Its address.
    pub address: Address,
    /// What alloy signs transactions with.
    pub wallet: EthereumWallet,
    /// The same, for hashes.
    pub hashes: Arc<dyn alloy::signers::Signer + Send + Sync>,
}

impl Signer {
    /// Opens the keystore that the flags, or else the settings, name.
    ///
    /// # Errors
    /// [`Usage`] names the file and what is wrong with it.
    pub fn open(args: &KeyArgs, settings: &ChainSettings) -> Result<Self> {
        let Some(path) = args.keystore.as_deref().or(settings.keystore.as_deref()) else {
            bail!(Usage("no key: name a keystore file with --keystore, or chain.keystore in the settings".into()));
        };
        if !path.is_file() {
            bail!(Usage(format!("keystore {} is no file", path.display())));
        }
        let password = password(path, args.password_file.as_deref().or(settings.password_file.as_deref()))?;
        let key = PrivateKeySigner::decrypt_keystore(path, password)
            .map_err(|error| Usage(format!("keystore {} cannot be opened: {error}", path.display())))?;
        Ok(Self::from(key))
    }
}

impl<S: TxSigner<Signature> + alloy::signers::Signer + Clone + Send + Sync + 'static> From<S> for Signer {
    fn from(signer: S) -> Self {
        let hashes = Arc::new(signer.clone());
        Self { address: TxSigner::address(&signer), wallet: EthereumWallet::from(signer), hashes }
    }
}

fn password(keystore: &Path, file: Option<&Path>) -> Result<String> {
    if let Some(file) = file {
        let text = std::fs::read_to_string(file)
            .map_err(|error| Usage(format!("password file {} cannot be read: {error}", file.display())))?;
        return Ok(text.trim_end_matches(['\r', '\n']).to_owned());
    }
    if !std::io::stdin().is_terminal() {
        bail!(Usage(format!("no terminal to ask for the password of {}: name a --password-file", keystore.display())));
    }
    Ok(rpassword::prompt_password(format!("password of {}: ", keystore.display()))?)
}
