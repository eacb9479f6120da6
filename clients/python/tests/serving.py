"""What a serving node of the tests serves."""

from typing import Any

from openbooks_client import Influence, Node, ReceiptLink, Sketch, Spend, sign_spend
from openbooks_client.signing import Domain, Key, keccak256

KEY = keccak256(b"signing key")
OPERATOR = Key(keccak256(b"operator")).address
PAYER_KEY = keccak256(b"payer")
PAYER = Key(PAYER_KEY).address
MODEL_VERSION = keccak256(b"model version")
K, CHECKPOINTS = 8, 2


def influence(seed: int = 0, k: int = K, checkpoints: int = CHECKPOINTS) -> Influence:
    return Influence(base=[Sketch(1, bytes((seed + at) % 256 for at in range(k)))] * checkpoints)


def answered(seed: int = 0, **other: Any) -> dict[str, Any]:
    """The arguments of `record` for one answered request."""
    return {
        "payer": PAYER,
        "model_version": MODEL_VERSION,
        "tokens_in": 10,
        "tokens_out": 5,
        "input": b"question %d" % seed,
        "output": b"answer %d" % seed,
        "evidence": influence(seed),
        **other,
    }


def serve(node: Node, count: int, first: int = 0, **other: Any) -> list[ReceiptLink]:
    """Records so many receipts."""
    return [node.record(**answered(seed, **other)) for seed in range(first, first + count)]


def spend(network: Domain, cumulative: int) -> Spend:
    return sign_spend(network, PAYER_KEY, OPERATOR, cumulative)
