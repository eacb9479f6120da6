//! `openbooks ingest`: what can be asked.

use super::epoch;
use crate::chain::KeyArgs;
use clap::{Args, Subcommand};
use ingest::chain::Finality;
use std::net::SocketAddr;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use warehouse::types::{Epoch, Topic};

/// Bringing events in.
#[derive(Debug, Subcommand)]
pub enum Ingest {
    /// Read a recorded topic file into the raw tables; what is stored already is skipped.
    #[command(after_help = "Example:\n  openbooks ingest replay events/receipts.rec")]
    Replay {
        /// Recorded topic files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Play them into the broker's topics instead.
        #[arg(long)]
        to_kafka: bool,
    },
    /// Take records from the broker into the raw tables, each exactly once, until it is stopped.
    #[command(after_help = "Examples:\n  openbooks ingest sink\n  openbooks ingest sink --once")]
    Sink(SinkArgs),
    /// Publish the chain's events, block by block behind its finality, with the closing record of each epoch.
    #[command(
        after_help = "Examples:\n  openbooks ingest chain --keystore settler.json\n  openbooks ingest chain --once --finality 12 --keystore settler.json"
    )]
    Chain(ChainArgs),
    /// Make the broker's topics where they are missing, and check them.
    Topics,
    /// End an epoch in every partition of the receipts topic, signed by the settler; again it does no harm.
    #[command(after_help = "Example:\n  openbooks ingest close --epoch 7 --keystore settler.json")]
    Close {
        /// Number of the epoch.
        #[arg(long, value_parser = epoch)]
        epoch: Epoch,
        /// The settler's key.
        #[command(flatten)]
        key: KeyArgs,
    },
    /// Take signed batches from serving nodes over HTTP, and answer with a signed Ack once the broker has them.
    #[command(after_help = "Example:\n  openbooks ingest gateway --address 127.0.0.1:8090 --keystore gateway.json")]
    Gateway(GatewayArgs),
    /// Write a topic of the broker, as it is now, into a recorded topic file.
    #[command(after_help = "Example:\n  openbooks ingest record openbooks.receipts.v1 receipts.rec")]
    Record {
        /// The topic.
        #[arg(value_parser = topic)]
        topic: Topic,
        /// The file.
        file: PathBuf,
    },
}

/// How the chain is followed.
#[derive(Debug, Args)]
pub struct ChainArgs {
    /// Publish what is final now, then end.
    #[arg(long)]
    pub once: bool,
    /// Which blocks are published: `finalized`, or so many below the last.
    #[arg(long, default_value = "finalized", value_parser = finality, value_name = "DEPTH")]
    pub finality: Finality,
    /// Port for /health, /ready and /metrics, as 127.0.0.1:9464.
    #[arg(long, value_name = "ADDRESS", conflicts_with = "once")]
    pub listen: Option<SocketAddr>,
    /// Questions to one node a second, at most [default: no bound].
    #[arg(long, value_name = "N")]
    pub questions_per_second: Option<NonZeroU32>,
    /// Where to begin when the topic is empty: the block of the deployment, or one before.
    #[arg(long, default_value = "0", value_name = "N")]
    pub first_block: u64,
    /// The settler's key, which signs closing records.
    #[command(flatten)]
    pub key: KeyArgs,
}

/// How a gateway works.
#[derive(Debug, Args)]
pub struct GatewayArgs {
    /// Where serving nodes reach it; it speaks plain HTTP, so put a proxy that ends TLS before it.
    #[arg(long, default_value = "127.0.0.1:8090", value_name = "ADDRESS")]
    pub address: SocketAddr,
    /// Port for /health, /ready and /metrics, as 127.0.0.1:9465.
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<SocketAddr>,
    /// Batches of one operator a second.
    #[arg(long, default_value = "20", value_name = "N")]
    pub batches_per_second: NonZeroU32,
    /// Requests of one client, as its address tells, a second.
    #[arg(long, default_value = "50", value_name = "N")]
    pub requests_per_second: NonZeroU32,
    /// Connections of one client: behind a proxy, of all of them.
    #[arg(long, default_value = "64", value_name = "N")]
    pub connections_per_client: NonZeroUsize,
    /// The gateway's key, which signs Acks.
    #[command(flatten)]
    pub key: KeyArgs,
}

/// How a sink works.
#[derive(Debug, Args)]
pub struct SinkArgs {
    /// Store what is there now, then end.
    #[arg(long)]
    pub once: bool,
    /// Group with which the partitions are shared.
    #[arg(long, default_value = "openbooks-sink", value_name = "NAME", conflicts_with = "once")]
    pub group: String,
    /// Port for /health, /ready and /metrics, as 127.0.0.1:9464.
    #[arg(long, value_name = "ADDRESS", conflicts_with = "once")]
    pub listen: Option<SocketAddr>,
    /// Rows at which the buffer is stored.
    #[arg(long, default_value = "500000", value_name = "N")]
    pub rows_max: usize,
    /// Bytes at which the buffer is stored.
    #[arg(long, default_value = "33554432", value_name = "N")]
    pub bytes_max: usize,
    /// Seconds after which what waits is stored.
    #[arg(long, default_value = "5", value_name = "S")]
    pub age_max_s: u64,
    /// Percent of quarantined records above which a partition pauses.
    #[arg(long, default_value = "20", value_name = "PERCENT")]
    pub quarantine_percent_max: usize,
}

fn finality(text: &str) -> Result<Finality, String> {
    match text {
        "finalized" => Ok(Finality::Finalized),
        depth => depth.parse().map(Finality::Depth).map_err(|_| "`finalized`, or a number of blocks".into()),
    }
}

fn topic(text: &str) -> Result<Topic, String> {
    let names: Vec<&str> = Topic::ALL.iter().map(|topic| topic.name()).collect();
    Topic::parse(text).ok_or_else(|| format!("the topics are {}", names.join(" and ")))
}
