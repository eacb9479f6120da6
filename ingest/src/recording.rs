//! Recorded topic files (docs/formats.md, "Recorded topic file"): a whole topic in one file,
//! which can be told from a part of one. Both ends stream: memory is bounded by one frame.

use crate::check::TIME_US_MAX;
use crate::error::{Damage, Error};
use crate::source::Record;
use crate::wire::recording::v1 as wire;
use bytes::Bytes;
use prost::Message;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use warehouse::types::{KafkaOffset, Partition, Time, Topic};

const MAGIC: &[u8; 8] = b"OBREC001";

/// Most bytes of a frame's body: above what a record may have, so that one that is too long can be kept, too.
pub const FRAME_BYTES_MAX: u32 = 64 << 20;

/// Most partitions of a topic.
pub const PARTITIONS_MAX: u32 = 65_536;

/// Reads a recorded topic file, record after record. An iterator; after an error or the end it gives nothing more.
#[derive(Debug)]
pub struct RecordingReader<R> {
    reader: R,
    path: PathBuf,
    topic: Topic,
    partitions: u32,
    order: Order,
    /// First byte of what is read next.
    at: u64,
    records: u64,
    ended: bool,
}

impl RecordingReader<BufReader<File>> {
    /// Opens a file and reads its header.
    ///
    /// # Errors
    /// When the file cannot be read, or [`Error::Recording`] when it is damaged.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let file = File::open(path).map_err(|source| Error::Io { step: "open", path: path.into(), source })?;
        Self::new(BufReader::with_capacity(1 << 20, file), path)
    }
}

impl<R: Read> RecordingReader<R> {
    /// Reads the header. `path` names the file in errors.
    ///
    /// # Errors
    /// As [`RecordingReader::open`].
    pub fn new(reader: R, path: &Path) -> Result<Self, Error> {
        let mut this = Self {
            reader,
            path: path.into(),
            topic: Topic::Receipts,
            partitions: 0,
            order: Order::default(),
            at: 0,
            records: 0,
            ended: false,
        };
        let magic = this.read(8, 8)?;
        if magic.as_slice() != MAGIC {
            let cut_off = magic.len() < MAGIC.len() && MAGIC.starts_with(&magic);
            return Err(this.damaged(if cut_off { Damage::CutOff } else { Damage::Magic }));
        }
        this.at += 8;
        let (body, length) = match this.frame()? {
            Frame::Body(body, length) => (body, length),
            Frame::End => return Err(this.damaged(Damage::Undecodable)),
        };
        let header = wire::Header::decode(body).map_err(|_| this.damaged(Damage::Undecodable))?;
        this.topic =
            Topic::parse(&header.topic).ok_or_else(|| this.damaged(Damage::UnknownTopic(header.topic.clone())))?;
        if header.partitions == 0 || header.partitions > PARTITIONS_MAX {
            return Err(this.damaged(Damage::Partitions(header.partitions)));
        }
        this.partitions = header.partitions;
        this.order = Order::new(header.partitions);
        this.at += length;
        Ok(this)
    }

    /// The topic of every record.
    pub fn topic(&self) -> Topic {
        self.topic
    }

    /// Partitions of the topic.
    pub fn partitions(&self) -> u32 {
        self.partitions
    }

    fn damaged(&self, damage: Damage) -> Error {
        Error::Recording { path: self.path.clone(), at: self.at, record: self.records, damage }
    }

    /// Up to `length` bytes, fewer where the file ends. The buffer grows with what is read, not with what was promised.
    fn read(&mut self, length: u64, capacity: usize) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::with_capacity(capacity);
        let read = self.reader.by_ref().take(length).read_to_end(&mut bytes);
        read.map_err(|source| Error::Io { step: "read", path: self.path.clone(), source })?;
        Ok(bytes)
    }

    fn exactly<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let bytes = self.read(N as u64, N)?;
        bytes.try_into().map_err(|_| self.damaged(Damage::CutOff))
    }

    /// The next frame with its length in the file; a record's damage is placed at its first byte.
    fn frame(&mut self) -> Result<Frame, Error> {
        let length = self.read(4, 4)?;
        if length.is_empty() {
            return Err(self.damaged(Damage::NoEnd));
        }
        let length = u32::from_be_bytes(length.try_into().map_err(|_| self.damaged(Damage::CutOff))?);
        if length == 0 {
            return Ok(Frame::End);
        }
        if length > FRAME_BYTES_MAX {
            return Err(self.damaged(Damage::FrameTooLong(length)));
        }
        let checksum = u32::from_be_bytes(self.exactly()?);
        let body = self.read(length.into(), (length as usize).min(1 << 20))?;
        if body.len() != length as usize {
            return Err(self.damaged(Damage::CutOff));
        }
        if crc32c::crc32c(&body) != checksum {
            return Err(self.damaged(Damage::Checksum));
        }
        Ok(Frame::Body(body.into(), 8 + u64::from(length)))
    }

    fn end(&mut self) -> Result<(), Error> {
        let said = u64::from_be_bytes(self.exactly()?);
        if said != self.records {
            return Err(self.damaged(Damage::Count { said }));
        }
        self.at += 12;
        if self.read(1, 1)?.is_empty() { Ok(()) } else { Err(self.damaged(Damage::AfterEnd)) }
    }

    fn record(&mut self) -> Result<Option<Record>, Error> {
        let (body, length) = match self.frame()? {
            Frame::Body(body, length) => (body, length),
            Frame::End => return self.end().map(|()| None),
        };
        let record = wire::Record::decode(body).map_err(|_| self.damaged(Damage::Undecodable))?;
        let offset =
            self.order.next(record.partition, record.offset, record.time_us).map_err(|wrong| self.damaged(wrong))?;
        self.at += length;
        self.records += 1;
        Ok(Some(Record {
            topic: self.topic,
            partition: Partition(record.partition),
            offset,
            taken_at: Time(record.time_us),
            key: record.key,
            value: record.value,
        }))
    }
}

impl<R: Read> Iterator for RecordingReader<R> {
    type Item = Result<Record, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let record = self.record().transpose();
        self.ended = !matches!(record, Some(Ok(_)));
        record
    }
}

enum Frame {
    /// A body, and the bytes of the whole frame.
    Body(Bytes, u64),
    End,
}

/// The last offset of each partition.
#[derive(Debug, Default)]
struct Order(Vec<Option<KafkaOffset>>);

impl Order {
    fn new(partitions: u32) -> Self {
        Self(vec![None; partitions as usize])
    }

    fn next(&mut self, partition: u32, found: u64, time_us: i64) -> Result<KafkaOffset, Damage> {
        let last = self.0.get_mut(partition as usize).ok_or(Damage::Partition(partition))?;
        let expected = last.map(|last| KafkaOffset(last.0.saturating_add(1)));
        let offset = i64::try_from(found).ok().map(KafkaOffset);
        match offset {
            Some(offset) if expected.is_none_or(|expected| expected == offset) && Some(offset) != *last => {
                if !(0..=TIME_US_MAX).contains(&time_us) {
                    return Err(Damage::Time(time_us));
                }
                *last = Some(offset);
                Ok(offset)
            }
            _ => Err(Damage::Offset { partition: Partition(partition), expected, found }),
        }
    }
}

/// Writes a recorded topic file. Without [`RecordingWriter::finish`] the file has no end, and no reader accepts it.
#[derive(Debug)]
pub struct RecordingWriter<W> {
    writer: W,
    path: PathBuf,
    topic: Topic,
    order: Order,
    at: u64,
    records: u64,
}

impl RecordingWriter<BufWriter<File>> {
    /// Makes the file, or replaces it, and writes the header.
    ///
    /// # Errors
    /// When the file cannot be written, or a topic cannot have so many partitions.
    pub fn create(path: &Path, topic: Topic, partitions: u32) -> Result<Self, Error> {
        let file = File::create(path).map_err(|source| Error::Io { step: "create", path: path.into(), source })?;
        Self::new(BufWriter::with_capacity(1 << 20, file), path, topic, partitions)
    }
}

impl<W: Write> RecordingWriter<W> {
    /// Writes the header. `path` names the file in errors.
    ///
    /// # Errors
    /// As [`RecordingWriter::create`].
    pub fn new(writer: W, path: &Path, topic: Topic, partitions: u32) -> Result<Self, Error> {
        let order = Order::new(partitions.min(PARTITIONS_MAX));
        let mut this = Self { writer, path: path.into(), topic, order, at: 0, records: 0 };
        if partitions == 0 || partitions > PARTITIONS_MAX {
            return Err(this.damaged(Damage::Partitions(partitions)));
        }
        this.put(MAGIC)?;
        this.frame(&wire::Header { topic: topic.name().to_owned(), partitions }.encode_to_vec())?;
        Ok(this)
    }

    /// Writes a record.
    ///
    /// # Errors
    /// When the file cannot be written, or a reader would refuse the record: another topic, a partition, offset or
    /// time out of bounds, too long a value.
    pub fn write(&mut self, record: &Record) -> Result<(), Error> {
        if record.topic != self.topic {
            return Err(self.damaged(Damage::UnknownTopic(record.topic.name().to_owned())));
        }
        let offset = u64::try_from(record.offset.0).unwrap_or(u64::MAX);
        let placed = self.order.next(record.partition.0, offset, record.taken_at.0);
        placed.map_err(|wrong| self.damaged(wrong))?;
        let body = wire::Record {
            partition: record.partition.0,
            offset,
            time_us: record.taken_at.0,
            key: record.key.clone(),
            value: record.value.clone(),
        };
        self.frame(&body.encode_to_vec())?;
        self.records += 1;
        Ok(())
    }

    /// Writes the end.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn finish(mut self) -> Result<W, Error> {
        let records = self.records;
        self.put(&0u32.to_be_bytes())?;
        self.put(&records.to_be_bytes())?;
        let flushed = self.writer.flush();
        flushed.map_err(|source| Error::Io { step: "write", path: self.path.clone(), source })?;
        Ok(self.writer)
    }

    fn damaged(&self, damage: Damage) -> Error {
        Error::Recording { path: self.path.clone(), at: self.at, record: self.records, damage }
    }

    fn frame(&mut self, body: &[u8]) -> Result<(), Error> {
        let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
        if length > FRAME_BYTES_MAX {
            return Err(self.damaged(Damage::FrameTooLong(length)));
        }
        self.put(&length.to_be_bytes())?;
        self.put(&crc32c::crc32c(body).to_be_bytes())?;
        self.put(body)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.writer.write_all(bytes).map_err(|source| Error::Io { step: "write", path: self.path.clone(), source })?;
        self.at += bytes.len() as u64;
        Ok(())
    }
}
