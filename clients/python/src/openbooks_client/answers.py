"""The gateway's JSON, read strictly: amounts, offsets, numbers and lanes are decimal strings, bytes are hex with 0x."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NotRequired, TypedDict

from .errors import BadAnswer, LaneHead
from .fields import to_hex
from .signing import Domain, recover

RECEIPTS_TOPIC = "openbooks.receipts.v1"
DECIMAL_DIGITS_MAX = 39
"""No number that the gateway can mean has more."""

Json = dict[str, Any]
"""An object of the gateway's. The `...Answer` types are what its OpenAPI document promises, unchecked."""


class ReceiptAnswer(TypedDict):
    """A receipt: its id, its verdict (`charged`, or why not), and in a settled epoch its fee."""

    receipt: str
    index: int
    verdict: str
    fee: NotRequired[str]


class OneReceiptAnswer(ReceiptAnswer):
    """A receipt by its link. `state` is `accepted`, or `settled` in an epoch."""

    batch: str
    state: str
    epoch: NotRequired[str]


class BatchAnswer(TypedDict):
    """A batch that stands in the topic."""

    batch: str
    state: str
    epoch: NotRequired[str]
    operator: str
    lane: str
    number: str
    topic: str
    partition: int
    offset: str
    taken_at: str
    receipts: list[ReceiptAnswer]


class OperatorFunds(TypedDict):
    """What one operator may still charge a payer: `chargeable` is the smaller of what deposit and Spend leave."""

    operator: str
    deposit: str
    allowed: str
    charged: str
    chargeable: str


class FundsAnswer(TypedDict):
    """A payer's funds."""

    payer: str
    funds: list[OperatorFunds]


@dataclass(frozen=True)
class Network(Domain):
    """What `/v1/network` says: chain, vault, who signs Acks, and the limits, by name, for information."""

    ack_signer: bytes
    limits: Mapping[str, Any]

    @classmethod
    def read(cls, answer: Json) -> Network:
        """From the gateway's JSON."""
        limits = answer.get("limits")
        return cls(
            chain_id=_decimal(answer, "chain_id"),
            vault=_bytes(answer, "vault", 20),
            ack_signer=_bytes(answer, "ack_signer", 20),
            limits=MappingProxyType(limits if isinstance(limits, dict) else {}),
        )

    def json(self) -> Json:
        """The same JSON again."""
        return {
            "chain_id": str(self.chain_id),
            "vault": to_hex(self.vault),
            "ack_signer": to_hex(self.ack_signer),
            "limits": dict(self.limits),
        }


@dataclass(frozen=True)
class Verdict:
    """How many of a batch's receipts have one verdict, and their fees in base units."""

    receipts: int
    fee: int


@dataclass(frozen=True)
class Ack:
    """The gateway's signed word that the broker has a batch: proof, should a settlement leave it out."""

    batch: bytes
    topic: str
    partition: int
    offset: int
    taken_at_us: int
    signer: bytes
    signature: bytes
    verdicts: Mapping[str, Verdict]
    """Preliminary, and not signed."""

    @classmethod
    def read(cls, answer: Json) -> Ack:
        """From the gateway's JSON; `check` says whether it holds."""
        return cls(
            batch=_bytes(answer, "batch", 32),
            topic=str(answer.get("topic")),
            partition=_decimal(answer, "partition"),
            offset=_decimal(answer, "offset"),
            taken_at_us=_decimal(answer, "taken_at_us"),
            signer=_bytes(answer, "signer", 20),
            signature=_bytes(answer, "signature", 65),
            verdicts=_verdicts(answer.get("verdicts")),
        )

    def json(self) -> Json:
        """The signed part again, with the verdicts."""
        return {
            "batch": to_hex(self.batch),
            "topic": self.topic,
            "partition": self.partition,
            "offset": str(self.offset),
            "taken_at_us": str(self.taken_at_us),
            "signer": to_hex(self.signer),
            "signature": to_hex(self.signature),
            "verdicts": {name: vars(each) for name, each in self.verdicts.items()},
        }

    def check(self, network: Network, batch: bytes) -> None:
        """Refuses an Ack of another batch or topic, or that the network's key did not sign."""
        if self.batch != batch or self.topic != RECEIPTS_TOPIC:
            raise BadAnswer(f"the Ack is of batch {to_hex(self.batch)} in {self.topic}, not of {to_hex(batch)}")
        digest = network.ack_hash(self.batch, self.topic, self.partition, self.offset, self.taken_at_us)
        try:
            recovered = recover(digest, self.signature)
        except ValueError as error:
            raise BadAnswer(f"the Ack's signature is malformed: {error}") from error
        if not recovered == self.signer == network.ack_signer:
            raise BadAnswer(f"the Ack of batch {to_hex(batch)} is not signed by {to_hex(network.ack_signer)}")


def lane_heads(answer: Json) -> dict[int, LaneHead]:
    """Each lane of an operator and its head."""
    lanes = answer.get("lanes")
    if not isinstance(lanes, list):
        raise BadAnswer("the answer has no list of lanes")
    return {_decimal(lane, "lane"): LaneHead(_decimal(lane, "number"), _bytes(lane, "head", 32)) for lane in lanes}


def _verdicts(value: Any) -> Mapping[str, Verdict]:
    if not isinstance(value, dict):
        return {}
    return {name: Verdict(_decimal(each, "receipts"), _decimal(each, "fee")) for name, each in value.items()}


def _decimal(answer: Json, name: str) -> int:
    """A count: small ones are numbers, others decimal strings."""
    value = answer.get(name)
    text = str(value)
    if isinstance(value, int | str) and text.isascii() and text.isdigit() and len(text) <= DECIMAL_DIGITS_MAX:
        return int(text)
    raise BadAnswer(f"the answer's {name} is no decimal number: {text:.100}")


def _bytes(answer: Json, name: str, length: int) -> bytes:
    value = answer.get(name)
    try:
        raw = bytes.fromhex(str(value).removeprefix("0x"))
    except ValueError as error:
        raise BadAnswer(f"the answer's {name} is no hex: {value!s:.100}") from error
    if len(raw) != length:
        raise BadAnswer(f"the answer's {name} has {len(raw)} bytes, not {length}")
    return raw
