//! Any bytes at all: here for a while with random ones; `cargo bolero test` goes on guided by coverage.

use crate::signed::{network, record};
use alloy::primitives::keccak256;
use ingest::{check, rebuild};
use warehouse::tables::raw_log::RecordKind;
use warehouse::types::Topic;

#[test]
fn any_bytes_give_one_row_of_the_log_and_come_back_as_they_were() {
    bolero::check!().with_type::<(bool, Vec<u8>)>().for_each(|(chain, bytes)| {
        let topic = if *chain { Topic::ChainEvents } else { Topic::Receipts };
        let rows = check(&network(), &record(topic, 0, 0, bytes.clone()));
        assert_eq!(rows.log.len(), 1);
        if rows.log[0].kind == RecordKind::Quarantined {
            assert_eq!(rows.quarantined[0].payload, *bytes);
            assert_eq!(rows.log[0].content_hash.0, keccak256(bytes));
        }
        assert!(rebuild(&rows).is_ok());
    });
}
