"""A fake gateway for each test, and retries that do not keep it waiting."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from openbooks_client import Node, patience

from fake_gateway import FakeGateway
from serving import KEY, OPERATOR

OpenNode = Callable[..., Node]


@pytest.fixture(autouse=True)
def _quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "BACKOFF_FIRST_S", 0.005)
    monkeypatch.setattr(patience, "BACKOFF_MAX_S", 0.02)


@pytest.fixture
def gateway() -> Iterator[FakeGateway]:
    fake = FakeGateway()
    yield fake
    fake.stop()


@pytest.fixture(scope="session")
def http() -> Iterator[httpx.Client]:
    """One for all: each of its own would read the certificates, which plain HTTP does not need."""
    with httpx.Client(verify=False) as client:
        yield client


@pytest.fixture
def open_node(gateway: FakeGateway, http: httpx.Client, tmp_path: Path) -> Iterator[OpenNode]:
    """Opens nodes on one state file, unless another is named; what is left open is closed."""
    opened: list[Node] = []

    def open_one(state: str | Path = "state", **options: object) -> Node:
        options = {"operator": OPERATOR, "key": KEY, "deadline_s": 0.5, "http": http, **options}
        node = Node(gateway.url, state=tmp_path / state, **options)  # type: ignore[arg-type]
        opened.append(node)
        return node

    yield open_one
    for node in opened:
        node.close()


@pytest.fixture
def node(open_node: OpenNode) -> Node:
    return open_node()
