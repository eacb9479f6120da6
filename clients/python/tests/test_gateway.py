"""The client at a real gateway. Skipped unless these say where it is and who may use it:

OPENBOOKS_GATEWAY        its URL, for instance http://127.0.0.1:8090
OPENBOOKS_OPERATOR       address of a registered operator (0x, 20 bytes)
OPENBOOKS_OPERATOR_KEY   one of its signing keys (0x, 32 bytes)
OPENBOOKS_PAYER_KEY      key of a payer with a deposit for this operator (0x, 32 bytes)
OPENBOOKS_MODEL_VERSION  id of a version that pays by now, settled by influence, without an adapter (0x, 32 bytes)
OPENBOOKS_SKETCH_K       its k
OPENBOOKS_CHECKPOINTS    its T
OPENBOOKS_RECEIPTS       how many receipts the first test sends (optional, 20)

The deposit covers three times as many receipts, of one token in and one out each. Every test uses lanes of its own, so
that a gateway can be tested again and again; its limit of batches a second is not below the usual 20.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from openbooks_client import (
    Influence,
    LaneConflict,
    Node,
    ReceiptLink,
    Refused,
    Sketch,
    batch_id,
    receipt_id,
    sign_spend,
)
from openbooks_client.fields import to_hex
from openbooks_client.signing import Key, keccak256
from openbooks_client.wire import receipts_v1_pb2 as wire

GATEWAY = os.environ.get("OPENBOOKS_GATEWAY", "")
CUMULATIVE = 10**36
PROTOBUF = {"content-type": "application/x-protobuf"}

pytestmark = pytest.mark.skipif(not GATEWAY, reason="OPENBOOKS_GATEWAY names no gateway: see the top of this file")


@dataclass
class World:
    """What the environment names, and the bodies that were posted."""

    folder: Path
    operator: str = field(default_factory=lambda: os.environ["OPENBOOKS_OPERATOR"])
    key: str = field(default_factory=lambda: os.environ["OPENBOOKS_OPERATOR_KEY"])
    payer_key: str = field(default_factory=lambda: os.environ["OPENBOOKS_PAYER_KEY"])
    model_version: str = field(default_factory=lambda: os.environ["OPENBOOKS_MODEL_VERSION"])
    k: int = field(default_factory=lambda: int(os.environ["OPENBOOKS_SKETCH_K"]))
    checkpoints: int = field(default_factory=lambda: int(os.environ["OPENBOOKS_CHECKPOINTS"]))
    receipts: int = field(default_factory=lambda: int(os.environ.get("OPENBOOKS_RECEIPTS", "20")))
    posted: list[bytes] = field(default_factory=list)
    http: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.http = httpx.Client(event_hooks={"request": [self._see]})

    @property
    def payer(self) -> bytes:
        return Key(self.payer_key).address

    def node(self, state: str = "state", lane: int | None = None) -> Node:
        """A node that may charge the payer."""
        node = Node(
            GATEWAY,
            operator=self.operator,
            key=self.key,
            state=self.folder / state,
            lane=new_lane() if lane is None else lane,
            http=self.http,
        )
        node.allow(sign_spend(node.network, self.payer_key, self.operator, CUMULATIVE))
        return node

    def serve(self, node: Node, count: int, payer: bytes | None = None, k: int | None = None) -> list[ReceiptLink]:
        return [
            node.record(
                payer=payer or self.payer,
                model_version=self.model_version,
                tokens_in=1,
                tokens_out=1,
                input=b"question",
                output=b"answer",
                evidence=Influence(base=[Sketch(1, secrets.token_bytes(k or self.k))] * self.checkpoints),
            )
            for _ in range(count)
        ]

    def charged(self, node: Node) -> int:
        """What the operator charged the payer, ever."""
        funds = {row["operator"]: row for row in node.gateway.funds(self.payer)["funds"]}
        return int(funds[self.operator.lower()]["charged"])

    def post(self, body: bytes) -> httpx.Response:
        return self.http.post(f"{GATEWAY}/v1/receipt-batches", content=body, headers=PROTOBUF)

    def _see(self, request: httpx.Request) -> None:
        if request.method == "POST":
            self.posted.append(request.content)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    found = World(tmp_path)
    with found.http:
        yield found


def new_lane() -> int:
    return secrets.randbelow(2**62)


def test_receipts_are_acknowledged_charged_and_found(world: World) -> None:
    node = world.node()
    before = world.charged(node)
    links = world.serve(node, world.receipts)
    assert node.gateway.receipt(links[0]) is None
    (ack,) = node.flush()
    assert ack.verdicts["charged"].receipts == world.receipts
    assert ack.verdicts["charged"].fee > 0
    assert world.charged(node) - before == ack.verdicts["charged"].fee

    head = node.gateway.lanes(world.operator)[links[0].lane]
    assert (head.number, head.head) == (1, ack.batch)
    batch = node.gateway.batch(ack.batch)
    assert batch is not None
    assert (batch["partition"], batch["offset"], batch["state"]) == (ack.partition, str(ack.offset), "accepted")
    assert [receipt["verdict"] for receipt in batch["receipts"]] == ["charged"] * world.receipts
    for link in (links[0], links[-1]):
        receipt = world.http.get(link.url).json()
        assert receipt["batch"] == to_hex(ack.batch)
        assert receipt["receipt"] == to_hex(receipt_id(ack.batch, link.index))
    node.close()


def test_a_batch_that_is_sent_twice_is_taken_in_once(world: World) -> None:
    node = world.node()
    world.serve(node, 1)
    (ack,) = node.flush()
    charged = world.charged(node)
    again = world.post(world.posted[0])
    assert again.status_code == 200
    assert (again.json()["partition"], again.json()["offset"]) == (ack.partition, str(ack.offset))
    assert node.gateway.post(world.posted[0]) == ack
    assert world.charged(node) == charged
    node.close()


def test_a_tampered_batch_is_refused(world: World) -> None:
    node = world.node()
    world.serve(node, 1)
    node.flush()
    envelope = wire.Envelope.FromString(world.posted[0])
    content = wire.BatchContent.FromString(envelope.content)
    content.receipts[0].tokens_out += 1
    envelope.content = content.SerializeToString()
    answer = world.post(envelope.SerializeToString())
    assert (answer.status_code, answer.json()["code"]) == (422, "signature")
    assert node.gateway.batch(batch_id(envelope.content)) is None
    node.close()


def test_an_old_copy_of_the_state_goes_on_in_a_new_lane(world: World) -> None:
    lane = new_lane()
    node = world.node(lane=lane)
    world.serve(node, 1)
    node.flush()
    node.close()
    shutil.copy(world.folder / "state", world.folder / "copy")
    node = world.node()
    world.serve(node, 1)
    node.flush()
    node.close()

    copy = world.node("copy")
    (link,) = world.serve(copy, 1)
    with pytest.raises(LaneConflict) as conflict:
        copy.flush()
    assert (conflict.value.lane, conflict.value.ours.number, conflict.value.theirs.number) == (lane, 1, 2)
    copy.open_lane(new_lane())
    (ack,) = copy.flush()
    moved = copy.link(link.output_commitment)
    assert moved is not None
    assert moved.lane != lane
    found = copy.gateway.receipt(moved)
    assert found is not None
    assert (found["batch"], found["verdict"]) == (to_hex(ack.batch), "charged")
    copy.close()


def test_receipts_that_do_not_fit_are_named_and_the_others_go_on(world: World) -> None:
    node = world.node()
    good = world.serve(node, 1)
    bad = world.serve(node, 1, k=world.k + 4)
    good += world.serve(node, 1)
    with pytest.raises(Refused) as refused:
        node.flush()
    assert (refused.value.problem.code, refused.value.receipts) == ("receipts-refused", (bad[0].index,))
    assert refused.value.batch is not None
    node.set_aside(refused.value.batch, only=refused.value.receipts)
    (ack,) = node.flush()
    assert ack.verdicts["charged"].receipts == len(good)
    node.close()


def test_a_payer_without_funds_is_refused_and_the_next_batch_takes_the_number(world: World) -> None:
    node = world.node()
    world.serve(node, 1, payer=Key(keccak256(secrets.token_bytes(8))).address)
    with pytest.raises(Refused) as refused:
        node.flush()
    assert (refused.value.problem.status, refused.value.problem.code) == (422, "receipts-refused")
    assert refused.value.batch is not None
    node.set_aside(refused.value.batch)
    world.serve(node, 1)
    (ack,) = node.flush()
    assert node.batches("taken")[0].number == 1
    assert ack.verdicts["charged"].receipts == 1
    node.close()
