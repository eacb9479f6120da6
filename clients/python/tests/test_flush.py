"""What a node does with every answer that a gateway, or whatever stands before it, can give."""

import threading
import time

import pytest

from openbooks_client import BadAnswer, Node, Refused, TryLater, batch_id
from openbooks_client.signing import Key, keccak256
from openbooks_client.wire import receipts_v1_pb2 as wire

from conftest import OpenNode
from fake_gateway import Answer, FakeGateway, acks, answers, half_body, lose_reply, problem
from serving import OPERATOR, serve

BUSY = [
    problem(408, "too-slow"),
    problem(429, "rate-limited"),
    problem(503, "not-ready"),
    problem(503, "broker-unavailable"),
    Answer(502, b"<html>bad gateway"),
    Answer(500, b""),
    Answer(200, b"<html>welcome"),
    Answer(200, b"[]"),
    Answer(200, b'{"batch": "0x'),
]


def test_receipts_are_sent_and_acknowledged(node: Node, gateway: FakeGateway) -> None:
    links = serve(node, 3)
    assert [(link.lane, link.number, link.index) for link in links] == [(0, 1, 0), (0, 1, 1), (0, 1, 2)]
    (ack,) = node.flush()
    content = wire.Envelope.FromString(gateway.posted[0]).content
    assert ack.batch == batch_id(content)
    assert (ack.topic, ack.partition, ack.offset) == ("openbooks.receipts.v1", 3, 7)
    assert ack.verdicts["charged"].receipts == 3
    assert ack.verdicts["charged"].fee == 300
    assert gateway.receipts() == [link.output_commitment for link in links]
    assert node.flush() == []
    (batch,) = node.batches("taken")
    assert (batch.ack, batch.content, batch.id) == (ack, content, ack.batch)


def test_a_link_asks_for_its_receipt(open_node: OpenNode, gateway: FakeGateway) -> None:
    node = open_node(http=None)
    (link,) = serve(node, 1)
    assert node.gateway.receipt(link) is None
    (ack,) = node.flush()
    commitment = link.output_commitment.hex()
    path = f"/v1/operators/0x{OPERATOR.hex()}/lanes/0/batches/1/receipts/0?output_commitment=0x{commitment}"
    assert link.url == gateway.url + path
    found = node.gateway.receipt(link)
    assert found is not None
    assert found["batch"] == f"0x{ack.batch.hex()}"
    assert node.link(link.output_commitment) == link
    assert node.link(bytes(32)) is None
    assert node.gateway.funds(bytes(20))["funds"] == []


@pytest.mark.parametrize("answer", BUSY, ids=lambda answer: f"{answer.status} {answer.body[:60]!r}")
def test_what_passes_by_waiting_is_tried_again_with_the_same_bytes(
    node: Node, gateway: FakeGateway, answer: Answer
) -> None:
    serve(node, 2)
    gateway.faults.extend([answers(answer)] * 3)
    assert len(node.flush()) == 1
    assert len(gateway.posted) == 4
    assert len(set(gateway.posted)) == 1


@pytest.mark.parametrize("fault", [lose_reply, half_body])
def test_a_lost_answer_is_asked_for_again(node: Node, gateway: FakeGateway, fault: object) -> None:
    links = serve(node, 2)
    gateway.faults.append(fault)  # type: ignore[arg-type]
    assert len(node.flush()) == 1
    assert gateway.posted[0] == gateway.posted[1]
    assert gateway.receipts() == [link.output_commitment for link in links]


def test_after_the_deadline_everything_is_kept(node: Node, gateway: FakeGateway) -> None:
    first = serve(node, 1)
    gateway.always = answers(problem(503, "broker-unavailable"))
    with pytest.raises(TryLater, match="broker-unavailable"):
        node.flush()
    second = serve(node, 1, first=1)
    assert [link.number for link in first + second] == [1, 2]
    gateway.always = None
    assert len(node.flush()) == 2
    assert gateway.receipts() == [link.output_commitment for link in first + second]
    assert all(len(contents) == 1 for contents in gateway.contents().values())


def test_retry_after_is_honoured(open_node: OpenNode, gateway: FakeGateway) -> None:
    node = open_node(deadline_s=5.0)
    serve(node, 1)
    gateway.faults.append(answers(problem(429, "rate-limited", retry_after=1)))
    began = time.monotonic()
    node.flush()
    assert time.monotonic() - began >= 1


def test_a_retry_after_past_the_deadline_is_not_waited_for(node: Node, gateway: FakeGateway) -> None:
    serve(node, 1)
    gateway.always = answers(problem(503, "not-ready", retry_after=10**400))
    began = time.monotonic()
    with pytest.raises(TryLater) as later:
        node.flush()
    assert later.value.retry_after_s == 3_600
    assert time.monotonic() - began < 1
    assert len(gateway.posted) == 1


def test_a_gateway_that_is_not_there_loses_nothing(open_node: OpenNode, gateway: FakeGateway) -> None:
    node = open_node()
    links = serve(node, 2)
    gateway.stop()
    with pytest.raises(TryLater, match="gave no answer"):
        node.flush()
    assert node.batches("sealed") == []
    assert serve(node, 1, first=2)[0].number == 1, "nothing was sealed: the batch goes on filling"
    assert len({link.output_commitment for link in links}) == 2


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "bad-request"),
        (402, "nothing-chargeable"),
        (403, "invalid-key"),
        (413, "too-large"),
        (415, "unsupported-media-type"),
        (422, "malformed"),
        (422, "spend-refused"),
        (409, "another-conflict"),
    ],
)
def test_a_refused_batch_stays_first_and_names_its_problem(
    node: Node, gateway: FakeGateway, status: int, code: str
) -> None:
    serve(node, 2)
    gateway.always = answers(problem(status, code, payers=["0x12"]))
    with pytest.raises(Refused, match=code) as refused:
        node.flush()
    assert refused.value.batch is not None
    assert (refused.value.problem.status, refused.value.problem.code) == (status, code)
    assert refused.value.payers == ("0x12",)
    (batch,) = node.batches("sealed")
    assert (batch.id, batch.problem) == (refused.value.batch, refused.value.problem)
    gateway.always = None
    assert len(node.flush()) == 1, "a cause outside was mended"
    assert len(set(gateway.posted)) == 1
    assert node.batches("taken")[0].problem is None


def test_a_refusal_that_is_no_problem_document_is_told_all_the_same(node: Node, gateway: FakeGateway) -> None:
    serve(node, 1)
    gateway.always = answers(Answer(401, b"<html>who are you"))
    with pytest.raises(Refused, match="401 without a problem: <html>who"):
        node.flush()


@pytest.mark.parametrize(
    "fault",
    [
        acks(key=Key(keccak256(b"another key"))),
        acks(signed_for=bytes(32)),
        answers(Answer(202, b'{"batch": "0x12"}')),
    ],
)
def test_a_wrong_ack_is_no_ack(node: Node, gateway: FakeGateway, fault: object) -> None:
    serve(node, 1)
    gateway.faults.append(fault)  # type: ignore[arg-type]
    with pytest.raises(BadAnswer):
        node.flush()
    assert len(node.batches("sealed")) == 1
    assert len(node.flush()) == 1
    assert gateway.posted[0] == gateway.posted[1]


def test_an_ack_of_another_batch_is_no_ack(node: Node, gateway: FakeGateway) -> None:
    serve(node, 1)
    (first,) = node.flush()
    serve(node, 1)
    gateway.faults.append(lambda fake, body: Answer(200, fake.ack(first.batch)))
    with pytest.raises(BadAnswer, match="is of batch"):
        node.flush()


def test_an_endless_answer_is_not_read_to_its_end(
    node: Node, gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("openbooks_client.gateway.ANSWER_BYTES_MAX", 1_000)
    serve(node, 1)
    gateway.faults.append(answers(Answer(200, b" " * 1_001)))
    with pytest.raises(BadAnswer, match="more than 1000 bytes"):
        node.flush()


def test_many_threads_record_and_flush_at_once(node: Node, gateway: FakeGateway) -> None:
    links = []

    def work(first: int) -> None:
        for at in range(10):
            links.extend(serve(node, 1, first=first + at))
            if at % 3 == 0:
                node.flush()

    threads = [threading.Thread(target=work, args=(100 * at,)) for at in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    node.flush()
    assert sorted(gateway.receipts()) == sorted(link.output_commitment for link in links)
    for link in links:
        assert node.gateway.receipt(link) is not None
