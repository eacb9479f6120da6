//! What good records give, and which parts of them are refused by themselves.

use crate::signed::*;
use crate::stories;
use alloy::primitives::{Address, B256, KECCAK256_EMPTY, keccak256};
use bytes::Bytes;
use ingest::wire::receipts::v1::{ExactMatch, Influence, Receipt, Retrieval, ServingFigures, Sketch, evidence::Method};
use ingest::{
    EVIDENCE_BYTES_MAX, EVIDENCE_NAMED_BYTES_MAX, LOGS_MAX, NODE_BYTES_MAX, RECEIPTS_MAX, RawRows, SKETCHES_MAX,
    SPENDS_MAX, TIME_US_MAX, check,
};
use prost::Message;
use warehouse::tables::quarantine::QuarantineReason::{self, *};
use warehouse::tables::raw_batches::SpendSeen;
use warehouse::tables::raw_evidence::EvidenceMethod;
use warehouse::tables::raw_log::RecordKind;
use warehouse::types::{Amount, BatchId, Epoch, Hash, Topic};

fn checked(topic: Topic, value: Vec<u8>) -> RawRows {
    let rows = check(&network(), &record(topic, 0, 0, value));
    assert_eq!(rows.log.len(), 1);
    rows
}

fn batch_of(receipts: Vec<Receipt>, blobs: Vec<Bytes>) -> RawRows {
    let content = content(1, B256::ZERO, receipts).encode_to_vec();
    checked(Topic::Receipts, batch_value(envelope(&content, blobs)))
}

fn refused_whole(rows: &RawRows, reason: QuarantineReason) {
    assert_eq!(rows.log[0].kind, RecordKind::Quarantined);
    assert_eq!((rows.rows(), rows.quarantined.len()), (2, 1));
    let quarantined = &rows.quarantined[0];
    assert_eq!((quarantined.reason, quarantined.index), (reason, None), "{}", quarantined.detail);
    assert_eq!(rows.log[0].content_hash, Hash(keccak256(&quarantined.payload)));
}

#[test]
fn a_good_batch_gives_its_header_receipts_and_evidence() {
    let rows = checked(Topic::Receipts, batch(3, 2, 2, 8));
    let batch = &rows.batches[0];
    assert_eq!(rows.log[0].kind, RecordKind::Batch);
    assert_eq!(rows.log[0].content_hash.0, batch.batch.0);
    assert_eq!(batch.batch, BatchId(keccak256(&batch.content)));
    assert_eq!((batch.operator, batch.signer), (OPERATOR, address(SIGNING_KEY)));
    assert_eq!((batch.lane, batch.number, batch.receipts), (1, 3, 2));
    let payer = address(PAYER_KEY);
    assert_eq!(batch.spends, [SpendSeen { payer, cumulative: Amount::new(3_000).unwrap(), signer: payer }]);
    assert_eq!((rows.receipts.len(), rows.evidence.len(), rows.quarantined.len()), (2, 2, 0));
    let receipt = &rows.receipts[1];
    assert_eq!(receipt.receipt.0, keccak256([batch.batch.0.as_slice(), &[0, 0, 0, 1]].concat()));
    assert_eq!((receipt.index, receipt.payer, receipt.tokens_in, receipt.tokens_out), (1, payer, 7, 14));
    assert_eq!((receipt.node.as_deref(), receipt.device_ms, receipt.adapter), (Some("node-1"), Some(3), None));
}

#[test]
fn sketches_are_found_where_they_lie_in_the_blob() {
    let blob = evidence(6, 3, 16);
    let rows = batch_of(vec![receipt(6, &blob)], vec![blob.clone()]);
    let row = &rows.evidence[0];
    assert_eq!((row.method, row.evidence.as_slice()), (EvidenceMethod::Influence, blob.as_ref()));
    let decoded = ingest::wire::receipts::v1::Evidence::decode(blob.clone()).unwrap();
    let Some(Method::Influence(influence)) = decoded.method else { panic!("influence") };
    assert_eq!(row.sketches.len(), 3);
    for (at, sketch) in row.sketches.iter().zip(&influence.base) {
        let start = at.start as usize;
        assert_eq!((at.part, at.exponent, at.length), (0, sketch.exponent, 16));
        assert_eq!(blob[start..start + 16], sketch.values[..]);
    }
}

#[test]
fn evidence_is_told_by_its_method_and_malformed_evidence_is_kept() {
    let sketch = |exponent, length| Sketch { exponent, values: vec![1; length].into() };
    let influence = |base, adapter| Some(Method::Influence(Influence { base, adapter }));
    let encoded = |method| Bytes::from(ingest::wire::receipts::v1::Evidence { method }.encode_to_vec());
    // Three tags with lengths of three bytes each stand before the values.
    let longest = encoded(influence(vec![sketch(0, EVIDENCE_BYTES_MAX - 12)], vec![]));
    let too_long = encoded(influence(vec![sketch(0, EVIDENCE_BYTES_MAX - 11)], vec![]));
    assert_eq!((longest.len(), too_long.len()), (EVIDENCE_BYTES_MAX, EVIDENCE_BYTES_MAX + 1));
    let cases = [
        (encoded(influence(vec![sketch(15, 4)], vec![sketch(0, 4)])), EvidenceMethod::Influence, 2),
        (encoded(influence(vec![], vec![])), EvidenceMethod::Influence, 0),
        (encoded(influence(vec![sketch(16, 4)], vec![])), EvidenceMethod::Malformed, 0),
        (encoded(influence(vec![sketch(0, 4)], vec![sketch(0, 0)])), EvidenceMethod::Malformed, 0),
        (encoded(influence(vec![sketch(0, 1); SKETCHES_MAX], vec![])), EvidenceMethod::Influence, SKETCHES_MAX),
        (encoded(influence(vec![sketch(0, 1); SKETCHES_MAX], vec![sketch(0, 1)])), EvidenceMethod::Malformed, 0),
        (longest, EvidenceMethod::Influence, 1),
        (too_long, EvidenceMethod::Malformed, 0),
        (encoded(Some(Method::Retrieval(Retrieval::default()))), EvidenceMethod::Retrieval, 0),
        (encoded(Some(Method::ExactMatch(ExactMatch { tokens: vec![1, 2] }))), EvidenceMethod::ExactMatch, 0),
        (Bytes::new(), EvidenceMethod::Malformed, 0),
        (Bytes::from_static(&[0xff]), EvidenceMethod::Malformed, 0),
    ];
    for (case, (blob, method, sketches)) in cases.into_iter().enumerate() {
        let rows = batch_of(vec![receipt(1, &blob)], vec![blob.clone()]);
        let row = &rows.evidence[0];
        assert_eq!((row.method, row.sketches.len()), (method, sketches), "case {case}");
        assert_eq!(row.evidence, blob);
    }
}

#[test]
fn a_bad_part_is_refused_by_itself_and_the_batch_extends_its_lane() {
    let rows = checked(Topic::Receipts, stories::partly_broken_batch());
    assert_eq!((rows.batches[0].receipts, rows.log[0].kind), (5, RecordKind::Batch));
    assert_eq!(rows.receipts.iter().map(|row| row.index).collect::<Vec<_>>(), [0, 1, 2, 3]);
    let evidence: Vec<_> = rows.evidence.iter().map(|row| (row.index, row.method)).collect();
    let influence = EvidenceMethod::Influence;
    assert_eq!(evidence, [(0, influence), (2, EvidenceMethod::Malformed), (3, influence)]);
    assert_eq!(rows.quarantined.len(), 1);
    assert_eq!((rows.quarantined[0].index, rows.quarantined[0].reason), (Some(4), Malformed));
    let sent = Receipt::decode(rows.quarantined[0].payload.as_slice()).unwrap();
    assert_eq!(sent.payer.as_ref(), [1, 2, 3]);
}

#[test]
fn a_receipt_is_malformed_past_each_bound_and_good_on_it() {
    let long = "n".repeat(NODE_BYTES_MAX);
    let node = |node: &str| Some(ServingFigures { node: node.into(), ..ServingFigures::default() });
    type Change<'a> = Box<dyn Fn(&mut Receipt) + 'a>;
    let cases: Vec<(bool, Change<'_>)> = vec![
        (true, Box::new(|_| {})),
        (true, Box::new(|r| r.serving = node(&long))),
        (true, Box::new(|r| r.serving = None)),
        (true, Box::new(|r| r.adapter = bytes([1; 32]))),
        (true, Box::new(|r| r.served_at_us = TIME_US_MAX)),
        (true, Box::new(|r| (r.tokens_in, r.tokens_out) = (u32::MAX, u32::MAX))),
        (false, Box::new(|r| r.serving = node(&format!("{long}n")))),
        (false, Box::new(|r| r.serving = node("a\0b"))),
        (false, Box::new(|r| r.adapter = bytes([1; 31]))),
        (false, Box::new(|r| r.served_at_us = TIME_US_MAX + 1)),
        (false, Box::new(|r| r.served_at_us = -1)),
        (false, Box::new(|r| r.payer = bytes([1; 21]))),
        (false, Box::new(|r| r.model_version = Bytes::new())),
        (false, Box::new(|r| r.input_commitment = bytes([1; 33]))),
        (false, Box::new(|r| r.output_commitment = Bytes::new())),
        (false, Box::new(|r| r.evidence_hash = bytes([1; 20]))),
    ];
    for (case, (good, change)) in cases.into_iter().enumerate() {
        let mut changed = receipt(1, &evidence(1, 1, 4));
        change(&mut changed);
        let rows = batch_of(vec![changed], vec![]);
        let counts = (rows.batches.len(), rows.receipts.len(), rows.quarantined.len());
        assert_eq!(counts, (1, usize::from(good), usize::from(!good)), "case {case}");
    }
}

#[test]
fn a_spend_counts_by_who_signed_it_and_one_that_cannot_be_held_is_left_out() {
    let (payer, operator_key) = (address(PAYER_KEY), SIGNING_KEY);
    let mut foreign_operator = spend(PAYER_KEY, payer, 5);
    let hash = network().spend_hash(payer, Address::repeat_byte(0x34), Amount::new(5).unwrap());
    foreign_operator.signature = sign(PAYER_KEY, hash);
    let mut unsigned = spend(PAYER_KEY, payer, 6);
    unsigned.signature = Bytes::new();
    let mut no_payer = spend(PAYER_KEY, payer, 7);
    no_payer.payer = bytes([1; 19]);
    let mut short = spend(PAYER_KEY, payer, 8);
    short.cumulative = bytes([1; 15]);
    let mut above = spend(PAYER_KEY, payer, 9);
    above.cumulative = bytes(10u128.pow(38).to_be_bytes());
    let mut content = content(1, B256::ZERO, vec![]);
    content.spends = vec![
        spend(PAYER_KEY, payer, Amount::MAX.units()),
        spend(operator_key, payer, 4),
        foreign_operator,
        unsigned,
        no_payer,
        short,
        above,
    ];
    let rows = checked(Topic::Receipts, batch_value(envelope(&content.encode_to_vec(), vec![])));
    let seen = &rows.batches[0].spends;
    assert_eq!(seen.len(), 4);
    assert_eq!((seen[0].signer, seen[0].cumulative), (payer, Amount::MAX));
    assert_eq!(seen[1].signer, address(operator_key), "an operator cannot spend for a payer");
    assert!(seen[2].signer != payer && seen[2].signer != Address::ZERO, "signed for another operator");
    assert_eq!(seen[3].signer, Address::ZERO);
}

#[test]
fn counts_are_good_on_their_bound_and_malformed_past_it() {
    let receipts = |count| {
        let content = content(1, B256::ZERO, vec![Receipt::default(); count]).encode_to_vec();
        checked(Topic::Receipts, batch_value(envelope(&content, vec![])))
    };
    assert_eq!(receipts(RECEIPTS_MAX).quarantined.len(), RECEIPTS_MAX);
    refused_whole(&receipts(RECEIPTS_MAX + 1), Malformed);
    let spends = |count| {
        let mut content = content(1, B256::ZERO, vec![]);
        content.spends = vec![Default::default(); count];
        checked(Topic::Receipts, batch_value(envelope(&content.encode_to_vec(), vec![])))
    };
    assert_eq!(spends(SPENDS_MAX).log[0].kind, RecordKind::Batch);
    refused_whole(&spends(SPENDS_MAX + 1), Malformed);
    let logs = |count: usize| {
        let mut logs = vec![deposited(0, 1)];
        let small = |log_index| ingest::wire::chain_events::v1::Log { log_index, ..Default::default() };
        logs.extend((1..).take(count - 1).map(small));
        checked(Topic::ChainEvents, block_value(block(1, logs)))
    };
    assert_eq!(logs(LOGS_MAX).events.len(), 1);
    refused_whole(&logs(LOGS_MAX + 1), Malformed);
}

#[test]
fn receipts_may_name_evidence_again_up_to_a_bound() {
    let blob = Bytes::from(vec![0xff; EVIDENCE_BYTES_MAX]);
    let named = |times| batch_of(vec![receipt(1, &blob); times], vec![blob.clone()]);
    let times = EVIDENCE_NAMED_BYTES_MAX / EVIDENCE_BYTES_MAX;
    assert_eq!(named(times).evidence.len(), times);
    refused_whole(&named(times + 1), Malformed);
    assert_ne!(KECCAK256_EMPTY, keccak256(&blob));
}

#[test]
fn a_block_gives_its_events_by_name_and_refuses_logs_that_are_not_ours() {
    let records = stories::chain();
    let rows = check(&network(), &records[1]);
    assert_eq!((rows.log[0].kind, rows.log[0].content_hash), (RecordKind::Events, rows.events[0].block_hash));
    let events: Vec<_> = rows.events.iter().map(|row| (row.index, row.log_index, row.event.as_str())).collect();
    assert_eq!(events, [(1, 5, "Deposited"), (4, 10, "Deposited")]);
    let refused: Vec<_> = rows.quarantined.iter().map(|row| (row.index, row.reason)).collect();
    assert_eq!(refused, [(Some(0), UnknownContract), (Some(2), UnknownEvent), (Some(3), Malformed)]);
    assert_eq!(rows.events[0].block_time.0, START_US + 24_000_000);
    let rows = check(&network(), &records[2]);
    assert_eq!((rows.log[0].kind, rows.events.len(), rows.quarantined.len()), (RecordKind::Events, 0, 1));
}

#[test]
fn a_refused_part_is_kept_as_it_was_received() {
    // A field of the future in a log and in a receipt, both with a contract or payer that is refused.
    let future = [15 << 3 | 2, 2, 9, 9];
    let mut foreign = deposited(4, 5);
    foreign.address = bytes([0x99; 20]);
    let log = [&foreign.encode_to_vec()[..], &future].concat();
    let value = |logs: &[&[u8]]| {
        let mut body = block(1, vec![deposited(0, 1)]).encode_to_vec();
        logs.iter().for_each(|log| body.extend(field(4, log)));
        field(1, &body)
    };
    let rows = checked(Topic::ChainEvents, value(&[&log]));
    assert_eq!((rows.events.len(), rows.quarantined[0].payload.as_slice()), (1, log.as_slice()));
    let close = close_value(Topic::ChainEvents, close(Topic::ChainEvents, 0, 1));
    let overtaken = [value(&[&foreign.encode_to_vec(), &foreign.encode_to_vec()]), close, value(&[&log])].concat();
    let rows = checked(Topic::ChainEvents, overtaken);
    assert_eq!((rows.events.len(), rows.quarantined.len()), (1, 1), "the last body counts");
    assert_eq!(rows.quarantined[0].payload, log);
    let merged = [value(&[]), field(1, &field(4, &log))].concat();
    let rows = checked(Topic::ChainEvents, merged);
    assert_eq!((rows.events.len(), rows.quarantined[0].index), (1, Some(1)), "two blocks are one");
    assert_eq!(rows.quarantined[0].payload, log);

    let mut content = content(1, B256::ZERO, vec![receipt(1, &Bytes::new())]).encode_to_vec();
    content.extend(field(6, &future));
    let rows = checked(Topic::Receipts, batch_value(envelope(&content, vec![])));
    assert_eq!((rows.receipts.len(), rows.quarantined[0].index), (1, Some(1)));
    assert_eq!(rows.quarantined[0].payload, future);
}

#[test]
fn a_close_ends_its_own_epoch_in_its_own_partition() {
    for topic in Topic::ALL {
        let close = close(topic, 0, 7);
        let rows = checked(topic, close_value(topic, close.clone()));
        let log = &rows.log[0];
        assert_eq!((log.kind, log.closes_epoch), (RecordKind::Close, Some(Epoch(7))));
        assert_eq!(log.close_signer, Some(address(SETTLER_KEY)));
        assert_eq!(log.close_content.as_deref(), Some(close.content.as_ref()));
        assert_eq!(log.content_hash.0, keccak256(&close.content));
    }
}
