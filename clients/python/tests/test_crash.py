"""Killed at any moment, a node loses nothing that it recorded, sends nothing twice and signs no number twice."""

import os
import signal
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import httpx
import pytest

from openbooks_client import Node, store
from openbooks_client.gateway import Gateway
from openbooks_client.outbox import Outbox
from openbooks_client.signing import Key

from conftest import OpenNode
from fake_gateway import FakeGateway
from serving import KEY, OPERATOR, serve

# Children begin with everything imported, and with none of this process's threads and locks.
PROCESSES = get_context("forkserver")
PROCESSES.set_forkserver_preload(["test_crash"])
STATEMENTS_MAX = 400
STEPS = [(Outbox, "record"), (Outbox, "seal"), (Outbox, "sign"), (Gateway, "post"), (Outbox, "taken")]


@pytest.fixture(autouse=True, scope="module")
def _children_find_the_tests() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
        yield


@pytest.fixture
def quick_folder() -> Iterator[Path]:
    """In memory where there is such a place: what a killed process wrote is with the kernel, on the disk or not."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def note(path: Path, line: bytes) -> None:
    """Appends a line that outlives the process."""
    with path.open("ab") as file:
        file.write(line + b"\n")


def lines(path: Path) -> list[bytes]:
    return [bytes.fromhex(line) for line in path.read_text().split()] if path.exists() else []


def live(url: str, folder: Path) -> None:
    """A serving node's life: what `record` returned and what was signed is noted."""
    sign = Key.sign

    def noted(key: Key, digest: bytes) -> bytes:
        note(folder / "signed", digest.hex().encode())
        return sign(key, digest)

    Key.sign = noted  # type: ignore[method-assign, assignment]
    with httpx.Client(verify=False) as http:
        serve_and_note(Node(url, operator=OPERATOR, key=KEY, state=folder / "state", max_receipts=2, http=http), folder)


def serve_and_note(node: Node, folder: Path) -> None:
    for count in (3, 1):
        for at in range(count):
            (link,) = serve(node, 1, first=at)
            note(folder / "recorded", link.output_commitment.hex().encode())
        node.flush()
    node.close()


def live_until_statement(url: str, folder: Path, last: int) -> None:
    """Ends before the statement of that number, transactions' ends included."""
    connect: Callable[..., sqlite3.Connection] = sqlite3.connect
    count = 0

    def counted(statement: str) -> None:
        nonlocal count
        count += 1
        if count == last:
            die()

    def traced(*arguments: Any, **options: Any) -> sqlite3.Connection:
        db = connect(*arguments, **options)
        db.set_trace_callback(counted)
        return db

    store.sqlite3.connect = traced  # type: ignore[attr-defined]
    live(url, folder)


def live_until_step(url: str, folder: Path, owner: type, name: str) -> None:
    """Ends when that method has done its work, but has not returned."""
    method = getattr(owner, name)

    def last(*arguments: Any, **options: Any) -> None:
        method(*arguments, **options)
        die()

    setattr(owner, name, last)
    live(url, folder)


def killed(target: Callable[..., None], *arguments: Any) -> bool:
    """Whether a process of its own was killed rather than ended."""
    process = PROCESSES.Process(target=target, args=arguments)
    process.start()
    process.join()
    assert process.exitcode in (0, -signal.SIGKILL)
    return process.exitcode != 0


def check(node: Node, gateway: FakeGateway, folder: Path) -> None:
    """Opened again, the node sends what is left, and the gateway has everything once."""
    node.flush()
    taken = gateway.receipts()
    assert set(lines(folder / "recorded")) <= set(taken)
    assert len(taken) == len(set(taken))
    assert all(len(contents) == 1 for contents in gateway.contents().values())
    sent = {gateway.domain.batch_hash(content) for contents in gateway.contents().values() for content in contents}
    assert set(lines(folder / "signed")) <= sent, "no content was signed and then replaced"


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step[1])
def test_killed_after_a_step(step: tuple[type, str], open_node: OpenNode, gateway: FakeGateway, tmp_path: Path) -> None:
    owner, name = step
    assert killed(live_until_step, gateway.url, tmp_path, owner, name)
    signed, posted = len(lines(tmp_path / "signed")), len(gateway.posted)
    assert (signed, posted) == {"record": (0, 0), "seal": (0, 0), "sign": (1, 0)}.get(name, (1, 1))
    check(open_node(), gateway, tmp_path)
    if name == "post":
        assert gateway.posted[0] == gateway.posted[1], "the same bytes again"


def test_killed_before_every_statement(open_node: OpenNode, gateway: FakeGateway, quick_folder: Path) -> None:
    for last in range(1, STATEMENTS_MAX):
        folder = quick_folder / str(last)
        folder.mkdir()
        gateway.posted.clear()
        gateway.taken.clear()
        gateway.heads.clear()
        ended = not killed(live_until_statement, gateway.url, folder, last)
        node = open_node(folder / "state")
        check(node, gateway, folder)
        node.close()
        if ended:
            assert last > 100, "the walk went through the whole life"
            return
    pytest.fail("the walk does not end")
