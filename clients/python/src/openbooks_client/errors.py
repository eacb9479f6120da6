"""What can go wrong, and what to do then. Whatever is raised, no recorded receipt is lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


class ClientError(Exception):
    """Everything that this package raises by itself."""


class InvalidInput(ClientError, ValueError):
    """A value breaks a bound of the network's formats. Nothing was recorded; record it again with another value."""


class StateInUse(ClientError):
    """Another process, or another `Node` of this one, has the state file open."""


class StateMismatch(ClientError):
    """The state file is another operator's, another program's, or of another version of this package."""


class WrongNetwork(ClientError):
    """The gateway serves another chain or vault than the one that the state file was made for."""


class BadAnswer(ClientError):
    """The gateway's answer breaks its own contract; an Ack that its signer did not sign is one. The batch stays."""


class TryLater(ClientError):
    """The gateway cannot be reached, or asks to wait. Everything is kept: the next `flush` sends the same bytes."""

    def __init__(self, detail: str, retry_after_s: float | None = None):
        super().__init__(detail)
        self.retry_after_s = retry_after_s


@dataclass(frozen=True)
class Problem:
    """Why the gateway said no (RFC 9457). `code` is empty when the answer did not come from a gateway."""

    status: int
    code: str
    detail: str
    members: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.status} {self.code or 'without a problem'}: {self.detail}"


class Refused(ClientError):
    """The gateway refuses the request, and would again.

    For a batch, `batch` is its id. It stays first in the outbox, so that a cause outside can be mended (a deposit, a
    registration) and `flush` called again; `Node.set_aside` takes it, or some of its receipts, out of the way.
    """

    def __init__(self, problem: Problem, batch: bytes | None = None):
        of_batch = "" if batch is None else f"batch 0x{batch.hex()} is refused: mend the cause or set it aside: "
        super().__init__(of_batch + str(problem))
        self.problem = problem
        self.batch = batch

    @property
    def receipts(self) -> tuple[int, ...]:
        """The indexes of the receipts that the problem names, for `Node.set_aside(batch, only=...)`."""
        named = self.problem.members.get("receipts", [])
        return tuple(int(receipt["index"]) for receipt in named)

    @property
    def payers(self) -> tuple[str, ...]:
        """The payers whose Spends the problem names, for `Node.forget_spend`."""
        return tuple(self.problem.members.get("payers", []))


@dataclass(frozen=True)
class LaneHead:
    """The last batch of a lane: its number and id; 0 and zero before the first."""

    number: int = 0
    head: bytes = bytes(32)

    def __str__(self) -> str:
        return f"number {self.number}, 0x{self.head.hex()}"


class LaneConflict(ClientError):
    """The gateway has batches in this lane that the state file does not know: another process wrote them.

    Most often the file is an old copy. Nothing is sent until `Node.open_lane` names a lane that nobody used.
    """

    def __init__(self, lane: int, ours: LaneHead, theirs: LaneHead):
        super().__init__(
            f"another process used lane {lane}: its head is {ours} here and {theirs} at the gateway; "
            "go on with open_lane and a lane that nobody used"
        )
        self.lane = lane
        self.ours = ours
        self.theirs = theirs
