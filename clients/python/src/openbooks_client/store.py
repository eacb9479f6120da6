"""The state file: one SQLite database that one process owns, and that a killed process leaves whole."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.resources import files
from pathlib import Path

from .errors import StateInUse, StateMismatch

VERSION = 1
OWNER_ONLY = 0o600
PRIMARY_CODE = 0xFF
"""The part of SQLite's error codes that says which error; the rest says where."""


class Store:
    """An open state file. A transaction that ended is on the disk; one that did not never was."""

    def __init__(self, path: str | Path):
        self._lock = threading.RLock()
        try:
            _make(Path(path))
            self._db = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
            with self._closed_on_error():
                self._own()
                self._prepare()
        except (OSError, sqlite3.DatabaseError) as error:
            raise _explained(error, path) from error

    def close(self) -> None:
        """Gives the file free, and merges what SQLite keeps beside it."""
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Everything inside happens, or nothing."""
        with self._lock:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                self._db.rollback()
                raise

    @contextmanager
    def _closed_on_error(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self._db.close()
            raise

    def _own(self) -> None:
        """Takes the file's lock for good: in this mode SQLite holds it until the file is closed."""
        self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute("PRAGMA foreign_keys = ON")
        self._db.execute("BEGIN IMMEDIATE")
        self._db.execute("COMMIT")

    def _prepare(self) -> None:
        if not self._db.execute("SELECT 1 FROM sqlite_master").fetchone():
            self._db.executescript(files(__package__).joinpath("schema.sql").read_text("utf-8"))
        (version,) = self._db.execute("SELECT version FROM openbooks_client").fetchone()
        if version != VERSION:
            raise StateMismatch(f"the state file has version {version}, this package reads and writes {VERSION}")


def _make(path: Path) -> None:
    """Makes the file where there is none: for its owner only, since salts open commitments.

    A file that exists is not even opened: to close it would drop the lock of another node of this process.
    """
    with suppress(FileExistsError):
        path.touch(mode=OWNER_ONLY, exist_ok=False)


def _explained(error: OSError | sqlite3.DatabaseError, path: str | Path) -> Exception:
    if isinstance(error, sqlite3.DatabaseError) and error.sqlite_errorcode & PRIMARY_CODE == sqlite3.SQLITE_BUSY:
        return StateInUse(f"{path} is open in another process or node: one state file belongs to one running node")
    return StateMismatch(f"{path} cannot be a node's state file: {error}")
