//! Records that nobody should send: each gives exactly one row of `raw_log`, its reason, and nothing panics.

use crate::signed::*;
use alloy::primitives::{Address, B256, U256, keccak256};
use bytes::Bytes;
use ingest::wire::chain_events::v1::{Block, Log};
use ingest::wire::receipts::v1::BatchContent;
use ingest::{Network, RECORD_BYTES_MAX, TIME_US_MAX, check};
use proptest::prelude::*;
use prost::Message;
use warehouse::tables::quarantine::QuarantineReason::{self, *};
use warehouse::tables::raw_log::RecordKind;
use warehouse::types::Topic;

/// The reason of a record that is refused as a whole; `None` when it is accepted.
fn reason(topic: Topic, value: Vec<u8>) -> Option<QuarantineReason> {
    let rows = check(&network(), &record(topic, 0, 0, value.clone()));
    assert_eq!(rows.log.len(), 1);
    if rows.log[0].kind != RecordKind::Quarantined {
        return None;
    }
    assert_eq!(rows.quarantined.len(), 1);
    assert_eq!(rows.rows(), 2);
    assert_eq!(rows.quarantined[0].payload, value);
    assert_eq!(rows.log[0].content_hash.0, keccak256(&value));
    Some(rows.quarantined[0].reason)
}

fn changed_batch(change: impl Fn(&mut BatchContent)) -> Vec<u8> {
    let mut content = content(1, B256::ZERO, vec![]);
    change(&mut content);
    batch_value(envelope(&content.encode_to_vec(), vec![]))
}

fn changed_block(change: impl Fn(&mut Block)) -> Vec<u8> {
    let mut block = block(1, vec![deposited(0, 1), deposited(1, 1)]);
    change(&mut block);
    block_value(block)
}

#[test]
fn bytes_that_are_no_message_are_undecodable() {
    let endless_varint = [vec![0x0a], vec![0xff; 12]].concat();
    let huge_length = vec![0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f, 1];
    let wrong_wire_type = vec![0x08, 1];
    let field_zero = vec![0x02, 0];
    let nested_groups = vec![0x7b; 500_000];
    let cut_off = batch(1, 1, 1, 4)[..100].to_vec();
    let not_utf8 = field(2, &field(1, &field(1, &[0xff, 0xfe])));
    let garbage_content = batch_value(envelope(&[0xff; 20], vec![]));
    let many = field(1, &field(1, &[field(6, &[]).repeat(20), vec![0xff]].concat()));
    for (case, value) in [
        endless_varint,
        huge_length,
        wrong_wire_type,
        field_zero,
        nested_groups,
        cut_off,
        not_utf8,
        garbage_content,
        many,
        vec![0xff; 64],
        b"GET / HTTP/1.1\r\n".to_vec(),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(reason(Topic::Receipts, value), Some(Undecodable), "case {case}");
    }
}

#[test]
fn messages_without_a_known_body_are_malformed() {
    for topic in Topic::ALL {
        assert_eq!(reason(topic, vec![]), Some(Malformed));
        assert_eq!(reason(topic, field(15, b"a body of the future")), Some(Malformed));
    }
}

#[test]
fn a_record_is_malformed_past_its_longest() {
    let padded = |length: usize| {
        let mut value = batch(1, 1, 1, 4);
        let header = if length - value.len() > 2_100_000 { 5 } else { 4 };
        let padding = field(15, &vec![0; length - value.len() - header]);
        value.extend(padding);
        assert_eq!(value.len(), length);
        value
    };
    assert_eq!(reason(Topic::Receipts, padded(RECORD_BYTES_MAX)), None);
    assert_eq!(reason(Topic::Receipts, padded(RECORD_BYTES_MAX + 1)), Some(Malformed));
}

#[test]
fn a_batch_header_is_good_on_each_bound_and_malformed_past_it() {
    let most = u64::try_from(i64::MAX).expect("above zero");
    type Change = fn(&mut BatchContent, u64);
    let cases: [(bool, Change); 10] = [
        (true, |content, most| (content.lane, content.number) = (most, most)),
        (true, |content, _| content.lane = 0),
        (true, |content, _| content.receipts.clear()),
        (false, |content, most| content.lane = most + 1),
        (false, |content, most| content.number = most + 1),
        (false, |content, _| content.number = 0),
        (false, |content, _| content.operator = Bytes::new()),
        (false, |content, _| content.signer = bytes([1; 21])),
        (false, |content, _| content.previous = Bytes::new()),
        (false, |content, _| content.previous = bytes([0; 31])),
    ];
    for (case, (good, change)) in cases.into_iter().enumerate() {
        let expected = (!good).then_some(Malformed);
        assert_eq!(reason(Topic::Receipts, changed_batch(|content| change(content, most))), expected, "case {case}");
    }
}

#[test]
fn a_batch_counts_only_under_its_own_signature() {
    let content = content(1, B256::ZERO, vec![]).encode_to_vec();
    let good = envelope(&content, vec![]);
    let hash = network().batch_hash(keccak256(&content));
    let other_chain = Network { chain_id: 1, ..network() }.batch_hash(keccak256(&content));
    let other_vault = Network { vault: Address::ZERO, ..network() }.batch_hash(keccak256(&content));
    let order: U256 = "115792089237316195423570985008687907852837564279074904382605163141518161494337".parse().unwrap();
    let high_s = {
        let mut bytes = good.signature.to_vec();
        let s: [u8; 32] = (order - U256::from_be_slice(&bytes[32..64])).to_be_bytes();
        bytes[32..64].copy_from_slice(&s);
        bytes[64] = 55 - bytes[64];
        bytes
    };
    for (case, (signature, expected)) in [
        (good.signature.to_vec(), None),
        (sign(PAYER_KEY, hash).to_vec(), Some(Signature)),
        (sign(SIGNING_KEY, other_chain).to_vec(), Some(Signature)),
        (sign(SIGNING_KEY, other_vault).to_vec(), Some(Signature)),
        (sign(SIGNING_KEY, network().close_hash(keccak256(&content))).to_vec(), Some(Signature)),
        (sign(SIGNING_KEY, keccak256(&content)).to_vec(), Some(Signature)),
        ([&[0; 64][..], &[27]].concat(), Some(Signature)),
        (high_s, Some(Malformed)),
        (vec![], Some(Malformed)),
        (vec![27; 64], Some(Malformed)),
        ([&good.signature[..64], &[0]].concat(), Some(Malformed)),
    ]
    .into_iter()
    .enumerate()
    {
        let mut envelope = good.clone();
        envelope.signature = signature.into();
        assert_eq!(reason(Topic::Receipts, batch_value(envelope)), expected, "case {case}");
    }
    let mut altered = good;
    altered.content = [&content[..], &field(15, b"more")].concat().into();
    assert_eq!(reason(Topic::Receipts, batch_value(altered)), Some(Signature), "content altered after signing");
}

#[test]
fn fields_of_the_future_are_read_over_and_stay_under_the_signature() {
    let content = [content(1, B256::ZERO, vec![]).encode_to_vec(), field(14, b"new in a later schema")].concat();
    let mut value = batch_value(envelope(&content, vec![]));
    value.extend(field(15, b"a field beside the body"));
    let rows = check(&network(), &record(Topic::Receipts, 0, 0, value));
    assert_eq!(rows.log[0].kind, RecordKind::Batch);
    assert_eq!(rows.batches[0].content, content);
}

#[test]
fn a_block_is_malformed_without_order_or_bounds() {
    let last_second = u64::try_from(TIME_US_MAX / 1_000_000).expect("after 1970");
    assert_eq!(reason(Topic::ChainEvents, changed_block(|block| block.timestamp = last_second)), None);
    let cases: [fn(&mut Block, u64); 7] = [
        |block, last_second| block.timestamp = last_second + 1,
        |block, _| block.timestamp = u64::MAX,
        |block, _| block.number = u64::MAX,
        |block, _| block.hash = Bytes::new(),
        |block, _| block.logs.clear(),
        |block, _| block.logs[1].log_index = 0,
        |block, _| block.logs.reverse(),
    ];
    for (case, change) in cases.into_iter().enumerate() {
        let value = changed_block(|block| change(block, last_second));
        assert_eq!(reason(Topic::ChainEvents, value), Some(Malformed), "case {case}");
    }
}

#[test]
fn a_log_that_is_no_event_of_its_contract_is_refused() {
    type Change = fn(&mut Log);
    let cases: [(QuarantineReason, Change); 5] = [
        (UnknownEvent, |log| log.address = bytes(TOKEN)),
        (UnknownEvent, |log| log.data = Bytes::new()),
        (UnknownEvent, |log| log.topics.truncate(2)),
        (Malformed, |log| log.topics.clear()),
        (Malformed, |log| log.topics = vec![bytes([1; 32]); 5]),
    ];
    for (case, (reason, change)) in cases.into_iter().enumerate() {
        let value = changed_block(|block| block.logs.iter_mut().for_each(change));
        let rows = check(&network(), &record(Topic::ChainEvents, 0, 0, value));
        assert_eq!((rows.log[0].kind, rows.events.len()), (RecordKind::Events, 0));
        let refused: Vec<_> = rows.quarantined.iter().map(|row| (row.index, row.reason)).collect();
        assert_eq!(refused, [(Some(0), reason), (Some(1), reason)], "case {case}");
    }
}

#[test]
fn a_close_cannot_be_played_elsewhere() {
    let receipts = close(Topic::Receipts, 0, 1);
    for topic in Topic::ALL {
        let own = close(topic, 0, 1);
        assert_eq!(reason(topic, close_value(topic, own.clone())), None);
        assert_eq!(reason(topic, close_value(topic, close(topic, 1, 1))), Some(Malformed), "another partition");
        assert_eq!(reason(topic, close_value(topic, close(topic, 0, 0))), Some(Malformed), "no epoch");
        let mut by_another = own.clone();
        by_another.signature = sign(PAYER_KEY, network().close_hash(keccak256(&own.content)));
        assert_eq!(reason(topic, close_value(topic, by_another)), Some(Signature));
        let mut as_batch = own.clone();
        as_batch.signature = sign(SETTLER_KEY, network().batch_hash(keccak256(&own.content)));
        assert_eq!(reason(topic, close_value(topic, as_batch)), Some(Signature));
        let mut garbage = own;
        garbage.content = Bytes::from_static(&[0xff]);
        assert_eq!(reason(topic, close_value(topic, garbage)), Some(Undecodable));
    }
    assert_eq!(reason(Topic::ChainEvents, close_value(Topic::ChainEvents, receipts)), Some(Malformed), "another topic");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn random_bytes_give_one_row_of_the_log(value in prop::collection::vec(any::<u8>(), 0..400), chain: bool) {
        let topic = if chain { Topic::ChainEvents } else { Topic::Receipts };
        let rows = check(&network(), &record(topic, 0, 0, value));
        prop_assert_eq!(rows.log.len(), 1);
    }

    #[test]
    fn records_with_changed_bytes_give_one_row_of_the_log(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in any::<prop::sample::Index>(),
        chain: bool,
    ) {
        let (topic, mut value) = if chain {
            (Topic::ChainEvents, block_value(block(1, vec![deposited(0, 1), deposited(1, 1)])))
        } else {
            (Topic::Receipts, batch(1, 2, 2, 8))
        };
        for (at, byte) in changes {
            let at = at.index(value.len());
            value[at] = byte;
        }
        value.truncate(cut.index(2 * value.len()).max(1));
        let rows = check(&network(), &record(topic, 0, 0, value));
        prop_assert_eq!(rows.log.len(), 1);
        let is_whole = rows.log[0].kind == RecordKind::Quarantined;
        prop_assert!(rows.quarantined.iter().all(|row| row.index.is_none() == is_whole));
    }
}
