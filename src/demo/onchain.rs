//! The demo on a development chain: the recording's own transactions are played there, then each night's root is
//! proposed, final, and the top earner claims. Waiting is done by moving the node's clock.

use crate::chain::KeyArgs;
use crate::cli::{Output, SettingsArgs};
use crate::commands::{claim, commit};
use crate::demo::Night;
use crate::failure::{TryLater, Usage};
use alloy::primitives::{Address, B256, keccak256};
use alloy::providers::{DynProvider, Provider, ProviderBuilder};
use alloy::signers::local::PrivateKeySigner;
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};
use url::Url;
use warehouse::types::EpochCalendar;

/// The dispute window of the demo's network, seconds.
const WINDOW_S: u64 = 3_600;
/// What somebody gets for gas, wei: 1 ETH.
const GAS_MONEY: &str = "0xde0b6b3a7640000";
/// Password of the keystores that the demo makes; their keys are public anyway.
const PASSWORD: &str = "demo";

/// A node whose clock can be moved.
struct DevNode(DynProvider);

impl DevNode {
    async fn ask(&self, method: &'static str, parameters: Value) -> Result<Value> {
        let answer = self.0.raw_request::<_, Value>(method.into(), parameters).await;
        answer.map_err(|error| TryLater(format!("the development node does not do {method}: {error}")).into())
    }

    async fn now(&self) -> Result<u64> {
        let block = self.ask("eth_getBlockByNumber", json!(["latest", false])).await?;
        let time =
            block["timestamp"].as_str().and_then(|text| u64::from_str_radix(text.trim_start_matches("0x"), 16).ok());
        time.context("the node's last block has no time")
    }

    async fn warp(&self, time_s: u64) -> Result<()> {
        self.ask("evm_setNextBlockTimestamp", json!([time_s])).await?;
        self.ask("evm_mine", json!([])).await?;
        Ok(())
    }

    /// Plays the recorded transactions, unless they were played before.
    async fn play(&self, file: &Path, vault: Address) -> Result<()> {
        let code = self.ask("eth_getCode", json!([vault, "latest"])).await?;
        if code == "0x" {
            bail!(Usage(format!("no contract at the vault's address {vault:#x}: start the node with `make devnet`")));
        }
        let text = std::fs::read_to_string(file)
            .map_err(|error| Usage(format!("file {} cannot be read: {error}", file.display())))?;
        let blocks: Vec<Value> =
            serde_json::from_str(&text).map_err(|error| Usage(format!("file {}: {error}", file.display())))?;
        let last = blocks.last().and_then(|block| block["time"].as_u64()).unwrap_or_default();
        if self.now().await? >= last {
            return Ok(());
        }
        self.ask("evm_setAutomine", json!([false])).await?;
        for block in blocks {
            for transaction in block["transactions"].as_array().into_iter().flatten() {
                self.ask("eth_sendRawTransaction", json!([transaction])).await?;
            }
            self.warp(block["time"].as_u64().unwrap_or_default()).await?;
        }
        self.ask("anvil_setBlockTimestampInterval", json!([1])).await?;
        self.ask("evm_setAutomine", json!([true])).await?;
        Ok(())
    }

    /// A keystore for one of the recording's people, whose keys are known to everybody.
    async fn keystore(&self, folder: &Path, name: &str) -> Result<KeyArgs> {
        std::fs::create_dir_all(folder)?;
        let key: B256 = keccak256(format!("openbooks demo key: {name}"));
        let file = format!("{}.json", name.to_lowercase().replace(' ', "-"));
        let (signer, _) =
            PrivateKeySigner::encrypt_keystore(folder, &mut rand::thread_rng(), key, PASSWORD, Some(&file))?;
        self.ask("anvil_setBalance", json!([signer.address(), GAS_MONEY])).await?;
        let password_file: PathBuf = folder.join("password");
        std::fs::write(&password_file, PASSWORD)?;
        Ok(KeyArgs { keystore: Some(folder.join(file)), password_file: Some(password_file) })
    }
}

/// Brings both nights to the chain at `url` and pays the top earner of the last.
pub async fn bring(
    args: &SettingsArgs,
    url: &Url,
    recording: &Path,
    out: &Path,
    nights: &[Night],
    vault: Address,
    calendar: EpochCalendar,
) -> Result<()> {
    let args = SettingsArgs { rpc: vec![url.clone()], ..args.clone() };
    let node = DevNode(ProviderBuilder::default().connect_http(url.clone()).erased());
    say("on the chain: playing what people did there, transaction by transaction")?;
    node.play(&recording.join("transactions.json"), vault).await?;
    let proposer = node.keystore(&out.join("keys"), "Proposer").await?;
    for night in nights {
        let end = calendar.ends_at_s(night.epoch);
        if node.now().await? < end {
            node.warp(end).await?;
        }
        commit::commit(&args, Output::Text, night.epoch, &proposer).await?;
        node.warp(node.now().await? + WINDOW_S).await?;
        commit::finalize(&args, Output::Text, night.epoch, &proposer).await?;
    }
    let Some((account, name, _)) = nights.last().and_then(|night| night.earners.first()) else { return Ok(()) };
    let key = node.keystore(&out.join("keys"), name).await?;
    say(&format!("{name} claims:"))?;
    claim::claim(&args, Output::Text, *account, true, &key).await
}

fn say(line: &str) -> Result<()> {
    Ok(writeln!(std::io::stdout().lock(), "{line}")?)
}
