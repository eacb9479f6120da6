"""Records the chain topic: what people do in the contracts, in order of its time, as real blocks of a real node."""

import json
from collections import Counter
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from . import eth, wire, world
from .files import Topic
from .node import BLOCK_S, DEPLOYER_KEY, Mined, Node, data, signed
from .story import EPOCHS, Case, Story, epoch_start_s

ETHER_EACH = 10**18
# What the demo network's deploy file says of governance, in seconds.
VOTING_DELAY_S, VOTING_PERIOD_S, TIMELOCK_S = 600, 3_600, 1_800
CYCLE_S = VOTING_DELAY_S + VOTING_PERIOD_S + TIMELOCK_S + 20 * BLOCK_S


@dataclass(frozen=True)
class Act:
    """What somebody calls. `contract` is a name of world.CONTRACTS; `case` belongs to the log of `event`."""

    by: str
    contract: str
    function: str
    values: list
    case: Case | None = None
    event: str | None = None


@dataclass(frozen=True)
class Stray:
    """A contract that is not ours is made, and its constructor emits `code`'s log."""

    by: str
    code: bytes
    case: Case


@dataclass
class Chain:
    planned: list[tuple[int, list[Act | Stray]]] = field(default_factory=list)
    first_case: Case | None = None
    nonces: Counter = field(default_factory=Counter)
    blocks: list[dict] = field(default_factory=list)

    def at(self, time_s: int, *acts: Act | Stray) -> None:
        """In one block, at that time."""
        self.planned.append((time_s - time_s % BLOCK_S, list(acts)))

    def govern(self, done_s: int, contract: str, function: str, values: list, why: str, **case) -> None:
        """A proposal that is voted on, waits for the timelock, and is carried out at `done_s`."""
        start = done_s - CYCLE_S
        proposal = [[eth.contract_of(contract)], [0], [eth.call(contract, function, values)]]
        types = ["address[]", "uint256[]", "bytes[]", "bytes32"]
        hashed = [*proposal, eth.keccak(why.encode())]
        number = int.from_bytes(eth.keccak(eth.abi(types, hashed)), "big")
        self.at(start, Act(world.STAKERS[0], "governance", "propose", [*proposal, why]))
        for i, (voter, support) in enumerate(world.VOTES):
            time_s = start + VOTING_DELAY_S + (2 + 5 * i) * BLOCK_S
            reason = "data comes first" if support else "too much at once"
            self.at(time_s, Act(voter, "governance", "castVoteWithReason", [number, support, reason]))
        queued = start + VOTING_DELAY_S + VOTING_PERIOD_S + 4 * BLOCK_S
        self.at(queued, Act(world.STAKERS[1], "governance", "queue", hashed))
        self.at(done_s, Act(world.STAKERS[1], "governance", "execute", hashed, **case))

    def record(self, story: Story, out: Path) -> Topic:
        topic = Topic(wire.CHAIN_TOPIC, 1)
        domain = eth.Domain(eth.contract_of("vault"))
        epoch = 1
        with Node() as node:
            node.deploy(out / "deploy.json", out / "network.toml")
            deployed = int(node.ask("eth_blockNumber"), 16)
            for number in range(1, deployed + 1):
                block = node.block(hex(number))
                note(topic, story, 1, block, [self.first_case and ("SplitSet", self.first_case)])
            self._fund(node)
            planned = sorted(self.planned, key=lambda each: each[0])
            for time_s, together in groupby(planned, lambda each: each[0]):
                while time_s >= epoch_start_s(epoch + 1):
                    close(topic, domain, epoch)
                    epoch += 1
                acts = [act for _, some in together for act in some]
                block = self._mine(node, time_s, [self._transaction(act) for act in acts])
                check(acts, block)
                note(topic, story, epoch, block, [act.case and (getattr(act, "event", None), act.case) for act in acts])
                # Nobody does anything in the next block: who commits and shows later needs one between.
                self._mine(node, time_s + BLOCK_S // 2, [])
        while epoch <= EPOCHS:
            close(topic, domain, epoch)
            epoch += 1
        return topic

    def write_transactions(self, path: Path) -> None:
        """Everything after the deployment, so that any dev node can play the same story."""
        path.write_text(json.dumps(self.blocks, indent=0) + "\n")

    def _mine(self, node: Node, time_s: int, raw: list[bytes]) -> Mined:
        self.blocks.append({"time": time_s, "transactions": ["0x" + each.hex() for each in raw]})
        return node.mine(time_s, raw)

    def _fund(self, node: Node) -> None:
        """Everybody who acts gets something to pay for gas."""
        people = sorted({act.by for _, acts in self.planned for act in acts})
        key = eth.PrivateKey(bytes.fromhex(DEPLOYER_KEY))
        first = int(node.ask("eth_getTransactionCount", "0x" + eth.DEPLOYER.hex(), "latest"), 16)
        raw = [signed(key, first + i, eth.address_of(who), ETHER_EACH, b"") for i, who in enumerate(people)]
        time_s = int(node.ask("eth_getBlockByNumber", "latest", False)["timestamp"], 16) + BLOCK_S
        self._mine(node, time_s, raw)

    def _transaction(self, act: Act | Stray) -> bytes:
        nonce = self.nonces[act.by]
        self.nonces[act.by] += 1
        key = eth.private_key(act.by)
        if isinstance(act, Stray):
            return signed(key, nonce, b"", 0, act.code)
        return signed(key, nonce, eth.contract_of(act.contract), 0, eth.call(act.contract, act.function, act.values))


def check(acts: list, block: Mined) -> None:
    assert len(acts) == len(block.receipts), f"block {block.number} holds {len(block.receipts)} of {len(acts)}"
    for act, receipt in zip(acts, block.receipts):
        assert receipt["status"] == "0x1", f"{act} in block {block.number} reverted"


def close(topic: Topic, domain: eth.Domain, epoch: int) -> None:
    time_us = epoch_start_s(epoch + 1) * 1_000_000
    topic.close(0, epoch, time_us, domain, eth.address_of(world.SETTLER), world.SETTLER)


def note(topic: Topic, story: Story, epoch: int, block: Mined, cases: list) -> None:
    """Writes the block's record, if it holds a log of ours (or the stranger's)."""
    logs, found = [], []
    ours = {eth.contract_of(name) for name in world.CONTRACTS if name != "timelock"}
    for receipt, case in zip(block.receipts, cases + [None] * len(block.receipts)):
        strayed = receipt["contractAddress"] and case and case[0] is None
        for log in receipt["logs"]:
            address = data(log["address"])
            if address not in ours and not strayed:
                continue
            topics = [data(each) for each in log["topics"]]
            hashed = data(log["transactionHash"])
            logs.append(wire.Log(int(log["logIndex"], 16), address, topics, data(log["data"]), hashed))
            if case and (strayed or topics[0] == eth.events()[case[0]].topic):
                found.append((case[1], len(logs) - 1))
    if not logs:
        return
    value = wire.block_record(block.number, block.hash, block.time_s, logs)
    place = topic.append(0, block.time_s * 1_000_000, block.hash, value)
    for case, position in found:
        story.add(case, epoch, place, position)
