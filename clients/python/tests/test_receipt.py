"""Every bound, with the value on it and the one past it: what is recorded is what the network's sink takes."""

from datetime import UTC, datetime, timedelta, timezone
from random import Random
from typing import Any

import pytest

from openbooks_client import Chunk, ExactMatch, Influence, InvalidInput, Retrieval, Serving, Sketch
from openbooks_client.receipt import Receipt, compose
from openbooks_client.signing import keccak256
from openbooks_client.wire import receipts_v1_pb2 as wire

from serving import MODEL_VERSION, PAYER, answered, influence

ADAPTER = keccak256(b"adapter")
SKETCH = Sketch(0, bytes(4))


def composed(**changed: Any) -> Receipt:
    return compose(**{"adapter": None, "serving": None, "served_at": None, **answered(), **changed})


def message(**changed: Any) -> wire.Receipt:
    return wire.Receipt.FromString(composed(**changed).content)


GOOD: list[dict[str, Any]] = [
    {"payer": "0x" + PAYER.hex()},
    {"payer": "0x" + PAYER.hex().upper()},
    {"payer": memoryview(PAYER)},
    {"tokens_in": 0, "tokens_out": 2**32 - 1},
    {"input": b"", "output": bytearray(b"text")},
    {"served_at": datetime(1970, 1, 1, tzinfo=UTC)},
    {"served_at": datetime.max.replace(tzinfo=UTC)},
    {"serving": Serving()},
    {"serving": Serving("n" * 256, 2**32 - 1, 2**32 - 1)},
    {"serving": Serving("é" * 128)},
    {"serving": Serving("\u2028 \u00a0 ok")},
    {"evidence": Influence([Sketch(15, bytes(65_536))])},
    {"evidence": Influence([SKETCH] * 512)},
    {"evidence": Influence([SKETCH] * 256, [SKETCH] * 256), "adapter": ADAPTER},
    {"evidence": Influence([Sketch(0, bytes(65_536))], [Sketch(0, bytes(65_536))]), "adapter": ADAPTER},
    {"evidence": Retrieval([]), "adapter": "0x" + ADAPTER.hex()},
    {"evidence": Retrieval([Chunk(ADAPTER, 2**63 - 1), Chunk("0x" + ADAPTER.hex(), -(2**63))])},
    {"evidence": ExactMatch([0, 2**32 - 1])},
    {"evidence": ExactMatch([1] * (262_144 - 8))},
]
BAD: list[dict[str, Any]] = [
    {"payer": PAYER[:19]},
    {"payer": PAYER.hex()},
    {"payer": "0x" + PAYER.hex() + "0"},
    {"payer": 20},
    {"model_version": MODEL_VERSION + b"\0"},
    {"adapter": b"", "evidence": Influence([SKETCH], [SKETCH])},
    {"tokens_in": -1},
    {"tokens_in": 2**32},
    {"tokens_out": 2**32},
    {"tokens_out": 1.0},
    {"input": "text"},
    {"output": 5},
    {"served_at": datetime(2026, 1, 1)},
    {"served_at": datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)},
    {"served_at": datetime.max.replace(tzinfo=timezone(timedelta(hours=-1)))},
    {"serving": Serving("n" * 257)},
    {"serving": Serving("é" * 129)},
    {"serving": Serving("a\0b")},
    {"serving": Serving("a\x85b")},
    {"serving": Serving("\ud800")},
    {"serving": Serving(device_ms=2**32)},
    {"serving": Serving(adapter_load_ms=-1)},
    {"evidence": Influence([])},
    {"evidence": Influence([Sketch(16, bytes(4))])},
    {"evidence": Influence([Sketch(-1, bytes(4))])},
    {"evidence": Influence([Sketch(0, b"")])},
    {"evidence": Influence([Sketch(0, bytes(6))])},
    {"evidence": Influence([Sketch(0, bytes(4)), Sketch(0, bytes(8))])},
    {"evidence": Influence([Sketch(0, [1, 2, 3, 4])])},  # type: ignore[arg-type]
    {"evidence": Influence([Sketch(0, bytes(65_540))])},
    {"evidence": Influence([SKETCH] * 513)},
    {"evidence": Influence([SKETCH] * 257, [SKETCH] * 256), "adapter": ADAPTER},
    {"evidence": Influence([SKETCH], [SKETCH])},
    {"adapter": ADAPTER},
    {"evidence": Retrieval([Chunk(b"short", 1)])},
    {"evidence": Retrieval([Chunk(ADAPTER, 2**63)])},
    {"evidence": ExactMatch([2**32])},
    {"evidence": ExactMatch([1] * (262_144 - 7))},
]


@pytest.mark.parametrize("changed", GOOD, ids=", ".join)
def test_what_is_within_the_bounds_is_composed(changed: dict[str, Any]) -> None:
    receipt = composed(**changed)
    sent = wire.Receipt.FromString(receipt.content)
    assert sent.evidence_hash == keccak256(receipt.evidence)
    assert wire.Evidence.FromString(receipt.evidence).WhichOneof("method")


@pytest.mark.parametrize("changed", BAD, ids=", ".join)
def test_what_is_past_a_bound_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        composed(**changed)


def test_commitments_have_a_salt_each_and_open_with_it() -> None:
    one, two = composed(), composed()
    assert one.output_commitment == keccak256(one.output_salt, b"answer 0")
    assert wire.Receipt.FromString(one.content).input_commitment == keccak256(one.input_salt, b"question 0")
    assert len({one.input_salt, one.output_salt, two.input_salt, two.output_salt}) == 4


def test_figures_are_absent_unless_given() -> None:
    assert not message().HasField("serving")
    assert message(serving=Serving()).HasField("serving")
    assert message(serving=Serving("n", 2, 3)).serving.device_ms == 2


def test_times_are_microseconds() -> None:
    moment = datetime(2026, 1, 2, 4, 4, 5, 678_901, tzinfo=timezone(timedelta(hours=1)))
    assert message(served_at=moment).served_at_us == 1_767_323_045_678_901
    assert abs(message().served_at_us / 1e6 - datetime.now(UTC).timestamp()) < 5


def test_any_receipt_is_either_whole_or_refused() -> None:
    """Random values around the bounds: nothing but `InvalidInput`, and what passes reads back as it was given."""
    random = Random(7)
    passed = 0
    for _ in range(400):
        changed = {
            "payer": random.randbytes(random.choice([20, 20, 20, 19, 0])),
            "adapter": random.choice([None, None, random.randbytes(32), b"x"]),
            "tokens_in": random.choice([0, 7, 2**32 - 1, 2**32, -1]),
            "evidence": influence(
                random.randrange(256), random.choice([4, 8, 5, 0, 128]), random.choice([1, 2, 512, 513, 0])
            ),
        }
        try:
            sent = message(**changed)
        except InvalidInput:
            continue
        passed += 1
        assert (sent.payer, sent.tokens_in) == (changed["payer"], changed["tokens_in"])
        assert sent.adapter == (changed["adapter"] or b"")
    assert passed > 10
