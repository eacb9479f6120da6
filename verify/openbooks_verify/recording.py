"""Recorded topic files (docs/formats.md): a whole topic, or a part of one, in one file."""

import struct
from dataclasses import dataclass

from . import protobuf
from .hashes import crc32c
from .messages import HEADER, RECORD
from .refused import Refused

MAGIC = b"OBREC001"


@dataclass(frozen=True)
class Record:
    """One record of a topic."""

    partition: int
    offset: int
    time_us: int
    key: bytes
    value: bytes


@dataclass(frozen=True)
class Recording:
    """A topic's records, in the order of the file."""

    topic: str
    partitions: int
    records: list[Record]


def read(data: bytes, name: str) -> Recording:
    """The recording in `data`; `name` is for messages."""
    bodies, at, count = [], len(MAGIC), 0
    if data[:at] != MAGIC:
        raise Refused(f"{name}: is no recorded topic file")
    while True:
        size = int.from_bytes(data[at : at + 4], "big")
        if size == 0:
            break
        body = data[at + 8 : at + 8 + size]
        if len(body) != size or crc32c(body) != int.from_bytes(data[at + 4 : at + 8], "big"):
            raise Refused(f"{name}: the frame at byte {at} is damaged")
        bodies.append(body)
        at += 8 + size
    if len(data) != at + 12:
        raise Refused(f"{name}: does not end where it says")
    count = int.from_bytes(data[at + 4 :], "big")
    if not bodies or count != len(bodies) - 1:
        raise Refused(f"{name}: holds {len(bodies) - 1} records, but says {count}")
    try:
        header = protobuf.read(bodies[0], HEADER)
        records = [_record(body) for body in bodies[1:]]
    except protobuf.Undecodable as error:
        raise Refused(f"{name}: {error}") from error
    _check_offsets(records, header["partitions"], name)
    return Recording(header["topic"], header["partitions"], records)


def _record(body: bytes) -> Record:
    message = protobuf.read(body, RECORD)
    return Record(*(message[name] for name in ("partition", "offset", "time_us", "key", "value")))


def _check_offsets(records: list[Record], partitions: int, name: str) -> None:
    following: dict[int, int] = {}
    for record in records:
        if record.partition >= partitions:
            raise Refused(f"{name}: has a record of partition {record.partition}, but {partitions} partitions")
        expected = following.get(record.partition, record.offset)
        if record.offset != expected:
            raise Refused(f"{name}: partition {record.partition} jumps to offset {record.offset} instead of {expected}")
        following[record.partition] = record.offset + 1


def write(recording: Recording) -> bytes:
    """The file, with the records in the order given."""
    header = protobuf.put_bytes(1, recording.topic.encode()) + protobuf.put_number(2, recording.partitions)
    out = [MAGIC]
    for body in [header] + [_body(record) for record in recording.records]:
        out += [struct.pack(">II", len(body), crc32c(body)), body]
    out.append(struct.pack(">IQ", 0, len(recording.records)))
    return b"".join(out)


def _body(record: Record) -> bytes:
    numbers = [record.partition, record.offset, record.time_us]
    fields = [protobuf.put_number(i + 1, number) for i, number in enumerate(numbers)]
    return b"".join(fields) + protobuf.put_bytes(4, record.key) + protobuf.put_bytes(5, record.value)
