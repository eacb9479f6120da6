"""The highest Spend of each payer, in the state file."""

from __future__ import annotations

from collections.abc import Iterable
from sqlite3 import Connection

from .spend import CUMULATIVE_BYTES, CheckedSpend


def keep_highest(db: Connection, spend: CheckedSpend) -> bool:
    """Keeps a Spend where it is its payer's highest; says whether it is."""
    return (
        db.execute(
            "INSERT INTO spends VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET cumulative = excluded.cumulative,"
            " signature = excluded.signature WHERE excluded.cumulative > cumulative",
            (spend.payer, spend.cumulative.to_bytes(CUMULATIVE_BYTES, "big"), spend.signature),
        ).rowcount
        > 0
    )


def forget(db: Connection, payer: bytes) -> None:
    """Forgets a payer's Spend."""
    db.execute("DELETE FROM spends WHERE payer = ?", (payer,))


def of(db: Connection, payers: Iterable[bytes]) -> list[CheckedSpend]:
    """The highest Spend of each of these payers that has one, by payer."""
    found = []
    for payer in sorted(set(payers)):
        row = db.execute("SELECT cumulative, signature FROM spends WHERE payer = ?", (payer,)).fetchone()
        if row is not None:
            found.append(CheckedSpend(payer, int.from_bytes(row[0], "big"), row[1]))
    return found
