//! Settings: flag > environment > openbooks.toml. Paths in the file are relative to it; unknown keys are refused.

use crate::cli::SettingsArgs;
use crate::failure::Usage;
use alloy::primitives::B256;
use anyhow::{Context, Result};
use pipeline::jobs::Books;
use pipeline::network::Network;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;
use url::Url;
use warehouse::query::Label;
use warehouse::types::{Address, EpochCalendar};
use warehouse::{Artifacts, Warehouse};

/// Everything that commands need to know.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Folder or bucket of the tables.
    pub warehouse: String,
    /// Folder or bucket of the artifacts.
    pub artifacts: String,
    /// Options of the object store.
    pub store: HashMap<String, String>,
    /// CSV file of names.
    pub labels: Option<PathBuf>,
    /// Where kernels run.
    pub kernel: String,
    /// Threads of the CPU.
    pub threads: NonZeroUsize,
    /// The deployment.
    pub network: Network,
    /// Who signs Acks in the settler's name.
    pub gateway: Address,
    /// First block of the deployment's chain, if it is pinned.
    pub genesis_hash: Option<B256>,
    /// How transactions are sent.
    pub chain: ChainSettings,
    /// Settings of the broker's clients; empty when there is no broker.
    pub kafka: BTreeMap<String, String>,
}

/// How transactions are sent, and where bundles are published.
#[derive(Clone, Debug)]
pub struct ChainSettings {
    /// Nodes, the preferred one first.
    pub rpc: Vec<Url>,
    /// Encrypted key.
    pub keystore: Option<PathBuf>,
    /// Its password.
    pub password_file: Option<PathBuf>,
    /// Folder or bucket into which bundles are published.
    pub bundles: String,
    /// The same as others reach it [default: as it is].
    pub bundles_url: Option<String>,
    /// Most wei a unit of gas.
    pub max_fee_wei: u128,
    /// A transaction that is in no block for so long is replaced.
    pub replace_after: Duration,
    /// A command gives up waiting after so long.
    pub deadline: Duration,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    warehouse: Option<String>,
    artifacts: Option<String>,
    labels: Option<PathBuf>,
    kernel: Option<String>,
    threads: Option<NonZeroUsize>,
    #[serde(default)]
    store: HashMap<String, String>,
    network: Option<NetworkFile>,
    network_file: Option<PathBuf>,
    #[serde(default)]
    chain: ChainFile,
    #[serde(default)]
    kafka: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ChainFile {
    rpc: Vec<Url>,
    keystore: Option<PathBuf>,
    password_file: Option<PathBuf>,
    bundles: String,
    bundles_url: Option<String>,
    max_fee_gwei: u64,
    replace_after_s: u64,
    deadline_s: u64,
}

impl Default for ChainFile {
    fn default() -> Self {
        Self {
            rpc: Vec::new(),
            keystore: None,
            password_file: None,
            bundles: "bundles".into(),
            bundles_url: None,
            max_fee_gwei: 200,
            replace_after_s: 30,
            deadline_s: 600,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NetworkFile {
    chain_id: u64,
    vault: Address,
    token: Address,
    datanets: Address,
    models: Address,
    operators: Address,
    splits: Address,
    governance: Address,
    settler: Address,
    /// Who signs Acks in the settler's name [default: the settler].
    gateway: Option<Address>,
    genesis: String,
    epoch_length_s: u64,
    receipts_partitions: u32,
    /// Governance's executor; nothing reads it here, people do.
    #[serde(rename = "timelock")]
    _timelock: Option<Address>,
    genesis_hash: Option<B256>,
}

impl ChainSettings {
    /// Where others find the bundles of `store`, without a slash at its end.
    pub fn bundles_base(&self, store: &Artifacts) -> String {
        let base = self.bundles_url.as_deref().unwrap_or(store.url().as_str());
        base.trim_end_matches('/').to_owned()
    }
}

impl Settings {
    /// The settings that flags, environment and file give together.
    ///
    /// # Errors
    /// [`Usage`] names the file and what is wrong with it.
    pub fn load(args: &SettingsArgs) -> Result<Self> {
        let path = args.config.clone().unwrap_or_else(|| PathBuf::from("openbooks.toml"));
        let text = std::fs::read_to_string(&path).map_err(|error| {
            Usage(format!(
                "settings file {} cannot be read ({error}); name it with --config, or make one with `openbooks demo`",
                path.display()
            ))
        })?;
        let file: File = toml::from_str(&text)
            .map_err(|error| Usage(format!("settings file {}: {}", path.display(), error.to_string().trim_end())))?;
        let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
        let network_file = network_of(&path, &folder, file.network, file.network_file)?;
        let (genesis_hash, gateway) = (network_file.genesis_hash, network_file.gateway.unwrap_or(network_file.settler));
        let network = network_file.network().with_context(|| format!("settings file {}", path.display()))?;
        let located = |flag: &Option<String>, file: Option<String>, default: &str| match flag {
            Some(flag) => flag.clone(),
            None => beside(&folder, &file.unwrap_or_else(|| default.into())),
        };
        let available = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        Ok(Self {
            warehouse: located(&args.warehouse, file.warehouse, "warehouse"),
            artifacts: located(&args.artifacts, file.artifacts, "artifacts"),
            store: store_options(&path, file.store)?,
            labels: args.labels.clone().or_else(|| file.labels.map(|labels| folder.join(labels))),
            kernel: args.kernel.clone().or(file.kernel).unwrap_or_else(|| "auto".into()),
            threads: args.threads.or(file.threads).unwrap_or(available),
            network,
            gateway,
            genesis_hash,
            chain: chain_of(&folder, args, file.chain),
            kafka: kafka_options(file.kafka),
        })
    }

    /// The tables.
    ///
    /// # Errors
    /// When the location is none.
    pub fn warehouse(&self) -> Result<Warehouse> {
        Ok(Warehouse::at(&self.warehouse, self.store.clone())?)
    }

    /// What commands that score nothing work on: no adapter is looked for.
    ///
    /// # Errors
    /// When a location is none.
    pub fn books_to_read(&self) -> Result<Books> {
        self.books_on(kernels::Runtime::Cpu { threads: self.threads })
    }

    /// What the jobs work on.
    ///
    /// # Errors
    /// When a location is none, or the kernel's runtime is not there.
    pub fn books(&self) -> Result<Books> {
        let kernel = if self.kernel == "auto" && !may_have_gpu() { "cpu" } else { &self.kernel };
        self.books_on(kernels::Runtime::parse(kernel, self.threads)?)
    }

    fn books_on(&self, runtime: kernels::Runtime) -> Result<Books> {
        let artifacts = Artifacts::at(&self.artifacts, &self.store)?;
        Ok(Books { warehouse: self.warehouse()?, artifacts, network: self.network.clone(), runtime })
    }

    /// The broker.
    ///
    /// # Errors
    /// [`Usage`] when the settings name none.
    pub fn broker(&self) -> Result<ingest::kafka::Broker> {
        if !self.kafka.contains_key("bootstrap.servers") {
            let how = "name `bootstrap.servers` in the settings' [kafka], or in KAFKA_BOOTSTRAP_SERVERS";
            return Err(Usage(format!("no broker: {how}")).into());
        }
        Ok(ingest::kafka::Broker { options: self.kafka.clone() })
    }

    /// What the checks of incoming records need to know.
    pub fn ingest_network(&self) -> ingest::Network {
        ingest_network(&self.network)
    }

    /// Names of accounts.
    ///
    /// # Errors
    /// [`Usage`] names the line that is wrong.
    pub fn labels(&self) -> Result<Vec<Label>> {
        let Some(path) = &self.labels else { return Ok(Vec::new()) };
        let text = std::fs::read_to_string(path)
            .map_err(|error| Usage(format!("labels file {} cannot be read: {error}", path.display())))?;
        let mut labels = Vec::new();
        for (at, line) in text.lines().enumerate().skip(1).filter(|(_, line)| !line.trim().is_empty()) {
            let label = line.split_once(',').and_then(|(account, name)| {
                Some(Label { account: account.trim().parse().ok()?, name: name.trim().trim_matches('"').to_owned() })
            });
            let wrong = || Usage(format!("labels file {}, line {}: not `address,name`", path.display(), at + 1));
            labels.push(label.ok_or_else(wrong)?);
        }
        Ok(labels)
    }
}

/// Whether looking for a GPU can find one. Without a device file there is none, and drivers that are asked all the
/// same take their time and complain on stderr.
pub fn may_have_gpu() -> bool {
    !cfg!(target_os = "linux") || GPU_DEVICES.iter().any(|device| Path::new(device).exists())
}

/// Where Linux shows a GPU: DRM, NVIDIA's own driver, WSL.
const GPU_DEVICES: [&str; 3] = ["/dev/dri", "/dev/nvidia0", "/dev/dxg"];

/// What the checks of incoming records need to know of a deployment.
pub fn ingest_network(network: &Network) -> ingest::Network {
    ingest::Network {
        chain_id: network.chain_id,
        vault: network.vault,
        contracts: network.contracts(),
        receipts_partitions: network.receipts_partitions,
    }
}

/// The deployment: in the settings, or in a file of its own that the deploy script wrote.
fn network_of(path: &Path, folder: &Path, table: Option<NetworkFile>, file: Option<PathBuf>) -> Result<NetworkFile> {
    match (table, file) {
        (Some(table), None) => Ok(table),
        (None, Some(file)) => {
            let file = folder.join(file);
            let text = std::fs::read_to_string(&file)
                .map_err(|error| Usage(format!("addresses file {} cannot be read: {error}", file.display())))?;
            let wrong = |error: toml::de::Error| {
                Usage(format!("addresses file {}: {}", file.display(), error.to_string().trim_end()))
            };
            Ok(toml::from_str(&text).map_err(wrong)?)
        }
        _ => Err(Usage(format!("settings file {}: give either [network] or network_file", path.display())).into()),
    }
}

fn chain_of(folder: &Path, args: &SettingsArgs, file: ChainFile) -> ChainSettings {
    ChainSettings {
        rpc: if args.rpc.is_empty() { file.rpc } else { args.rpc.clone() },
        keystore: file.keystore.map(|path| folder.join(path)),
        password_file: file.password_file.map(|path| folder.join(path)),
        bundles: beside(folder, &file.bundles),
        bundles_url: file.bundles_url,
        max_fee_wei: u128::from(file.max_fee_gwei) * 1_000_000_000,
        replace_after: Duration::from_secs(file.replace_after_s.max(1)),
        deadline: Duration::from_secs(file.deadline_s),
    }
}

/// Settings of librdkafka: those of the file, and over them those that the environment names, as
/// `KAFKA_SASL_PASSWORD` for `sasl.password`, so that secrets need not stand in a file.
fn kafka_options(mut options: BTreeMap<String, String>) -> BTreeMap<String, String> {
    for (name, value) in std::env::vars_os() {
        let name = name.to_str().and_then(|name| name.strip_prefix("KAFKA_"));
        if let (Some(name), Ok(value)) = (name, value.into_string()) {
            options.insert(name.to_ascii_lowercase().replace('_', "."), value);
        }
    }
    options
}

/// Options of the object store: those of the file, and over them those that the environment names, as
/// `AWS_SECRET_ACCESS_KEY`, so that secrets need not stand in a file.
fn store_options(path: &Path, mut options: HashMap<String, String>) -> Result<HashMap<String, String>> {
    if let Some(unknown) = options.keys().find(|key| !warehouse::is_store_option(key)) {
        return Err(Usage(format!(
            "settings file {}: store.{unknown} is an option of no object store",
            path.display()
        ))
        .into());
    }
    let named = std::env::vars_os()
        .filter_map(|(key, value)| Some((key.to_str()?.to_ascii_lowercase(), value.into_string().ok()?)));
    options.extend(named.filter(|(key, _)| of_environment(key) && warehouse::is_store_option(key)));
    Ok(options)
}

fn of_environment(key: &str) -> bool {
    ["aws_", "azure_", "google_"].iter().any(|prefix| key.starts_with(prefix))
}

/// A location of the file: URLs as they are, paths relative to the file.
fn beside(folder: &Path, location: &str) -> String {
    if location.contains("://") { location.to_owned() } else { folder.join(location).display().to_string() }
}

impl NetworkFile {
    fn network(self) -> Result<Network> {
        let genesis = chrono::DateTime::parse_from_rfc3339(&self.genesis)
            .map_err(|_| Usage(format!("network.genesis {:?} is no RFC 3339 time", self.genesis)))?;
        let genesis_s = u64::try_from(genesis.timestamp())
            .map_err(|_| Usage(format!("network.genesis {:?} lies before 1970", self.genesis)))?;
        if self.epoch_length_s == 0 || self.receipts_partitions == 0 {
            return Err(Usage("network.epoch_length_s and network.receipts_partitions must be above 0".into()).into());
        }
        Ok(Network {
            chain_id: self.chain_id,
            vault: self.vault,
            token: self.token,
            datanets: self.datanets,
            models: self.models,
            operators: self.operators,
            splits: self.splits,
            governance: self.governance,
            settler: self.settler,
            calendar: EpochCalendar { genesis_s, length_s: self.epoch_length_s },
            receipts_partitions: self.receipts_partitions,
        })
    }
}
