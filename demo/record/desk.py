"""Serving nodes at work: they answer queries, seal receipts into batches of a lane, and send them."""

import hashlib
from dataclasses import dataclass, field

import numpy as np

from . import eth, money, wire, world
from .digits import Digits, Split
from .files import Place, Topic
from .parts import ARTIFACT_IDS, Part
from .sketch import Sketches
from .story import Case, Story, epoch_start_s

TOKENS_IN, TOKENS_OUT = (24, 900), (3, 420)
SLACK_MAX = 4_000_000_000_000_000
MINUTE_US = 60_000_000


@dataclass
class Lane:
    """One serving process of an operator; a hash chain of batches."""

    operator: str
    lane: int
    number: int = 0
    head: bytes = eth.ZERO_ID


@dataclass(frozen=True)
class Answer:
    """A receipt, its evidence, and what it costs."""

    payer: str
    fee: int
    receipt: wire.Receipt
    evidence: bytes
    case: Case | None


@dataclass(frozen=True)
class Batch:
    operator: str
    answers: list[Answer]
    number: int
    content: bytes
    record: bytes

    def id(self) -> bytes:
        return eth.keccak(self.content)


@dataclass
class QueryDeck:
    """Queries that a part can be asked, with their sketches; dealt in order, over and over."""

    digits: Digits
    labels: np.ndarray
    base: Sketches
    adapter: Sketches | None
    dealt: int = 0

    def deal(self) -> int:
        self.dealt += 1
        return (self.dealt - 1) % len(self.digits)

    def evidence(self, query: int) -> bytes:
        return wire.influence_evidence(encoded(self.base, query), encoded(self.adapter, query) if self.adapter else [])


def encoded(sketches: Sketches, query: int) -> list[bytes]:
    rows = zip(sketches.exponents[query], sketches.values[query])
    return [wire.sketch(int(exponent), values.tobytes()) for exponent, values in rows]


NOISE = "noise"


def query_decks(split: Split, parts: dict[str, Part], hard: np.ndarray, noise: np.ndarray) -> dict[str, QueryDeck]:
    """`hard`: the queries for the adapter; `noise`: the noise images in which the first version sees nothing."""
    asked = {money.FIRST: split.queries, money.SECOND: split.queries, money.ADAPTED: split.queries.take(hard)}
    asked[NOISE] = split.noise.take(noise)
    decks = {}
    for use, digits in asked.items():
        part = parts[money.FIRST if use == NOISE else use]
        x = digits.inputs()
        labels = part.influence.answers(x)
        if use == money.ADAPTED:
            base, adapter = parts[money.SECOND].sketches(x, labels), part.sketches(x, labels)
        else:
            base, adapter = part.sketches(x, labels), None
        decks[use] = QueryDeck(digits, labels, base, adapter)
    return decks


@dataclass
class Desk:
    """Everything that is being sent, in order; `accounts` follows what will be charged."""

    decks: dict[str, QueryDeck]
    story: Story
    rng: np.random.Generator
    topic: Topic = field(default_factory=lambda: Topic(wire.RECEIPTS_TOPIC, 2))
    domain: eth.Domain = field(default_factory=lambda: eth.Domain(eth.contract_of("vault")))
    accounts: money.Accounts = field(default_factory=money.Accounts)
    epoch: int = 1
    now_us: int = epoch_start_s(1) * 1_000_000
    receipts: int = 0
    unattributed_fees: dict[int, int] = field(default_factory=dict)  # by epoch

    def below(self, low: int, high: int) -> int:
        return int(self.rng.integers(low, high))

    def pass_time(self) -> None:
        self.now_us += self.below(31 * MINUTE_US, 37 * MINUTE_US)

    def answer(
        self,
        operator: str,
        payer: str,
        use: str,
        case: Case | None = None,
        tokens: tuple[int, int] | None = None,
        ago_us: int = 0,
        evidence: bytes | None = None,
    ) -> Answer:
        """`use` is a deck's name; `ago_us`: how much earlier it says it was served."""
        deck = self.decks[use]
        query = deck.deal()
        proof = deck.evidence(query) if evidence is None else evidence
        tokens_in, tokens_out = tokens or (self.below(*TOKENS_IN), self.below(*TOKENS_OUT))
        self.receipts += 1
        salt = eth.id_of(f"salt of answer {self.receipts}")
        adapted = use == money.ADAPTED
        version = money.FIRST if use == NOISE else money.SECOND if adapted else use
        receipt = wire.Receipt(
            served_at_us=self.now_us - ago_us + self.below(MINUTE_US, 30 * MINUTE_US),
            payer=eth.address_of(payer),
            model_version=ARTIFACT_IDS[version],
            adapter=ARTIFACT_IDS[money.ADAPTED] if adapted else b"",
            tokens_in=tokens_in,
            tokens_out=tokens_out,
            input_commitment=eth.keccak(salt + deck.digits.pixels[query].tobytes()),
            output_commitment=eth.keccak(salt + bytes([int(deck.labels[query])])),
            evidence_hash=eth.keccak(proof),
            node=f"{operator.split()[0].lower()}-{1 + self.receipts % 3}",
            device_ms=2 + tokens_out // 7,
            adapter_load_ms=self.below(8, 45) if adapted else 0,
        )
        fee = money.fee(money.ADAPTED if adapted else version, self.epoch, tokens_in, tokens_out)
        return Answer(payer, fee, receipt, proof, case)

    def answers(self, operator: str, count: int) -> list[Answer]:
        """Ordinary ones, for the operator's payers; two in ten go through the adapter."""
        payers = [p for p, o in money.DEPOSITS if o == operator and p != world.KIOSK]
        uses = [money.FIRST] * 4 + [money.SECOND] * 4 + [money.ADAPTED] * 2
        return [
            self.answer(operator, payers[self.below(0, len(payers))], uses[self.below(0, len(uses))])
            for _ in range(count)
        ]

    def seal(
        self,
        lane: Lane,
        answers: list[Answer],
        ahead: int = 1,
        previous: bytes | None = None,
        spends: dict[str, int] | None = None,
        key: str | None = None,
        signed_by: str | None = None,
        left_out: list[Answer] | None = None,
    ) -> Batch:
        """A batch `ahead` of the lane's head.

        `key` is named in it, `signed_by` really signs; the evidence of `left_out` is not in it.
        """
        key = key or world.signing_key(lane.operator)
        operator = eth.address_of(lane.operator)
        spends = self.cover(lane.operator, answers) if spends is None else spends
        content = wire.batch_content(
            operator,
            eth.address_of(key),
            lane.lane,
            lane.number + ahead,
            lane.head if previous is None else previous,
            [a.receipt.encode() for a in answers],
            [self.spend(payer, operator, cumulative) for payer, cumulative in spends.items()],
        )
        signature = self.domain.sign_content("ReceiptBatch", content, signed_by or key)
        evidence = [a.evidence for a in answers if a not in (left_out or [])]
        record = wire.batch_record(content, signature, evidence)
        return Batch(lane.operator, answers, lane.number + ahead, content, record)

    def cover(self, operator: str, answers: list[Answer]) -> dict[str, int]:
        """Spends that cover the batch, and a little more."""
        payers = sorted({a.payer for a in answers})
        due = {p: self.accounts.so_far(p, operator) + sum(a.fee for a in answers if a.payer == p) for p in payers}
        return {p: amount + self.below(0, SLACK_MAX) for p, amount in due.items()}

    def spend(self, payer: str, operator: bytes, cumulative: int) -> bytes:
        address = eth.address_of(payer)
        signature = self.domain.sign_spend(address, operator, cumulative, world.SPENDER_KEYS.get(payer, payer))
        return wire.spend(address, cumulative, signature)

    def produce(self, operator: str, record: bytes, back_us: int = 0) -> Place:
        """`back_us`: by how much the log's clock stepped back."""
        return self.topic.append(world.PARTITION[operator], self.now_us - back_us, eth.address_of(operator), record)

    def count(self, lane: Lane, batch: Batch, back_us: int = 0) -> Place:
        """Sends a batch that extends its lane; receipts without a case, or with a good one, are charged."""
        place = self.produce(batch.operator, batch.record, back_us)
        lane.number, lane.head = batch.number, batch.id()
        for index, answer in enumerate(batch.answers):
            if answer.case:
                self.story.add(answer.case, self.epoch, place, index)
            if answer.case is None or answer.case.expect in ("charged", "unattributed"):
                self.accounts.charge(answer.payer, batch.operator, answer.fee)
            if answer.case and answer.case.expect == "unattributed":
                self.unattributed_fees[self.epoch] = self.unattributed_fees.get(self.epoch, 0) + answer.fee
        return place

    def send(self, lane: Lane, answers: list[Answer], **how) -> Place:
        self.pass_time()
        return self.count(lane, self.seal(lane, answers, **how))

    def stray(self, case: Case, operator: str, record: bytes) -> None:
        """Sends a record that as a whole comes to nothing."""
        self.pass_time()
        self.story.add(case, self.epoch, self.produce(operator, record))

    def close(self, partition: int) -> Place:
        """Ends this epoch in the partition, some minutes after the epoch's end."""
        time_us = epoch_start_s(self.epoch + 1) * 1_000_000 + (2 + partition) * MINUTE_US
        self.now_us = max(self.now_us, time_us)
        settler = world.SETTLER
        return self.topic.close(partition, self.epoch, self.now_us, self.domain, eth.address_of(settler), settler)


def garbage(length: int) -> bytes:
    """Bytes that are no message: field 1 says that it is longer than what follows."""
    return b"\x0a\xff\xff\x03" + hashlib.shake_256(b"garbage").digest(length)
