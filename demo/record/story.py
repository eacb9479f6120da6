"""What a reader of the demo can look at: each case with one sentence, where it stands and how it ends."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from .files import Place

GENESIS_S = 1_767_225_600  # 2026-01-01T00:00:00Z
EPOCH_LENGTH_S = 86_400
EPOCHS = 2


def epoch_start_s(epoch: int) -> int:
    return GENESIS_S + (epoch - 1) * EPOCH_LENGTH_S


@dataclass(frozen=True)
class Case:
    """A thing that happens on purpose; `expect` is a reason of docs/rules.md or a word for the outcome."""

    case: str
    what: str
    expect: str


@dataclass(frozen=True)
class Entry:
    case: str
    what: str
    epoch: int
    topic: str
    partition: int
    offset: int
    index: int | None
    expect: str


@dataclass
class Story:
    entries: list[Entry] = field(default_factory=list)

    def add(self, case: Case, epoch: int, place: Place, index: int | None = None) -> None:
        """`index`: a receipt's place in its batch, a log's in its block; None: the whole record."""
        where = (place.topic, place.partition, place.offset, index)
        self.entries.append(Entry(case.case, case.what, epoch, *where, case.expect))

    def write(self, path: Path) -> None:
        path.write_text(json.dumps([asdict(e) for e in self.entries], indent=1, ensure_ascii=False) + "\n")
