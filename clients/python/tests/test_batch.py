"""What fits into a batch, and that its bytes are what was counted."""

from random import Random

import pytest

from openbooks_client import Influence, InvalidInput, Sketch, limits
from openbooks_client.batch import Filling
from openbooks_client.receipt import Receipt
from openbooks_client.signing import Key, keccak256
from openbooks_client.wire import receipts_v1_pb2 as wire

from conftest import OpenNode
from fake_gateway import FakeGateway
from serving import answered, serve, spend


def receipt(payer: int, content_bytes: int, evidence_bytes: int, evidence: int) -> Receipt:
    """A receipt of that size; only sizes and identities matter."""
    return Receipt(
        payer=payer.to_bytes(20, "big"),
        content=bytes(content_bytes),
        evidence_hash=evidence.to_bytes(32, "big"),
        evidence=bytes(evidence_bytes),
        input_salt=bytes(32),
        output_commitment=bytes(32),
        output_salt=bytes(32),
    )


def filled(receipts: list[Receipt], receipts_max: int = limits.RECEIPTS_MAX) -> int:
    """How many of these go into one batch."""
    filling = Filling(0, 1, receipts_max)
    for at, each in enumerate(receipts):
        if not filling.fits(each):
            return at
        filling.add(each)
    return len(receipts)


def test_each_bound_ends_a_batch() -> None:
    same = receipt(1, 200, 100, 1)
    assert filled([same] * 10_001) == 10_000
    assert filled([same] * 9, receipts_max=8) == 8
    assert filled([receipt(payer, 200, 100, 1) for payer in range(1_001)]) == 1_000
    # One blob that all name: counted each time as evidence, once as bytes.
    assert filled([receipt(1, 200, limits.EVIDENCE_BYTES_MAX, 1)] * 33) == 32
    # Blobs of their own: the record is full before so much evidence is named.
    assert filled([receipt(1, 200, limits.EVIDENCE_BYTES_MAX, at) for at in range(33)]) == 31


def test_what_was_counted_is_never_less_than_what_is_sent() -> None:
    """Random receipts, filled up to the bound: the record they make holds it, and not by much."""
    random = Random(3)
    for _ in range(5):
        filling = Filling(0, 1, limits.RECEIPTS_MAX)
        record = wire.ReceiptRecord()
        content = wire.BatchContent(
            operator=bytes([1] * 20),
            signer=bytes([1] * 20),
            lane=limits.INT64_MAX,
            number=limits.INT64_MAX,
            previous=bytes([1] * 32),
        )
        blobs: dict[int, bytes] = {}
        while True:
            evidence = random.randrange(400)
            blob = blobs.get(evidence) or bytes(random.choice([40, 9_000, 131_100]))
            size = random.choice([160, 190, 400])
            one = receipt(random.randrange(900), size, len(blob), evidence)
            if not filling.fits(one):
                break
            filling.add(one)
            if evidence not in blobs:
                blobs[evidence] = blob
                record.batch.evidence.append(blob)
            content.receipts.append(_of_size(size))
        for payer in filling.payers:
            content.spends.append(wire.Spend(payer=b"\1" + payer[1:], cumulative=bytes([1] * 16), signature=bytes(65)))
        record.batch.content = content.SerializeToString()
        record.batch.signature = bytes([1] * 65)
        assert record.ByteSize() <= filling.record_bytes <= limits.RECORD_BYTES_MAX
        assert filling.record_bytes - record.ByteSize() < limits.RECORD_BYTES_MAX // 100


def _of_size(size: int) -> wire.Receipt:
    message = wire.Receipt(payer=bytes(size - 3))
    assert message.ByteSize() == size
    return message


def test_batches_on_the_bounds_go_out_whole(open_node: OpenNode, gateway: FakeGateway) -> None:
    node = open_node()
    large = [Influence([Sketch(1, bytes([at]) * 65_536)]) for at in range(130)]
    links = [node.record(**answered(at, evidence=each)) for at, each in enumerate(large)]
    assert [link.number for link in links] == [1] * 127 + [2] * 3
    assert [link.index for link in links] == [*range(127), 0, 1, 2]
    assert len(node.flush()) == 2
    assert max(len(body) for body in gateway.posted) <= limits.RECORD_BYTES_MAX
    assert gateway.receipts() == [link.output_commitment for link in links]


def test_a_batch_names_each_evidence_once_and_carries_the_highest_spend_of_its_payers(
    open_node: OpenNode, gateway: FakeGateway
) -> None:
    node = open_node()
    other = Key(keccak256(b"another payer"))
    for cumulative, is_highest in ((5, True), (3, False), (9, True), (9, False)):
        assert node.allow(spend(node.network, cumulative)) is is_highest
    serve(node, 2, evidence=answered(1)["evidence"])
    serve(node, 1, payer=other.address, evidence=answered(2)["evidence"])
    node.flush()
    envelope = wire.Envelope.FromString(gateway.posted[0])
    content = wire.BatchContent.FromString(envelope.content)
    assert [int.from_bytes(each.cumulative, "big") for each in content.spends] == [9]
    assert len(envelope.evidence) == 2

    serve(node, 1, payer=other.address)
    node.flush()
    assert not wire.BatchContent.FromString(wire.Envelope.FromString(gateway.posted[1]).content).spends


def test_a_spend_that_its_payer_did_not_sign_is_not_kept(open_node: OpenNode) -> None:
    node = open_node()
    good = spend(node.network, 5)
    forged = [
        type(good)(good.payer, 6, good.signature),
        type(good)(bytes(20), 5, good.signature),
        type(good)(good.payer, 10**38, good.signature),
        type(good)(good.payer, 5, bytes(65)),
        type(good)(good.payer, 5, good.signature, signer=bytes(20)),
    ]
    for bad in forged:
        with pytest.raises(InvalidInput):
            node.allow(bad)
    assert node.allow(good)
