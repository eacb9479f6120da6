"""Records the chain topic: planned transactions in order of their time, as blocks, with a Close after each epoch."""

from dataclasses import dataclass, field
from itertools import groupby

from . import eth, wire, world
from .files import Topic
from .story import EPOCHS, Case, Story, epoch_start_s

BLOCK_S = 12
FIRST_HEIGHT = 4_200_000
FIRST_BLOCK_S = epoch_start_s(1) - 30 * 86_400


@dataclass(frozen=True)
class Call:
    """One log: `contract` is a name of world.CONTRACTS, or the address of a stranger."""

    contract: str | bytes
    event: str
    values: list
    case: Case | None = None

    def address(self) -> bytes:
        return self.contract if isinstance(self.contract, bytes) else eth.contract_of(self.contract)


@dataclass(frozen=True)
class Transaction:
    time_s: int
    calls: list[Call]


@dataclass
class Chain:
    planned: list[Transaction] = field(default_factory=list)

    def at(self, time_s: int, *calls: Call) -> None:
        """One transaction, in the block of that time."""
        self.planned.append(Transaction(time_s - time_s % BLOCK_S, list(calls)))

    def record(self, story: Story) -> Topic:
        topic = Topic(wire.CHAIN_TOPIC, 1)
        domain = eth.Domain(eth.contract_of("vault"))
        epoch = 1
        for time_s, transactions in groupby(sorted(self.planned, key=lambda t: t.time_s), lambda t: t.time_s):
            while time_s >= epoch_start_s(epoch + 1):
                self._close(topic, domain, epoch)
                epoch += 1
            record_block(topic, story, epoch, time_s, list(transactions))
        while epoch <= EPOCHS:
            self._close(topic, domain, epoch)
            epoch += 1
        return topic

    @staticmethod
    def _close(topic: Topic, domain: eth.Domain, epoch: int) -> None:
        time_us = epoch_start_s(epoch + 1) * 1_000_000
        topic.close(0, epoch, time_us, domain, eth.address_of(world.SETTLER), world.SETTLER)


def record_block(topic: Topic, story: Story, epoch: int, time_s: int, transactions: list[Transaction]) -> None:
    """Logs of other contracts stand before ours in a block, so a log's index there is not its position here."""
    height = FIRST_HEIGHT + (time_s - FIRST_BLOCK_S) // BLOCK_S
    block_hash = eth.id_of(f"block {height}")
    first_index = block_hash[0] % 20
    logs, cases = [], []
    for number, transaction in enumerate(transactions):
        transaction_hash = eth.id_of(f"transaction {number} of block {height}")
        for call in transaction.calls:
            topics, data = eth.events()[call.event].encode(call.values)
            cases.append(call.case)
            logs.append(wire.Log(first_index + len(logs), call.address(), topics, data, transaction_hash))
    value = wire.block_record(height, block_hash, time_s, logs)
    place = topic.append(0, time_s * 1_000_000, block_hash, value)
    for position, case in enumerate(cases):
        if case:
            story.add(case, epoch, place, position)
