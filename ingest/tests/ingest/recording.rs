//! Recorded topic files: what is written is read, and no part or change of a file passes for it.

use crate::signed::record;
use crate::stories;
use ingest::{Damage, Error, FRAME_BYTES_MAX, PARTITIONS_MAX, Record, RecordingReader, RecordingWriter, TIME_US_MAX};
use std::path::Path;
use warehouse::types::Topic;

const NAME: &str = "some.rec";

fn written(topic: Topic, partitions: u32, records: &[Record]) -> Vec<u8> {
    let mut writer = RecordingWriter::new(Vec::new(), Path::new(NAME), topic, partitions).expect("a header");
    records.iter().for_each(|record| writer.write(record).expect("a record"));
    writer.finish().expect("an end")
}

fn read(bytes: &[u8]) -> Result<Vec<Record>, Error> {
    RecordingReader::new(bytes, Path::new(NAME))?.collect()
}

/// Byte, record number and damage of a file that cannot be read.
fn damage(bytes: &[u8]) -> (u64, u64, Damage) {
    match read(bytes) {
        Err(Error::Recording { path, at, record, damage }) => {
            assert_eq!(path, Path::new(NAME));
            (at, record, damage)
        }
        other => panic!("{other:?}"),
    }
}

fn small() -> Vec<Record> {
    vec![record(Topic::Receipts, 0, 5, vec![1, 2]), record(Topic::Receipts, 1, 0, vec![]), {
        let mut with_key = record(Topic::Receipts, 0, 6, vec![3; 70]);
        with_key.key = b"key".as_slice().into();
        with_key
    }]
}

#[test]
fn what_is_written_is_read() {
    for (topic, partitions, records) in [
        (Topic::Receipts, 2, stories::receipts()),
        (Topic::ChainEvents, 1, stories::chain()),
        (Topic::Receipts, 2, small()),
    ] {
        let bytes = written(topic, partitions, &records);
        let reader = RecordingReader::new(bytes.as_slice(), Path::new(NAME)).unwrap();
        assert_eq!((reader.topic(), reader.partitions()), (topic, partitions));
        assert_eq!(read(&bytes).unwrap(), records);
    }
    assert_eq!(read(&written(Topic::Receipts, PARTITIONS_MAX, &[])).unwrap(), []);
}

#[test]
fn a_file_that_is_cut_off_anywhere_is_an_error() {
    let bytes = written(Topic::Receipts, 2, &small());
    for length in 0..bytes.len() {
        let (at, _, damage) = damage(&bytes[..length]);
        assert!(at <= length as u64);
        assert!(matches!(damage, Damage::CutOff | Damage::NoEnd), "{length}: {damage}");
    }
    let error = read(&bytes[..bytes.len() - 12]).unwrap_err();
    let at = bytes.len() - 12;
    assert_eq!(
        error.to_string(),
        format!("recording some.rec is damaged at byte {at}, record 3: the end frame is missing")
    );
    assert!(error.is_broken_invariant() && !error.is_retryable());
}

#[test]
fn a_file_with_any_byte_changed_is_an_error() {
    let bytes = written(Topic::Receipts, 2, &small());
    for at in 0..bytes.len() {
        for change in [1, 0x80, 0xff, bytes[at]] {
            let mut changed = bytes.clone();
            changed[at] ^= change;
            assert!(changed == bytes || read(&changed).is_err(), "byte {at} ^ {change:#x}");
        }
    }
}

#[test]
fn a_file_with_more_or_fewer_records_than_its_end_says_is_an_error() {
    let records = small();
    let bytes = written(Topic::Receipts, 2, &records);
    let without_last = bytes.len()
        - 12
        - (written(Topic::Receipts, 2, &records).len() - written(Topic::Receipts, 2, &records[..2]).len());
    let fewer = [&bytes[..without_last], &bytes[bytes.len() - 12..]].concat();
    assert_eq!(damage(&fewer).2, Damage::Count { said: 3 });
    let after_end = [&bytes[..], &bytes[without_last..]].concat();
    assert_eq!(damage(&after_end), (bytes.len() as u64, 3, Damage::AfterEnd));
    assert_eq!(damage(&[&bytes[..], &[0]].concat()).2, Damage::AfterEnd);
    assert_eq!(damage(b"OBREC002").2, Damage::Magic);
    assert_eq!(damage(b"PK").2, Damage::Magic);
}

/// A file of raw frames, checksums as they should be.
fn framed(bodies: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = b"OBREC001".to_vec();
    for body in bodies {
        bytes.extend(u32::try_from(body.len()).unwrap().to_be_bytes());
        bytes.extend(crc32c::crc32c(body).to_be_bytes());
        bytes.extend(body);
    }
    bytes.extend([0; 4]);
    bytes.extend((bodies.len() as u64 - 1).to_be_bytes());
    bytes
}

#[test]
fn records_that_cannot_stand_in_a_topic_are_errors() {
    use ingest::wire::recording::v1::{Header, Record};
    use prost::Message;
    let header = |topic: &str, partitions| Header { topic: topic.into(), partitions }.encode_to_vec();
    let good = header(Topic::Receipts.name(), 2);
    let at = |partition, offset, time_us| Record { partition, offset, time_us, ..Record::default() }.encode_to_vec();
    type Expected = fn(&Damage) -> bool;
    let checks: Vec<(Vec<Vec<u8>>, u64, Expected)> = vec![
        (vec![header("openbooks.receipts.v2", 2)], 0, |d| matches!(d, Damage::UnknownTopic(_))),
        (vec![header(Topic::Receipts.name(), 0)], 0, |d| matches!(d, Damage::Partitions(0))),
        (vec![header(Topic::Receipts.name(), PARTITIONS_MAX + 1)], 0, |d| matches!(d, Damage::Partitions(_))),
        (vec![vec![0xff]], 0, |d| *d == Damage::Undecodable),
        (vec![good.clone(), vec![0xff]], 0, |d| *d == Damage::Undecodable),
        (vec![good.clone(), at(2, 0, 0)], 0, |d| *d == Damage::Partition(2)),
        (vec![good.clone(), at(0, 0, -1)], 0, |d| *d == Damage::Time(-1)),
        (vec![good.clone(), at(0, 0, TIME_US_MAX + 1)], 0, |d| matches!(d, Damage::Time(_))),
        (vec![good.clone(), at(0, u64::MAX, 0)], 0, |d| matches!(d, Damage::Offset { .. })),
        (vec![good.clone(), at(0, 4, 0), at(0, 4, 0)], 1, |d| matches!(d, Damage::Offset { found: 4, .. })),
        (vec![good.clone(), at(0, 4, 0), at(0, 3, 0)], 1, |d| matches!(d, Damage::Offset { found: 3, .. })),
        (vec![good.clone(), at(0, 4, 0), at(1, 9, 0), at(0, 6, 0)], 2, |d| {
            matches!(d, Damage::Offset { found: 6, .. })
        }),
    ];
    for (case, (bodies, records, expected)) in checks.into_iter().enumerate() {
        let (_, record, damage) = damage(&framed(&bodies));
        assert!(expected(&damage) && record == records, "case {case}: record {record}: {damage}");
    }
    let mut too_long = framed(&[good]);
    too_long.truncate(too_long.len() - 12);
    let header_end = too_long.len() as u64;
    too_long.extend((FRAME_BYTES_MAX + 1).to_be_bytes());
    assert_eq!(damage(&too_long), (header_end, 0, Damage::FrameTooLong(FRAME_BYTES_MAX + 1)));
}

#[test]
fn the_writer_refuses_what_no_reader_accepts() {
    let writer = || RecordingWriter::new(Vec::new(), Path::new(NAME), Topic::Receipts, 2).unwrap();
    assert!(RecordingWriter::new(Vec::new(), Path::new(NAME), Topic::Receipts, 0).is_err());
    assert!(writer().write(&record(Topic::ChainEvents, 0, 0, vec![])).is_err());
    assert!(writer().write(&record(Topic::Receipts, 2, 0, vec![])).is_err());
    assert!(writer().write(&record(Topic::Receipts, 0, -1, vec![])).is_err());
    let mut writer = writer();
    writer.write(&record(Topic::Receipts, 0, 0, vec![])).unwrap();
    assert!(writer.write(&record(Topic::Receipts, 0, 2, vec![])).is_err());
}

#[test]
fn files_are_opened_by_path_and_a_missing_one_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("receipts.rec");
    let error = RecordingReader::open(&path).unwrap_err();
    assert!(error.to_string().contains("receipts.rec") && !error.is_broken_invariant());
    let mut writer = RecordingWriter::create(&path, Topic::Receipts, 2).unwrap();
    small().iter().for_each(|record| writer.write(record).unwrap());
    writer.finish().unwrap();
    let records: Result<Vec<_>, _> = RecordingReader::open(&path).unwrap().collect();
    assert_eq!(records.unwrap(), small());
}
