"""The thread of `with Node(...)`: when it sends, and what it does about trouble."""

import time
from collections.abc import Callable

import pytest

from openbooks_client import Refused, TryLater, worker

from conftest import OpenNode
from fake_gateway import FakeGateway, answers, problem
from serving import serve


def wait_until(condition: Callable[[], object]) -> None:
    for _ in range(1_000):
        if condition():
            return
        time.sleep(0.005)
    pytest.fail("it does not happen")


def test_a_full_batch_is_sent_at_once(open_node: OpenNode, gateway: FakeGateway) -> None:
    with open_node(max_receipts=3, max_age_s=3_600.0) as node:
        serve(node, 3)
        wait_until(lambda: len(gateway.receipts()) == 3)
        serve(node, 7, first=3)
        wait_until(lambda: len(gateway.receipts()) == 9)
        assert len(gateway.posted) == 3
    assert len(gateway.receipts()) == 10, "and the rest at the end"


def test_an_old_receipt_is_sent_with_those_after_it(open_node: OpenNode, gateway: FakeGateway) -> None:
    with open_node(max_age_s=0.2) as node:
        began = time.monotonic()
        serve(node, 2)
        wait_until(lambda: len(gateway.receipts()) == 2)
        assert time.monotonic() - began >= 0.2
        assert len(gateway.posted) == 1
        assert node.trouble is None


def test_what_an_earlier_process_recorded_is_sent_at_once(open_node: OpenNode, gateway: FakeGateway) -> None:
    node = open_node()
    serve(node, 1)
    node.close()
    with open_node(max_age_s=3_600.0):
        wait_until(gateway.receipts)


def test_trouble_is_told_and_passes(open_node: OpenNode, gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "REST_S", 0.05)
    gateway.always = answers(problem(503, "not-ready"))
    with open_node(max_age_s=0.0, deadline_s=0.05) as node:
        serve(node, 1)
        wait_until(lambda: isinstance(node.trouble, TryLater))
        gateway.always = None
        wait_until(gateway.receipts)
        wait_until(lambda: node.trouble is None)


def test_after_a_refusal_it_rests_until_something_changes(open_node: OpenNode, gateway: FakeGateway) -> None:
    gateway.always = answers(problem(402, "nothing-chargeable"))
    with open_node(max_age_s=0.0) as node:
        serve(node, 1)
        wait_until(lambda: isinstance(node.trouble, Refused))
        serve(node, 1, first=1)
        time.sleep(0.1)
        assert len(gateway.posted) == 1
        assert isinstance(node.trouble, Refused)
        assert node.trouble.batch is not None
        gateway.always = None
        node.set_aside(node.trouble.batch)
        wait_until(gateway.receipts)
        assert node.trouble is None


def test_the_end_waits_for_no_retry(open_node: OpenNode, gateway: FakeGateway) -> None:
    gateway.always = answers(problem(503, "not-ready", retry_after=20))
    node = open_node(max_age_s=0.0, deadline_s=30.0)
    node.__enter__()
    serve(node, 1)
    wait_until(lambda: gateway.posted)
    began = time.monotonic()
    node.close()
    assert time.monotonic() - began < 5
    gateway.always = None
    assert len(open_node().flush()) == 1


def test_the_end_raises_what_could_not_be_sent_unless_the_block_raised(
    open_node: OpenNode, gateway: FakeGateway, caplog: pytest.LogCaptureFixture
) -> None:
    gateway.always = answers(problem(402, "nothing-chargeable"))
    with pytest.raises(Refused), open_node(max_age_s=3_600.0) as node:
        serve(node, 2)
    with pytest.raises(ZeroDivisionError), open_node(max_age_s=3_600.0) as node:
        serve(node, 1 // 0)
    assert "not sent at the end" in caplog.text
    gateway.always = None
    assert len(open_node().flush()) == 1


def test_a_fault_of_the_file_does_not_end_the_thread(
    open_node: OpenNode, gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "REST_S", 0.02)
    with open_node(max_age_s=0.0) as node:
        outbox = node._outbox
        seal = outbox.seal
        monkeypatch.setattr(outbox, "seal", lambda *_: 1 / 0)
        serve(node, 1)
        wait_until(lambda: isinstance(node.trouble, ZeroDivisionError))
        monkeypatch.setattr(outbox, "seal", seal)
        wait_until(gateway.receipts)
