//! Every table, one definition a file. The tables are the interface: know what each means and you know the program.

pub mod adapters;
pub mod allocations;
pub mod attributions;
pub mod balances;
pub mod charges;
pub mod clusters;
pub mod contributions;
pub mod datanet_versions;
pub mod datanets;
pub mod divisions;
pub mod epochs;
pub mod flows;
pub mod keys;
pub mod lane_heads;
pub mod ledger;
pub mod models;
pub mod network_costs;
pub mod operators;
pub mod outbox;
pub mod payouts;
pub mod pending;
pub mod proofs;
pub mod quarantine;
pub mod raw_batches;
pub mod raw_chain_events;
pub mod raw_evidence;
pub mod raw_log;
pub mod raw_receipts;
pub mod spends;
pub mod splits;
pub mod stakes;
pub mod topic_sources;
pub mod validations;

use crate::table::{Table, TableDef};

pub use adapters::Adapter;
pub use allocations::Allocation;
pub use attributions::Attribution;
pub use balances::Balance;
pub use charges::Charge;
pub use clusters::Copy;
pub use contributions::Contribution;
pub use datanet_versions::DatanetVersion;
pub use datanets::Datanet;
pub use divisions::Division;
pub use epochs::EpochRow;
pub use flows::Flow;
pub use keys::Key;
pub use lane_heads::LaneHead;
pub use ledger::LedgerEntry;
pub use models::ModelVersion;
pub use network_costs::NetworkCost;
pub use operators::Operator;
pub use outbox::OutboxRow;
pub use payouts::Payout;
pub use pending::Pending;
pub use proofs::Proof;
pub use quarantine::Quarantined;
pub use raw_batches::RawBatch;
pub use raw_chain_events::RawChainEvent;
pub use raw_evidence::RawEvidence;
pub use raw_log::RawLog;
pub use raw_receipts::RawReceipt;
pub use spends::Spend;
pub use splits::Split;
pub use stakes::Stake;
pub use topic_sources::TopicSource;
pub use validations::Validation;

/// Every table, in the order in which they are written.
pub const ALL: &[&TableDef] = &[
    RawBatch::DEF,
    RawReceipt::DEF,
    RawEvidence::DEF,
    RawChainEvent::DEF,
    Quarantined::DEF,
    RawLog::DEF,
    EpochRow::DEF,
    Datanet::DEF,
    DatanetVersion::DEF,
    Contribution::DEF,
    Validation::DEF,
    ModelVersion::DEF,
    Adapter::DEF,
    Operator::DEF,
    Key::DEF,
    Stake::DEF,
    Split::DEF,
    Flow::DEF,
    Charge::DEF,
    LaneHead::DEF,
    Spend::DEF,
    Copy::DEF,
    Attribution::DEF,
    Allocation::DEF,
    Division::DEF,
    Balance::DEF,
    Pending::DEF,
    LedgerEntry::DEF,
    Payout::DEF,
    Proof::DEF,
    TopicSource::DEF,
    OutboxRow::DEF,
    NetworkCost::DEF,
];

/// Names of the tables that a manifest lists as outputs, in its order: from registry's through `payouts`.
pub const OUTPUTS: &[&str] = &[
    "datanets",
    "datanet_versions",
    "contributions",
    "validations",
    "models",
    "adapters",
    "operators",
    "keys",
    "stakes",
    "splits",
    "flows",
    "charges",
    "lane_heads",
    "spends",
    "clusters",
    "attributions",
    "allocations",
    "divisions",
    "balances",
    "pending",
    "ledger",
    "payouts",
];

/// The table of that name.
pub fn by_name(name: &str) -> Option<&'static TableDef> {
    ALL.iter().copied().find(|def| def.name == name)
}
