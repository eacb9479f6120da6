"""The state file: whose it is, what it keeps, what it forgets."""

import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from openbooks_client import InvalidInput, Refused, StateInUse, StateMismatch, TryLater
from openbooks_client.signing import keccak256

from conftest import OpenNode
from fake_gateway import FakeGateway, answers, problem
from serving import influence, serve

OPEN_ELSEWHERE = """
import sys
from openbooks_client import Node
Node("http://gateway", operator="0x" + "11" * 20, key="0x" + "22" * 32, state=sys.argv[1])
"""


def rows(path: Path, sql: str) -> list[tuple[object, ...]]:
    """A query on a state file that is closed."""
    db = sqlite3.connect(path)
    try:
        return db.execute(sql).fetchall()
    finally:
        db.close()


def test_a_state_file_belongs_to_one_node(open_node: OpenNode, tmp_path: Path) -> None:
    node = open_node()
    with pytest.raises(StateInUse, match="one running node"):
        open_node()
    source = Path(__file__).parents[1] / "src"
    elsewhere = subprocess.run(
        [sys.executable, "-c", OPEN_ELSEWHERE, tmp_path / "state"],
        env={"PYTHONPATH": str(source)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "StateInUse" in elsewhere.stderr
    serve(node, 1)
    node.close()
    node.close()
    open_node()


def test_a_closed_state_is_one_file(open_node: OpenNode, tmp_path: Path) -> None:
    node = open_node()
    serve(node, 1)
    node.close()
    assert [(path.name, path.stat().st_mode & 0o777) for path in tmp_path.iterdir()] == [("state", 0o600)]


def test_a_file_of_something_else_is_refused(open_node: OpenNode, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("a text that is long enough to be looked at " * 100)
    rows_of_another = sqlite3.connect(tmp_path / "another")
    rows_of_another.execute("CREATE TABLE another (column)")
    rows_of_another.close()
    for name in ("text", "another", "no/such/folder"):
        with pytest.raises(StateMismatch, match="cannot be a node's state file"):
            open_node(name)


def test_another_operator_or_version_is_refused(open_node: OpenNode, tmp_path: Path) -> None:
    open_node().close()
    with pytest.raises(StateMismatch, match="is of operator"):
        open_node(operator=b"\1" * 20)
    db = sqlite3.connect(tmp_path / "state")
    db.execute("UPDATE openbooks_client SET version = 2")
    db.commit()
    db.close()
    with pytest.raises(StateMismatch, match="version 2"):
        open_node()


def test_what_was_recorded_goes_on_where_it_was(open_node: OpenNode, gateway: FakeGateway) -> None:
    links = []
    for at in range(5):
        node = open_node(max_receipts=2)
        links += serve(node, 1, first=at)
        node.close()
    assert [(link.number, link.index) for link in links] == [(1, 0), (1, 1), (2, 0), (2, 1), (3, 0)]
    assert len(open_node(max_receipts=2).flush()) == 3
    assert gateway.receipts() == [link.output_commitment for link in links]


def test_a_key_may_change_between_processes(open_node: OpenNode, gateway: FakeGateway) -> None:
    node = open_node()
    serve(node, 1)
    node.flush()
    gateway.always = answers(problem(403, "invalid-key"))
    serve(node, 1, first=1)
    with pytest.raises(Refused):
        node.flush()
    node.close()
    gateway.always = None
    node = open_node(key=keccak256(b"the next signing key"))
    node.flush()
    signers = {content.content.signer for content in gateway.taken.values()}
    assert len(signers) == 1, "sealed before the change: the bytes stay"
    serve(node, 1, first=2)
    node.flush()
    assert len({content.content.signer for content in gateway.taken.values()}) == 2


def test_evidence_is_kept_until_its_batch_is_taken(open_node: OpenNode, gateway: FakeGateway, tmp_path: Path) -> None:
    node = open_node()
    serve(node, 2, evidence=influence(1))
    gateway.always = answers(problem(503, "not-ready"))
    with pytest.raises(TryLater):
        node.flush()
    serve(node, 1, evidence=influence(1))
    serve(node, 1, evidence=influence(2))
    node.close()
    assert rows(tmp_path / "state", "SELECT count(*) FROM evidence") == [(2,)]
    gateway.always = None
    node = open_node()
    node.flush()
    node.close()
    assert rows(tmp_path / "state", "SELECT count(*) FROM evidence") == [(0,)]
    assert rows(tmp_path / "state", "SELECT count(*) FROM receipts") == [(4,)], "salts stay, for audits"


def test_what_is_done_with_can_be_forgotten(open_node: OpenNode, gateway: FakeGateway) -> None:
    node = open_node()
    (taken,) = serve(node, 1)
    node.flush()
    gateway.always = answers(problem(422, "malformed"))
    (aside,) = serve(node, 1, first=1)
    with pytest.raises(Refused) as refused:
        node.flush()
    assert refused.value.batch is not None
    node.set_aside(refused.value.batch)
    (waits,) = serve(node, 1, first=2)
    with pytest.raises(Refused):
        node.flush()
    with pytest.raises(InvalidInput):
        node.forget(datetime(2100, 1, 1))
    assert node.forget(datetime.now(UTC) - timedelta(hours=1)) == 0
    assert node.forget(datetime.now(UTC) + timedelta(hours=1)) == 2
    assert [node.link(link.output_commitment) for link in (taken, aside)] == [None, None]
    gateway.always = None
    assert len(node.flush()) == 1, "the lane goes on after a batch that is forgotten here"
    assert gateway.receipts()[-1] == waits.output_commitment
