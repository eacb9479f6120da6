//! The command line: what can be asked, parsed once into rich types.

mod ingest;

pub use ingest::{ChainArgs, GatewayArgs, Ingest, SinkArgs};

use crate::chain::KeyArgs;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;
use warehouse::types::{Address, Amount, Epoch, Hash, ReceiptId};

/// The open books of a payable-AI network: who was paid, how much, and why.
#[derive(Debug, Parser)]
#[command(
    version,
    about,
    after_help = "Exit codes: 0 done, 2 usage, 3 already done, 4 inputs not ready, 5 a broken invariant, 75 try later.\n\
                  Settings: flag > environment > openbooks.toml.\n\
                  Begin with `openbooks demo`."
)]
pub struct Cli {
    /// Settings that every command reads.
    #[command(flatten)]
    pub settings: SettingsArgs,
    /// Shape of what is printed on stdout.
    #[arg(long, global = true, value_enum, default_value = "text")]
    pub output: Output,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Settings by flag or environment; what is missing comes from the settings file.
#[derive(Debug, Clone, Default, Args)]
pub struct SettingsArgs {
    /// Settings file [default: openbooks.toml].
    #[arg(long, global = true, env = "OPENBOOKS_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Folder or URL of the tables.
    #[arg(long, global = true, env = "OPENBOOKS_WAREHOUSE", value_name = "LOCATION")]
    pub warehouse: Option<String>,
    /// Folder or URL of the artifacts.
    #[arg(long, global = true, env = "OPENBOOKS_ARTIFACTS", value_name = "LOCATION")]
    pub artifacts: Option<String>,
    /// Nodes of the chain, the preferred one first.
    #[arg(long, global = true, env = "OPENBOOKS_RPC", value_name = "URL", value_delimiter = ',')]
    pub rpc: Vec<url::Url>,
    /// CSV file of names: account,name.
    #[arg(long, global = true, env = "OPENBOOKS_LABELS", value_name = "FILE")]
    pub labels: Option<PathBuf>,
    /// Where kernels run: auto, cpu or wgpu.
    #[arg(long, global = true, env = "OPENBOOKS_KERNEL", value_name = "RUNTIME")]
    pub kernel: Option<String>,
    /// Threads of the CPU [default: as many as there are].
    #[arg(long, global = true, env = "OPENBOOKS_THREADS", value_name = "N")]
    pub threads: Option<std::num::NonZeroUsize>,
}

/// Shape of what is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people.
    Text,
    /// One JSON document.
    Json,
}

/// A command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Settle two recorded nights on this machine and print where the money went.
    #[command(
        after_help = "Examples:\n  openbooks demo --out openbooks-demo\n  openbooks demo --chain http://127.0.0.1:8545   (after `make devnet`)"
    )]
    Demo {
        /// Folder of the recording.
        #[arg(long, default_value = "demo", value_name = "FOLDER")]
        recording: PathBuf,
        /// Folder that is made.
        #[arg(long, default_value = "openbooks-demo", value_name = "FOLDER")]
        out: PathBuf,
        /// Development node (`make devnet`) to which both roots are brought.
        #[arg(long, value_name = "URL")]
        chain: Option<url::Url>,
    },
    /// Bring events into the raw tables.
    #[command(subcommand)]
    Ingest(Ingest),
    /// Run the nightly jobs of an epoch.
    #[command(subcommand)]
    Epoch(EpochCommand),
    /// Recompute an epoch from its frozen inputs and compare every digest, total and the root.
    #[command(after_help = "Examples:\n  openbooks verify --epoch 2\n  openbooks verify --bundle epoch-2.bundle")]
    Verify {
        /// The epoch, from this warehouse.
        #[arg(long, value_parser = epoch, required_unless_present = "bundle", conflicts_with = "bundle")]
        epoch: Option<Epoch>,
        /// An exported bundle, alone.
        #[arg(long, value_name = "FILE")]
        bundle: Option<PathBuf>,
        /// Compare root, total and manifest hash with the vault, too.
        #[arg(long, requires = "epoch")]
        chain: bool,
        /// The manifest hash that the bundle must have, from the chain.
        #[arg(long, value_parser = hash, requires = "bundle", value_name = "HASH")]
        manifest_hash: Option<Hash>,
    },
    /// Why an account got what it got, down to receipts and contributions; or why nothing.
    #[command(
        after_help = "Examples:\n  openbooks explain 0x32b1f84e4477b361384047089228db823eb5acfa --epoch 2\n  openbooks explain 0x32b1f84e4477b361384047089228db823eb5acfa --epoch 2 --receipts-max 0"
    )]
    Explain(Explain),
    /// An account's leaf, proof and claim calldata under the last settled root.
    #[command(after_help = "Example:\n  openbooks proof 0x32b1f84e4477b361384047089228db823eb5acfa")]
    Proof {
        /// The account.
        #[arg(value_parser = address)]
        account: Address,
    },
    /// Claim for an account under the last final root, or for all that allow it.
    #[command(
        args_conflicts_with_subcommands = true,
        after_help = "Examples:\n  openbooks claim 0x32b1f84e4477b361384047089228db823eb5acfa\n  openbooks claim push --min 1000000000000000000 --keystore pusher.json"
    )]
    Claim(ClaimCommand),
    /// Contributions.
    #[command(subcommand)]
    Contribution(ContributionCommand),
    /// The chain: what the vault says, and the guard that recomputes every proposed root.
    #[command(subcommand)]
    Chain(ChainCommand),
    /// How far ingest has come: stored and next offsets, age, quarantine, blocks.
    Status,
    /// One SQL query; schema open comes first.
    #[command(
        after_help = "Example:\n  openbooks sql \"SELECT name, amount FROM accounts WHERE epoch = 2 ORDER BY amount DESC LIMIT 5\""
    )]
    Sql {
        /// The query.
        query: String,
    },
    /// Write payouts, a bundle or the views to files.
    #[command(subcommand)]
    Export(Export),
    /// Print shell completions.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// Claims.
#[derive(Debug, Args)]
pub struct ClaimCommand {
    /// For all accounts that allow it.
    #[command(subcommand)]
    pub push: Option<ClaimPush>,
    /// The account.
    #[arg(value_parser = address)]
    pub account: Option<Address>,
    /// Send it, signed with the keystore's key.
    #[arg(long)]
    pub send: bool,
    /// The key.
    #[command(flatten)]
    pub key: KeyArgs,
}

/// Claims of many.
#[derive(Debug, Subcommand)]
pub enum ClaimPush {
    /// Pay every account that allows it and has enough to claim; safe to repeat.
    Push {
        /// Least base units.
        #[arg(long, value_parser = amount, default_value = "1")]
        min: Amount,
        /// The key.
        #[command(flatten)]
        key: KeyArgs,
    },
}

/// Contributions.
#[derive(Debug, Subcommand)]
pub enum ContributionCommand {
    /// The content hash of a folder's files, and the calldata that commits to it without showing it.
    #[command(after_help = "Example:\n  openbooks contribution hash photos --datanet 0x… --contributor 0x… --salt 0x…")]
    Hash(ContributionHash),
}

/// What is committed to.
#[derive(Debug, Args)]
pub struct ContributionHash {
    /// Folder of the items, one a file.
    pub folder: PathBuf,
    /// Id of the datanet.
    #[arg(long, value_parser = hash, value_name = "ID")]
    pub datanet: Hash,
    /// Who contributes: the address that will send it.
    #[arg(long, value_parser = address, value_name = "ADDRESS")]
    pub contributor: Address,
    /// 32 random bytes that keep the content secret until it is shown.
    #[arg(long, value_parser = hash, value_name = "HEX")]
    pub salt: Hash,
}

/// Questions to the vault.
#[derive(Debug, Subcommand)]
pub enum ChainCommand {
    /// The final and the pending root, the pause, what came in and what was claimed.
    Status,
    /// Recompute every proposed root from its bundle; on a difference exit with 5, and cancel it when a guardian's key
    /// is given.
    #[command(after_help = "Example:\n  openbooks chain watch --keystore guardian.json --password-file password")]
    Watch {
        /// Look once and end.
        #[arg(long)]
        once: bool,
        /// The key.
        #[command(flatten)]
        key: KeyArgs,
    },
    /// Put the bond against the pending root.
    Dispute {
        /// SHA-256 of the evidence.
        #[arg(long, value_parser = hash, value_name = "HASH")]
        evidence: Hash,
        /// The key.
        #[command(flatten)]
        key: KeyArgs,
    },
}

/// The nightly jobs.
#[derive(Debug, Subcommand)]
pub enum EpochCommand {
    /// Fix the epoch's inputs.
    Freeze(EpochArg),
    /// What exists and what binds as of the cutoff.
    Registry(EpochArg),
    /// Which receipts count, and what each costs.
    Charge(EpochArg),
    /// Which items are copies of which.
    Clusters(EpochArg),
    /// Which contributions influenced which receipt.
    Attribute(EpochArg),
    /// Fees to ledger entries to payouts, exactly.
    Settle(EpochArg),
    /// Merkle tree and proofs.
    Prove(EpochArg),
    /// Every invariant, or no root.
    Reconcile(EpochArg),
    /// All of them in order; those that are done are passed over.
    Run(EpochArg),
    /// Publish the bundle and propose the root on the chain, once.
    #[command(
        after_help = "Example:\n  openbooks epoch commit --epoch 2 --keystore proposer.json --password-file password"
    )]
    Commit(EpochOnChain),
    /// Make the root final, after its dispute window.
    Finalize(EpochOnChain),
}

/// An epoch.
#[derive(Debug, Clone, Copy, Args)]
pub struct EpochArg {
    /// Number of the epoch, from 1.
    #[arg(long, value_parser = epoch)]
    pub epoch: Epoch,
}

/// An epoch, and the key that signs its transaction.
#[derive(Debug, Clone, Args)]
pub struct EpochOnChain {
    /// The epoch.
    #[command(flatten)]
    pub epoch: EpochArg,
    /// The key.
    #[command(flatten)]
    pub key: KeyArgs,
}

/// What to explain.
#[derive(Debug, Clone, Args)]
pub struct Explain {
    /// The account.
    #[arg(value_parser = address)]
    pub account: Address,
    /// Number of the epoch.
    #[arg(long, value_parser = epoch)]
    pub epoch: Epoch,
    /// The arithmetic of one receipt, in full.
    #[arg(long, value_parser = receipt, value_name = "ID")]
    pub receipt: Option<ReceiptId>,
    /// With a proof of the receipt's rows under the manifest.
    #[arg(long, requires = "receipt")]
    pub proof: bool,
    /// Receipts shown under each part [0: all].
    #[arg(long, default_value_t = 3)]
    pub receipts_max: usize,
}

/// What to export.
#[derive(Debug, Subcommand)]
pub enum Export {
    /// The payouts of an epoch, with names.
    #[command(after_help = "Example:\n  openbooks export payouts --epoch 2 --format csv")]
    Payouts {
        /// Number of the epoch.
        #[arg(long, value_parser = epoch)]
        epoch: Epoch,
        /// Format of the rows.
        #[arg(long, value_enum, default_value = "csv")]
        format: Format,
        /// File [default: standard output].
        #[arg(long, value_name = "FILE")]
        to: Option<PathBuf>,
    },
    /// Everything that a stranger needs to recompute an epoch.
    #[command(after_help = "Example:\n  openbooks export bundle --epoch 2 --to epoch-2.bundle")]
    Bundle {
        /// Number of the epoch.
        #[arg(long, value_parser = epoch)]
        epoch: Epoch,
        /// File [default: epoch-N.bundle].
        #[arg(long, value_name = "FILE")]
        to: Option<PathBuf>,
    },
}

/// Format of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Comma-separated values with a header.
    Csv,
    /// One JSON object a line.
    Jsonl,
    /// Apache Parquet.
    Parquet,
}

fn epoch(text: &str) -> Result<Epoch, String> {
    text.parse().ok().filter(|epoch| *epoch > 0).map(Epoch).ok_or_else(|| "an epoch is a number from 1".into())
}

fn address(text: &str) -> Result<Address, String> {
    text.parse().map_err(|_| "an account is an address: 0x and 40 hex digits".into())
}

fn amount(text: &str) -> Result<Amount, String> {
    text.parse().ok().and_then(Amount::new).ok_or_else(|| "an amount is a whole number of base units".into())
}

fn hash(text: &str) -> Result<Hash, String> {
    text.parse().map(Hash).map_err(|_| "a hash is 0x and 64 hex digits".into())
}

fn receipt(text: &str) -> Result<ReceiptId, String> {
    text.parse().map(ReceiptId).map_err(|_| "a receipt id is 0x and 64 hex digits".into())
}
