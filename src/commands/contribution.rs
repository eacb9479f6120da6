//! `openbooks contribution hash`: what a contributor commits to, made from a folder's files.

use crate::cli::{ContributionHash, Output};
use crate::failure::Usage;
use crate::show;
use alloy::primitives::{B256, keccak256};
use alloy::sol_types::{SolCall, SolValue};
use anyhow::{Result, bail};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use warehouse::chain_events::commitCall;
use warehouse::merkle::tree_hash;

/// Prints the content hash of the folder's items, and the commitment's calldata.
pub fn hash(output: Output, what: &ContributionHash) -> Result<()> {
    let files = items(&what.folder)?;
    let mut hashes = Vec::with_capacity(files.len());
    for file in &files {
        let bytes = std::fs::read(file).map_err(|error| unreadable(file, &error))?;
        hashes.push(B256::from_slice(&Sha256::digest(&bytes)));
    }
    let content = tree_hash(&hashes);
    let commitment = keccak256((content, what.contributor, what.salt.0).abi_encode());
    let call = commitCall { datanet: what.datanet.0, commitment };
    let calldata = alloy::hex::encode_prefixed(call.abi_encode());
    let document = json!({
        "items": files.len().to_string(),
        "content_hash": content.to_string(),
        "commitment": commitment.to_string(),
        "commit_calldata": calldata,
    });
    show::print(output, &document, || {
        format!(
            "items         {}\ncontent hash  {content}\ncommitment    {commitment}\ncommit        send to the datanet registry:\n              {calldata}\nkeep the salt: without it nobody can show the contribution",
            files.len()
        )
    })
}

/// Every file below the folder; items are numbered in the order of their paths' bytes.
fn items(folder: &Path) -> Result<Vec<PathBuf>> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_path_buf()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).map_err(|error| unreadable(&folder, &error))? {
            let path = entry.map_err(|error| unreadable(&folder, &error))?.path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort_by(|a, b| a.as_os_str().as_encoded_bytes().cmp(b.as_os_str().as_encoded_bytes()));
    if files.is_empty() {
        bail!(Usage(format!("folder {} holds no item", folder.display())));
    }
    Ok(files)
}

fn unreadable(path: &Path, error: &std::io::Error) -> Usage {
    Usage(format!("{} cannot be read: {error}", path.display()))
}
