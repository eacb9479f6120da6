"""What a node still has to send, and what became of the rest.

At most one batch is sealed at a time. Receipts after it have a place, so that answers can carry links, but no
signature and no previous batch yet: whatever becomes of the sealed one, only numbers change.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from sqlite3 import Connection

from . import rows, spends
from .answers import Ack
from .batch import Filling, Header, batch_id, content_of, envelope_of
from .errors import InvalidInput, LaneHead, Problem, StateMismatch
from .fields import to_hex
from .receipt import Receipt
from .rows import Batch, Recorded, State
from .spend import CheckedSpend
from .store import Store


@dataclass(frozen=True)
class Due:
    """`number` is the last batch that is to be sent, if any; `in_s` says when the one being filled is, if ever."""

    number: int | None
    in_s: float | None


class Outbox:
    """Receipts, batches and lanes of one operator in a state file. Safe for use by several threads."""

    def __init__(self, store: Store, operator: bytes, lane: int, receipts_max: int):
        """`lane` is where a new state file begins; an old one goes on in its own."""
        self._store = store
        self._operator = operator
        self._receipts_max = receipts_max
        self._lock = threading.Lock()
        self._filling: Filling | None = None  # none: to be read from the file
        self._begin(lane)

    def record(self, receipt: Receipt) -> Recorded:
        """Keeps a receipt in the batch that is being filled, or in the next where it does not fit."""
        with self._lock:
            with self._store.transaction() as db:
                filling = self._take_filling(db)
                if not filling.fits(receipt):
                    filling = Filling(filling.lane, filling.number + 1, self._receipts_max)
                recorded = rows.add_receipt(db, filling.lane, filling.number, filling.receipts, receipt)
            if filling.receipts == 0:
                filling.since = time.monotonic()
            filling.add(receipt)
            self._filling = filling
            return recorded

    def due(self, age_max_s: float = 0.0) -> Due:
        """What is to be sent: batches that are sealed or full, or whose first receipt is that old."""
        with self._transaction() as db:
            filling = self._filling = self._take_filling(db)
            head = rows.head(db, filling.lane)
        in_s = filling.due_in_s(age_max_s)
        last = filling.number if in_s is not None and in_s <= 0 else filling.number - 1
        return Due(last if last > head.number else None, in_s)

    def seal(self, signer: bytes, number_max: int) -> Batch | None:
        """The sealed batch; where there is none, the next up to that number, whose content is fixed from now on."""
        with self._lock:
            with self._store.transaction() as db:
                filling = self._take_filling(db)
                if rows.sealed(db) is None and rows.head(db, filling.lane).number < number_max:
                    self._seal_next(db, filling.lane, signer)
                sealed = rows.sealed(db)
            if sealed is not None and sealed.number == filling.number:
                filling = Filling(filling.lane, filling.number + 1, self._receipts_max)
            self._filling = filling
            return sealed

    def head(self, lane: int) -> LaneHead:
        """A lane's last batch that the gateway has."""
        with self._transaction() as db:
            return rows.head(db, lane)

    def sign(self, batch: Batch, signature: bytes) -> Batch:
        """The batch with its only signature."""
        with self._transaction() as db:
            rows.put_signature(db, batch, signature)
        return replace(batch, signature=signature)

    def envelope(self, batch: Batch) -> bytes:
        """What is sent of a signed batch: the same bytes every time."""
        if batch.signature is None:
            raise ValueError("the batch is not signed yet")
        with self._transaction() as db:
            return envelope_of(batch.content, batch.signature, rows.evidence_of(db, batch))

    def taken(self, batch: Batch, ack: Ack | None) -> None:
        """The gateway has the batch: the next one extends it."""
        with self._transaction() as db:
            rows.put_taken(db, batch, ack)
            rows.extend_lane(db, batch)
            rows.drop_evidence(db)

    def note(self, batch: Batch, problem: Problem | None) -> None:
        """Why the gateway does not have the batch, which stays first; none before it is sent, when that is open."""
        with self._transaction() as db:
            rows.put_problem(db, batch, problem)

    def set_aside(self, id: bytes, only: Collection[int] | None) -> None:
        """Takes a refused batch out of the way: with all its receipts, or `only` some, so that the others stay."""
        with self._changing() as db:
            batch = rows.sealed(db)
            if batch is None or batch.id != id:
                raise InvalidInput(f"{to_hex(id)} is not the batch that waits")
            _must_be_refused(batch)
            indexes = range(rows.count_receipts(db, batch))
            leaving = set(indexes if only is None else only)
            if not leaving <= set(indexes):
                raise InvalidInput(f"the batch has receipts 0 to {indexes[-1]}, and no others to set aside")
            staying = [index for index in indexes if index not in leaving]
            rows.end_batch(db, batch, "refused")
            rows.unseal(db, batch, staying)
            if not staying:
                rows.move_waiting(db, batch.lane, 1)

    def open_lane(self, lane: int) -> None:
        """Goes on in a lane that was never used; what the gateway does not have is carried over."""
        with self._changing() as db:
            if not rows.add_lane(db, lane):
                raise InvalidInput(f"lane {lane} was used before")
            batch = rows.sealed(db)
            if batch is not None:
                _must_be_refused(batch)
                rows.end_batch(db, batch, "left")
                rows.unseal(db, batch, range(rows.count_receipts(db, batch)))
            rows.move_waiting(db, lane, rows.head(db, rows.lane(db)).number)
            rows.put_setting(db, "lane", str(lane))

    def find(self, output_commitment: bytes) -> Recorded | None:
        """A receipt by its output commitment."""
        with self._transaction() as db:
            return rows.find_receipt(db, output_commitment)

    def batches(self, state: State) -> list[Batch]:
        """Batches of one state, oldest first."""
        with self._transaction() as db:
            return rows.batches(db, state)

    def forget(self, sealed_before_us: int) -> int:
        """Forgets batches that are done with; says how many."""
        with self._transaction() as db:
            count = rows.forget(db, sealed_before_us)
            rows.drop_evidence(db)
        return count

    def allow(self, spend: CheckedSpend) -> bool:
        """Keeps a Spend where it is its payer's highest; says whether it is."""
        with self._transaction() as db:
            return spends.keep_highest(db, spend)

    def forget_spend(self, payer: bytes) -> None:
        """Forgets a payer's Spend."""
        with self._transaction() as db:
            spends.forget(db, payer)

    def _begin(self, lane: int) -> None:
        with self._transaction() as db:
            operator = rows.setting(db, "operator")
            if operator is None:
                rows.put_setting(db, "operator", to_hex(self._operator))
                rows.put_setting(db, "lane", str(lane))
                rows.add_lane(db, lane)
            elif operator != to_hex(self._operator):
                raise StateMismatch(f"the state file is of operator {operator}, not {to_hex(self._operator)}")

    def _seal_next(self, db: Connection, lane: int, signer: bytes) -> None:
        after = rows.head(db, lane)
        receipts = rows.waiting(db, after.number + 1)
        if not receipts:  # numbers moved down since somebody asked what is due
            return
        highest = spends.of(db, {receipt.payer for receipt in receipts})
        header = Header(self._operator, signer, lane, after)
        content = content_of(header, [receipt.content for receipt in receipts], highest)
        rows.add_batch(db, lane, after.number + 1, batch_id(content), content)

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with self._lock, self._store.transaction() as db:
            yield db

    @contextmanager
    def _changing(self) -> Iterator[Connection]:
        """A transaction that moves receipts: what is being filled is read again."""
        with self._transaction() as db:
            self._filling = None
            yield db

    def _take_filling(self, db: Connection) -> Filling:
        """What is being filled, until it is put back: after a transaction that failed it is read from the file."""
        filling, self._filling = self._filling, None
        return filling or self._read_filling(db)

    def _read_filling(self, db: Connection) -> Filling:
        lane = rows.lane(db)
        sealed = rows.sealed(db)
        number = rows.last_waiting(db) or (sealed or rows.head(db, lane)).number + 1
        filling = Filling(lane, number, self._receipts_max)
        for receipt in rows.waiting(db, number):
            filling.add(receipt)
        return filling


def _must_be_refused(batch: Batch) -> None:
    """Its receipts go elsewhere only when the gateway said no: it might have taken the batch in, and charge twice."""
    if batch.problem is None:
        raise InvalidInput(f"the gateway may have batch {to_hex(batch.id)}: flush until it says yes or no")
