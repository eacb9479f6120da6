"""Rows of the state file (`schema.sql`), each function a statement or two within the caller's transaction."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from sqlite3 import Connection
from typing import Any, Literal

from .answers import Ack
from .errors import LaneHead, Problem
from .receipt import Receipt

State = Literal["sealed", "taken", "refused", "left"]
Setting = Literal["operator", "lane", "network"]


@dataclass(frozen=True)
class Recorded:
    """Where a receipt stands, or will stand, and what opens its commitments."""

    lane: int
    number: int
    index: int
    output_commitment: bytes
    input_salt: bytes
    output_salt: bytes


@dataclass(frozen=True)
class Batch:
    """A batch whose content is fixed.

    `sealed` waits, `taken` is with the gateway, `refused` was set aside, and the receipts of `left` went on in another
    lane. `signature` is none only between a crash and the next flush; `ack` also where the gateway said that it has the
    batch, but no longer by an Ack. `problem` says why the gateway refused it when it was last sent.
    """

    row: int
    state: State
    lane: int
    number: int
    id: bytes
    content: bytes
    signature: bytes | None
    ack: Ack | None
    problem: Problem | None


def setting(db: Connection, name: Setting) -> str | None:
    """A setting's value."""
    row = db.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
    return None if row is None else str(row[0])


def put_setting(db: Connection, name: Setting, value: str) -> None:
    """Keeps a setting."""
    db.execute("INSERT INTO settings VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", (name, value))


def lane(db: Connection) -> int:
    """The lane in use."""
    return int(setting(db, "lane") or 0)


def head(db: Connection, lane: int) -> LaneHead:
    """The last batch of a lane that the gateway has."""
    return LaneHead(*db.execute("SELECT number, head FROM lanes WHERE lane = ?", (lane,)).fetchone())


def add_lane(db: Connection, lane: int) -> bool:
    """Begins a lane; false when it was used before."""
    return db.execute("INSERT INTO lanes VALUES (?, 0, zeroblob(32)) ON CONFLICT DO NOTHING", (lane,)).rowcount > 0


def extend_lane(db: Connection, batch: Batch) -> None:
    """Makes a batch the head of its lane."""
    db.execute("UPDATE lanes SET number = ?, head = ? WHERE lane = ?", (batch.number, batch.id, batch.lane))


def add_receipt(db: Connection, lane: int, number: int, position: int, receipt: Receipt) -> Recorded:
    """A new receipt and its evidence."""
    db.execute(
        "INSERT INTO receipts (lane, number, position, payer, content, evidence_hash, input_salt, output_commitment,"
        " output_salt) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            lane,
            number,
            position,
            receipt.payer,
            receipt.content,
            receipt.evidence_hash,
            receipt.input_salt,
            receipt.output_commitment,
            receipt.output_salt,
        ),
    )
    db.execute("INSERT INTO evidence VALUES (?, ?) ON CONFLICT DO NOTHING", (receipt.evidence_hash, receipt.evidence))
    return Recorded(lane, number, position, receipt.output_commitment, receipt.input_salt, receipt.output_salt)


def waiting(db: Connection, number: int) -> list[Receipt]:
    """The receipts that wait for the batch of that number."""
    found = db.execute(
        "SELECT payer, content, evidence_hash, blob, input_salt, output_commitment, output_salt"
        " FROM receipts JOIN evidence ON hash = evidence_hash WHERE batch IS NULL AND number = ? ORDER BY position",
        (number,),
    )
    return [Receipt(*row) for row in found]


def last_waiting(db: Connection) -> int | None:
    """The number of the last batch for which receipts wait."""
    (number,) = db.execute("SELECT max(number) FROM receipts WHERE batch IS NULL").fetchone()
    return None if number is None else int(number)


def find_receipt(db: Connection, output_commitment: bytes) -> Recorded | None:
    """The receipt of an output commitment, which its salt makes unique."""
    row = db.execute(
        "SELECT lane, number, position, output_commitment, input_salt, output_salt FROM receipts"
        " WHERE output_commitment = ?",
        (output_commitment,),
    ).fetchone()
    return None if row is None else Recorded(*row)


def add_batch(db: Connection, lane: int, number: int, id: bytes, content: bytes) -> None:
    """Seals the receipts that wait for that number."""
    row = db.execute(
        "INSERT INTO batches (state, lane, number, id, content, sealed_at_us) VALUES ('sealed', ?, ?, ?, ?, ?)",
        (lane, number, id, content, time.time_ns() // 1_000),
    ).lastrowid
    db.execute("UPDATE receipts SET batch = ? WHERE batch IS NULL AND number = ?", (row, number))


def batches(db: Connection, state: State) -> list[Batch]:
    """Batches of one state, in the order of their sealing."""
    found = db.execute(
        "SELECT batch, state, lane, number, id, content, signature, ack, problem FROM batches WHERE state = ?"
        " ORDER BY batch",
        (state,),
    )
    return [_batch(row) for row in found]


def sealed(db: Connection) -> Batch | None:
    """The batch that is to be sent."""
    return next(iter(batches(db, "sealed")), None)


def put_signature(db: Connection, batch: Batch, signature: bytes) -> None:
    """Keeps a batch's signature."""
    db.execute("UPDATE batches SET signature = ? WHERE batch = ?", (signature, batch.row))


def put_problem(db: Connection, batch: Batch, problem: Problem | None) -> None:
    """Keeps why a batch was refused, or forgets it. Where nothing changes, nothing is written."""
    text = None if problem is None else json.dumps(vars(problem))
    db.execute("UPDATE batches SET problem = ?1 WHERE batch = ?2 AND problem IS NOT ?1", (text, batch.row))


def put_taken(db: Connection, batch: Batch, ack: Ack | None) -> None:
    """The gateway has a batch."""
    text = None if ack is None else json.dumps(ack.json())
    db.execute("UPDATE batches SET state = 'taken', problem = NULL, ack = ? WHERE batch = ?", (text, batch.row))


def end_batch(db: Connection, batch: Batch, state: State) -> None:
    """Takes a batch out of what is to be sent."""
    db.execute("UPDATE batches SET state = ? WHERE batch = ?", (state, batch.row))


def unseal(db: Connection, batch: Batch, indexes: Sequence[int]) -> None:
    """Gives these receipts of a batch back to those that wait for its number, in their order."""
    places = [(position, batch.row, index) for position, index in enumerate(indexes)]
    db.executemany("UPDATE receipts SET batch = NULL, position = ? WHERE batch = ? AND position = ?", places)


def count_receipts(db: Connection, batch: Batch) -> int:
    """How many receipts a batch has."""
    (count,) = db.execute("SELECT count(*) FROM receipts WHERE batch = ?", (batch.row,)).fetchone()
    return int(count)


def move_waiting(db: Connection, lane: int, numbers_down: int) -> None:
    """Renumbers everything that waits, maybe into another lane."""
    db.execute("UPDATE receipts SET lane = ?, number = number - ? WHERE batch IS NULL", (lane, numbers_down))


def evidence_of(db: Connection, batch: Batch) -> list[bytes]:
    """The blobs that a batch's receipts name, each once, in the order in which they name them."""
    found = db.execute(
        "SELECT blob FROM evidence JOIN (SELECT evidence_hash, min(position) AS first FROM receipts WHERE batch = ?"
        " GROUP BY evidence_hash) ON hash = evidence_hash ORDER BY first",
        (batch.row,),
    )
    return [row[0] for row in found]


def drop_evidence(db: Connection) -> None:
    """Forgets blobs that nothing kept here needs any more."""
    db.execute(
        "DELETE FROM evidence WHERE hash NOT IN (SELECT evidence_hash FROM receipts WHERE batch IS NULL UNION ALL"
        " SELECT evidence_hash FROM receipts WHERE batch IN"
        " (SELECT batch FROM batches WHERE state IN ('sealed', 'refused')))"
    )


def forget(db: Connection, sealed_before_us: int) -> int:
    """Forgets batches that are done with, and their receipts; says how many batches."""
    done = "(SELECT batch FROM batches WHERE state <> 'sealed' AND sealed_at_us < ?)"
    db.execute(f"DELETE FROM receipts WHERE batch IN {done}", (sealed_before_us,))  # noqa: S608 - a constant
    return db.execute(f"DELETE FROM batches WHERE batch IN {done}", (sealed_before_us,)).rowcount  # noqa: S608


def _batch(columns: tuple[Any, ...]) -> Batch:
    row, state, lane, number, id, content, signature, ack, problem = columns
    return Batch(
        row=row,
        state=state,
        lane=lane,
        number=number,
        id=id,
        content=content,
        signature=signature,
        ack=None if ack is None else Ack.read(json.loads(ack)),
        problem=None if problem is None else Problem(**json.loads(problem)),
    )
