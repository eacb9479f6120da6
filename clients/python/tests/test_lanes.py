"""Lanes: what is set aside, what is carried over, and who else wrote there."""

import shutil
import threading
from pathlib import Path

import pytest

from openbooks_client import InvalidInput, LaneConflict, LaneHead, Node, Refused, TryLater
from openbooks_client.wire import receipts_v1_pb2 as wire

from conftest import OpenNode
from fake_gateway import Answer, FakeGateway, answers, lose_reply, problem
from serving import OPERATOR, PAYER, serve, spend


def refused(node: Node) -> Refused:
    with pytest.raises(Refused) as error:
        node.flush()
    return error.value


def places(node: Node, commitments: list[bytes]) -> list[tuple[int, int, int]]:
    links = [node.link(commitment) for commitment in commitments]
    return [(link.lane, link.number, link.index) for link in links if link]


def test_a_batch_that_is_set_aside_makes_room_for_the_next(node: Node, gateway: FakeGateway) -> None:
    serve(node, 1)
    node.flush()
    bad = serve(node, 2, first=10)
    gateway.faults.append(answers(problem(402, "nothing-chargeable")))
    error = refused(node)
    good = serve(node, 2, first=20)
    assert [link.number for link in good] == [3, 3]
    assert error.batch is not None
    node.set_aside(error.batch)
    commitments = [link.output_commitment for link in good]
    assert places(node, commitments) == [(0, 2, 0), (0, 2, 1)]
    node.flush()
    assert gateway.receipts()[1:] == commitments
    (kept,) = node.batches("refused")
    assert (kept.id, kept.problem) == (error.batch, error.problem)
    assert places(node, [bad[0].output_commitment]) == [(0, 2, 0)], "where it was refused"
    assert all(node.gateway.receipt(link) is None for link in bad)


def test_only_the_receipts_that_a_problem_names_leave(node: Node, gateway: FakeGateway) -> None:
    links = serve(node, 4)
    later = serve(node, 1, first=4)
    named = [{"index": 1, "reason": "evidence_malformed"}, {"index": 3, "reason": "evidence_malformed"}]
    gateway.faults.append(answers(problem(422, "receipts-refused", receipts=named)))
    error = refused(node)
    assert error.receipts == (1, 3)
    assert error.batch is not None
    node.set_aside(error.batch, only=error.receipts)
    node.flush()
    staying = [links[0], links[2], later[0]]
    commitments = [link.output_commitment for link in staying]
    assert gateway.receipts() == commitments
    assert places(node, commitments) == [(0, 1, 0), (0, 1, 1), (0, 1, 2)]


def test_a_spend_that_is_refused_is_forgotten_and_the_receipts_stay(node: Node, gateway: FakeGateway) -> None:
    node.allow(spend(node.network, 5))
    links = serve(node, 2)
    gateway.faults.append(answers(problem(422, "spend-refused", payers=[f"0x{PAYER.hex()}"])))
    error = refused(node)
    assert error.batch is not None
    for payer in error.payers:
        node.forget_spend(payer)
    node.set_aside(error.batch, only=())
    node.flush()
    assert gateway.receipts() == [link.output_commitment for link in links]
    assert not wire.BatchContent.FromString(wire.Envelope.FromString(gateway.posted[1]).content).spends


def test_only_the_batch_that_waits_and_was_refused_can_be_set_aside(node: Node, gateway: FakeGateway) -> None:
    serve(node, 2)
    with pytest.raises(InvalidInput, match="not the batch that waits"):
        node.set_aside(bytes(32))
    gateway.always = answers(problem(402, "nothing-chargeable"))
    error = refused(node)
    assert error.batch is not None
    with pytest.raises(InvalidInput, match="receipts 0 to 1"):
        node.set_aside(error.batch, only=[2])
    gateway.always = answers(problem(503, "broker-unavailable"))
    with pytest.raises(TryLater):
        node.flush()
    with pytest.raises(InvalidInput, match="may have"):
        node.set_aside(error.batch)
    with pytest.raises(InvalidInput, match="may have"):
        node.open_lane(1)
    gateway.always = None
    assert len(node.flush()) == 1


def test_no_batch_is_empty_when_numbers_move_down_meanwhile(node: Node, gateway: FakeGateway) -> None:
    serve(node, 1)
    gateway.faults.append(answers(problem(402, "nothing-chargeable")))
    error = refused(node)
    serve(node, 1, first=1)
    due = node._outbox.due().number
    assert due == 2
    assert error.batch is not None
    node.set_aside(error.batch)
    assert len(node._flush(due, threading.Event().wait)) == 1


def test_an_old_copy_of_the_state_is_noticed_and_goes_on_in_a_new_lane(
    open_node: OpenNode, gateway: FakeGateway, tmp_path: Path
) -> None:
    node = open_node()
    first = serve(node, 1)
    node.flush()
    node.close()
    shutil.copy(tmp_path / "state", tmp_path / "copy")
    node = open_node()
    second = serve(node, 1, first=1)
    node.flush()
    node.close()

    copy = open_node("copy")
    third = serve(copy, 2, first=2)
    with pytest.raises(LaneConflict) as conflict:
        copy.flush()
    assert (conflict.value.ours.number, conflict.value.theirs.number) == (1, 2)
    assert conflict.value.theirs == gateway.heads[OPERATOR, 0]
    later = serve(copy, 1, first=4)
    with pytest.raises(InvalidInput, match="used before"):
        copy.open_lane(0)
    copy.open_lane(5)
    commitments = [link.output_commitment for link in third + later]
    assert places(copy, commitments) == [(5, 1, 0), (5, 1, 1), (5, 2, 0)]
    assert [link.number for link in serve(copy, 1, first=5)] == [2]
    copy.flush()
    taken = gateway.receipts()
    assert taken[:4] == [link.output_commitment for link in first + second + third]
    assert len(taken) == len(set(taken)) == 6
    copy.close()
    assert serve(open_node("copy", lane=9), 1)[0].lane == 5, "the file knows its lane"


def test_a_new_state_in_a_used_lane_is_a_conflict(open_node: OpenNode) -> None:
    node = open_node()
    serve(node, 1)
    node.flush()
    another = open_node("another")
    serve(another, 1)
    with pytest.raises(LaneConflict, match="open_lane"):
        another.flush()


def test_a_batch_that_the_gateway_has_is_not_sent_for_ever(
    open_node: OpenNode, gateway: FakeGateway, caplog: pytest.LogCaptureFixture
) -> None:
    """A lost answer, and then a gateway that knows the lane but acknowledges the old batch no more."""
    node = open_node()
    serve(node, 1)
    gateway.faults += [lose_reply, answers(problem(409, "lane-fork"))]
    assert node.flush() == []
    assert "acknowledges it no more" in caplog.text
    (batch,) = node.batches("taken")
    assert batch.ack is None
    serve(node, 1, first=1)
    assert len(node.flush()) == 1
    assert gateway.heads[OPERATOR, 0].number == 2


@pytest.mark.parametrize(("verdict", "taken"), [("charged", 1), ("lane_fork", 0)])
def test_a_batch_below_the_head_counts_unless_it_came_too_late(
    node: Node, gateway: FakeGateway, verdict: str, taken: int
) -> None:
    """Another process went on with the lane: after our batch, or instead of it."""
    serve(node, 1)

    def lost_and_passed(fake: FakeGateway, body: bytes) -> Answer:
        fake.take_in(body)
        fake.heads[OPERATOR, 0] = LaneHead(2, b"\1" * 32)
        return problem(409, "lane-fork")

    gateway.faults.append(lost_and_passed)
    gateway.verdict = verdict
    if taken:
        node.flush()
        serve(node, 1, first=1)
    with pytest.raises(LaneConflict):
        node.flush()
    assert len(node.batches("taken")) == taken


def test_a_gateway_that_is_behind_is_waited_for(node: Node, gateway: FakeGateway) -> None:
    """Of several gateways one may not have seen yet what another one took in."""
    serve(node, 1)
    node.flush()
    head = gateway.heads.pop((OPERATOR, 0))
    serve(node, 1, first=1)
    with pytest.raises(TryLater, match="behind in lane 0"):
        node.flush()
    gateway.heads[OPERATOR, 0] = head
    gateway.faults += [answers(problem(409, "lane-gap"))] * 2
    assert len(node.flush()) == 1


def test_a_lane_that_was_forgotten_by_everybody_can_be_left(node: Node, gateway: FakeGateway) -> None:
    serve(node, 1)
    node.flush()
    gateway.heads.clear()
    links = serve(node, 1, first=1)
    with pytest.raises(TryLater):
        node.flush()
    node.open_lane(1)
    assert len(node.flush()) == 1
    assert gateway.receipts()[-1] == links[0].output_commitment
