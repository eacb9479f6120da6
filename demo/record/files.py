"""The files of a recording: topics, item lists, sketch indexes, and the Merkle tree that names contents."""

import hashlib
import struct
from dataclasses import dataclass, field
from pathlib import Path

import google_crc32c

from . import wire
from .eth import Domain


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def tree_hash(leaves: list[bytes]) -> bytes:
    """RFC 6962: the left subtree holds the largest power of two below the number of leaves."""
    if not leaves:
        return sha256(b"")
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0])
    left = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\x01" + tree_hash(leaves[:left]) + tree_hash(leaves[left:]))


def items_artifact(hashes: list[bytes]) -> bytes:
    return b"OBITEMS1" + struct.pack(">I", len(hashes)) + b"".join(hashes)


@dataclass(frozen=True, order=True)
class IndexRow:
    contribution: bytes  # zero: decoy
    item: int
    checkpoint: int
    exponent: int
    values: bytes

    def encode(self) -> bytes:
        return self.contribution + struct.pack(">IBB", self.item, self.checkpoint, self.exponent) + self.values


def index_artifact(k: int, checkpoints: int, rows: list[IndexRow]) -> bytes:
    head = b"OBINDEX1" + struct.pack(">III", k, checkpoints, len(rows))
    return head + b"".join(row.encode() for row in sorted(rows))


@dataclass(frozen=True)
class Place:
    """Where a record stands."""

    topic: str
    partition: int
    offset: int


@dataclass
class Topic:
    """A topic that is being recorded."""

    name: str
    partitions: int
    frames: list[bytes] = field(default_factory=list)
    next_offset: dict[int, int] = field(default_factory=dict)

    def append(self, partition: int, time_us: int, key: bytes, value: bytes) -> Place:
        offset = self.next_offset.get(partition, 0)
        self.next_offset[partition] = offset + 1
        self.frames.append(wire.record(partition, offset, time_us, key, value))
        return Place(self.name, partition, offset)

    def close(self, partition: int, epoch: int, time_us: int, domain: Domain, settler: bytes, signer: str) -> Place:
        """Ends `epoch` in the partition."""
        content = wire.close_content(self.name, partition, epoch, settler)
        value = wire.close_record(content, domain.sign_content("Close", content, signer))
        return self.append(partition, time_us, b"", value)

    def write(self, path: Path) -> None:
        out = [b"OBREC001"]
        for body in [wire.header(self.name, self.partitions)] + self.frames:
            out.append(struct.pack(">II", len(body), google_crc32c.value(body)) + body)
        out.append(struct.pack(">IQ", 0, len(self.frames)))
        path.write_bytes(b"".join(out))
