"""Batches: what fits into one, and its bytes."""

import math
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from . import limits
from .errors import LaneHead
from .receipt import Receipt
from .signing import keccak256
from .spend import CheckedSpend
from .wire import receipts_v1_pb2 as wire

RECORD_FRAME_BYTES_MAX = 256
"""A record without receipts, Spends and evidence: header fields (98), signature (67), tags and lengths (10)."""
PART_FRAME_BYTES_MAX = 5
"""Tag and length of a repeated field's element, as long as a record has less than 2^28 bytes."""
SPEND_BYTES_MAX = PART_FRAME_BYTES_MAX + 22 + 18 + 67
"""A Spend: payer, cumulative, signature."""


@dataclass
class Filling:
    """The batch that receipts now go into: as much as is needed to know whether another fits."""

    lane: int
    number: int
    receipts_max: int
    since: float = -math.inf
    """When its first receipt came, on the monotonic clock; long ago for what an earlier process recorded."""
    receipts: int = 0
    record_bytes: int = RECORD_FRAME_BYTES_MAX
    evidence_named_bytes: int = 0
    payers: set[bytes] = field(default_factory=set)
    evidence: set[bytes] = field(default_factory=set)

    def fits(self, receipt: Receipt) -> bool:
        """Whether every bound of a batch holds with this one in it, and a Spend of each payer."""
        return (
            self.receipts < self.receipts_max
            and (receipt.payer in self.payers or len(self.payers) < limits.SPENDS_MAX)
            and self.evidence_named_bytes + len(receipt.evidence) <= limits.EVIDENCE_NAMED_BYTES_MAX
            and self.record_bytes + self._bytes_of(receipt) <= limits.RECORD_BYTES_MAX
        )

    def add(self, receipt: Receipt) -> None:
        """Counts one more."""
        self.record_bytes += self._bytes_of(receipt)
        self.receipts += 1
        self.evidence_named_bytes += len(receipt.evidence)
        self.payers.add(receipt.payer)
        self.evidence.add(receipt.evidence_hash)

    def due_in_s(self, age_max_s: float) -> float | None:
        """When it is full or old enough to be sent: 0 or less for now; none while it is empty."""
        if self.receipts >= self.receipts_max:
            return 0.0
        return self.since + age_max_s - time.monotonic() if self.receipts else None

    def _bytes_of(self, receipt: Receipt) -> int:
        """What it adds to the record, at most."""
        spend = 0 if receipt.payer in self.payers else SPEND_BYTES_MAX
        known = receipt.evidence_hash in self.evidence
        evidence = 0 if known else PART_FRAME_BYTES_MAX + len(receipt.evidence)
        return PART_FRAME_BYTES_MAX + len(receipt.content) + evidence + spend


@dataclass(frozen=True)
class Header:
    """Whose batch it is, and where in which lane."""

    operator: bytes
    signer: bytes
    lane: int
    after: LaneHead


def content_of(header: Header, receipts: Iterable[bytes], spends: Iterable[CheckedSpend]) -> bytes:
    """Serialised `BatchContent`: what is signed."""
    content = wire.BatchContent(
        operator=header.operator,
        signer=header.signer,
        lane=header.lane,
        number=header.after.number + 1,
        previous=header.after.head,
        receipts=[wire.Receipt.FromString(receipt) for receipt in receipts],
        spends=[spend.message() for spend in spends],
    )
    return content.SerializeToString(deterministic=True)


def envelope_of(content: bytes, signature: bytes, evidence: Iterable[bytes]) -> bytes:
    """Serialised `Envelope`: what is sent."""
    return wire.Envelope(content=content, signature=signature, evidence=evidence).SerializeToString(deterministic=True)


def batch_id(content: bytes) -> bytes:
    """keccak256(content)."""
    return keccak256(content)


def receipt_id(batch: bytes, index: int) -> bytes:
    """keccak256(batch id || uint32 index)."""
    return keccak256(batch, index.to_bytes(4, "big"))
