"""Logs of our contracts as events, in chain order, and when an announced change binds."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from . import events
from .network import Network
from .raw import RawRows
from .tables import Row


@dataclass(frozen=True)
class Event:
    """An event of one of our contracts, `epoch` by its block's time, `offset` of its record."""

    name: str
    fields: dict[str, Any]
    offset: int
    block: int
    log: int
    at: int
    epoch: int


def logs_in_order(rows: RawRows) -> list[Row]:
    """The logs in chain order; of two with the same (block hash, log index) the first counts."""
    ordered = sorted(rows.tables["raw_chain_events"], key=lambda row: (row["offset"], row["index"]))
    first: dict[tuple[bytes, int], Row] = {}
    for row in ordered:
        first.setdefault((row["block_hash"], row["log_index"]), row)
    return list(first.values())


def decoded(logs: Iterable[Row], network: Network) -> list[Event]:
    """The logs' events."""
    found = []
    for row in logs:
        contract = network.contract_at(row["address"])
        assert contract is not None, "raw.py stores no log of another contract"
        name, fields = events.decode(contract, row["topics"], row["data"])
        epoch = network.epoch_of(row["block_time"] // 10**6)
        found.append(
            Event(name, fields, row["offset"], row["block_number"], row["log_index"], row["block_time"], epoch)
        )
    return found


@dataclass(frozen=True)
class Change:
    """An announced change: the epoch that its event names, and what it says."""

    event: Event
    value: Any

    def binds_from(self) -> int:
        return max(self.event.fields["bindingEpoch"], self.event.epoch + 2)


def binding(changes: list[Change], epoch: int) -> Any:
    """What binds in `epoch`: the last in chain order; the first change of all binds at once. None if nothing does."""
    bound = [change.value for i, change in enumerate(changes) if i == 0 or change.binds_from() <= epoch]
    return bound[-1] if bound else None
