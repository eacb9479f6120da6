"""A very small network of two nights, signed and encoded here by hand: one operator, one model, three contributions."""

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256

from coincurve import PrivateKey

from openbooks_verify.events import CONTRACTS, DECLARED
from openbooks_verify.hashes import keccak, tree_hash
from openbooks_verify.network import CHAIN_TOPIC, RECEIPTS_TOPIC, Network
from openbooks_verify.protobuf import put_bytes, put_each, put_message, put_number
from openbooks_verify.recording import Record, Recording
from openbooks_verify.signing import address_of, word

GENESIS, LENGTH, K = 1_000_000, 1_000, 4
BY_NAME = {declared.name: (contract, topic, declared) for (contract, topic), declared in DECLARED.items()}


def key_of(name: str) -> PrivateKey:
    return PrivateKey(sha256(name.encode()).digest())


def who(name: str) -> bytes:
    return address_of(key_of(name).public_key)


def id_of(name: str) -> bytes:
    return keccak(name.encode())


def sign(digest: bytes, name: str) -> bytes:
    signature = key_of(name).sign_recoverable(digest, hasher=None)
    return signature[:64] + bytes([signature[64] + 27])


NETWORK = Network(
    chain_id=31_337,
    contracts={name: id_of(f"contract {name}")[:20] for name in CONTRACTS},
    settler=who("settler"),
    genesis=GENESIS,
    epoch_length=LENGTH,
    receipts_partitions=1,
)


def abi(kinds: list[str], values: list) -> bytes:
    """abi.encode."""
    heads, tails = [], b""
    size = sum(32 * int(kind.partition("[")[2].strip("]") or 1) for kind in kinds)
    for kind, value in zip(kinds, values):
        if kind in ("string", "bytes"):
            raw = value.encode() if isinstance(value, str) else value
            heads.append(word(size + len(tails)))
            tails += word(len(raw)) + raw + bytes(-len(raw) % 32)
        elif kind.endswith("[]"):
            heads.append(word(size + len(tails)))
            tails += word(len(value)) + abi([kind[:-2]] * len(value), value)
        else:
            heads += [
                word(int(v) if isinstance(v, bool) else v)
                for v in (value if isinstance(value, (list, tuple)) else [value])
            ]
    return b"".join(heads) + tails


CONTRIBUTIONS = {"anna": [b"one", b"two"], "bert": [b"two", b"three"], "cleo": [b"four"]}
DATANET, VERSION, ADAPTER = id_of("datanet"), id_of("version"), id_of("adapter")


@dataclass
class World:
    """Two recordings that grow. `now` in seconds."""

    now: int = GENESIS - 500
    chain: list[Record] = field(default_factory=list)
    receipts: list[Record] = field(default_factory=list)
    artifacts: dict[bytes, bytes] = field(default_factory=dict)
    head: bytes = bytes(32)
    number: int = 0

    def block(self, *events: tuple[str, list], strangers: int = 0) -> None:
        """One block with these events, and logs of a contract that is not ours behind them."""
        logs = []
        for i, (name, values) in enumerate([*events, *[("Transfer", [who("a"), who("b"), 1])] * strangers]):
            contract, topic, declared = BY_NAME[name]
            indexed = [value for (_, _, is_indexed), value in zip(declared.parameters, values) if is_indexed]
            others = [
                (kind, value) for (kind, _, is_indexed), value in zip(declared.parameters, values) if not is_indexed
            ]
            data = abi([kind for kind, _ in others], [value for _, value in others])
            address = NETWORK.contracts[contract] if i < len(events) else id_of("stranger")[:20]
            body = put_number(1, i) + put_bytes(2, address) + put_each(3, [topic, *(word(value) for value in indexed)])
            logs.append(body + put_bytes(4, data) + put_bytes(5, id_of(f"transaction {len(self.chain)}")))
        block_hash = id_of(f"block {len(self.chain)}")
        head = put_number(1, 100 + len(self.chain)) + put_bytes(2, block_hash) + put_number(3, self.now)
        value = put_message(1, head + put_each(4, logs))
        self.chain.append(Record(0, len(self.chain), self.now * 10**6, block_hash, value))
        self.now += 1

    def close(self, epoch: int) -> None:
        self.now = GENESIS + epoch * LENGTH
        for topic, records in ((CHAIN_TOPIC, self.chain), (RECEIPTS_TOPIC, self.receipts)):
            content = put_bytes(1, topic.encode()) + put_number(3, epoch) + put_bytes(4, who("settler"))
            signature = sign(NETWORK.domain.close(content), "settler")
            value = put_message(2, put_bytes(1, content) + put_bytes(2, signature))
            records.append(Record(0, len(records), self.now * 10**6, b"", value))

    def send(
        self,
        answers: list[tuple[str, bytes, int]],
        spends: dict[str, int],
        signer: str = "operator key",
        version: bytes = VERSION,
    ) -> None:
        """A batch of (payer, adapter, tokens in), each with the same query; it extends the lane."""
        evidence = [query(bool(adapter)) for _, adapter, _ in answers]
        bodies = [
            put_number(1, self.now * 10**6) + put_bytes(2, who(payer)) + put_bytes(3, version) + put_bytes(4, adapter)
            + put_number(5, tokens) + put_bytes(7, id_of("in")) + put_bytes(8, id_of("out")) + put_bytes(9, keccak(proof))
            for (payer, adapter, tokens), proof in zip(answers, evidence)
        ]  # fmt: skip
        signed = [
            put_bytes(1, who(payer)) + put_bytes(2, cumulative.to_bytes(16, "big"))
            + put_bytes(3, sign(NETWORK.domain.spend(who(payer), who("operator"), cumulative), payer))
            for payer, cumulative in spends.items()
        ]  # fmt: skip
        self.number += 1
        content = (
            put_bytes(1, who("operator")) + put_bytes(2, who(signer)) + put_number(3, 1) + put_number(4, self.number)
        )
        content += put_bytes(5, self.head) + put_each(6, bodies) + put_each(7, signed)
        self.head = keccak(content)
        envelope = put_bytes(1, content) + put_bytes(2, sign(NETWORK.domain.batch(content), signer))
        value = put_message(1, envelope + put_each(3, list(dict.fromkeys(evidence))))
        self.receipts.append(Record(0, len(self.receipts), self.now * 10**6, who("operator"), value))
        self.now += 1

    def garbage(self) -> None:
        self.receipts.append(Record(0, len(self.receipts), self.now * 10**6, b"", b"\x0a\xff"))

    def topics(self) -> tuple[Recording, Recording]:
        return Recording(CHAIN_TOPIC, 1, self.chain), Recording(RECEIPTS_TOPIC, 1, self.receipts)

    def index(self, rows: dict[tuple[bytes, int], list[int]]) -> bytes:
        """A sketch index with one checkpoint; its name."""
        data = b"OBINDEX1" + struct.pack(">III", K, 1, len(rows))
        for (contribution, item), values in sorted(rows.items()):
            data += contribution + struct.pack(">IBB4b", item, 0, 1, *values)
        self.artifacts[sha256(data).digest()] = data
        return sha256(data).digest()


def query(with_adapter: bool) -> bytes:
    """Evidence: the sketch (1, 2, 3, 4) with exponent 2, for the base and, if asked for, the adapter."""
    sketch = put_number(1, 2) + put_bytes(2, bytes([1, 2, 3, 4]))
    return put_message(1, put_message(1, sketch) + (put_message(2, sketch) if with_adapter else b""))


def contribution_of(name: str) -> bytes:
    return keccak(DATANET, id_of(f"commitment of {name}"))


def two_nights(evidence_public: bool, others: Callable[[World, bytes], None] = lambda world, index: None) -> World:
    """Anna and Bert have an item in common, Anna was first; nobody voted on Cleo's; the adapter has no items.

    `others` publish beside the model, whose index they are told.
    """
    world = World()
    operator, payer, staker = who("operator"), who("payer"), who("staker")
    world.block(
        ("OperatorRegistered", [operator, "Operator", "ipfs://o"]), ("SigningKeyAdded", [operator, who("operator key")])
    )
    world.block(("SplitSet", [0, [100, 900, 1000, 500, 500, 1000, 1000, 1000, 3000, 1000], who("platform")]))
    world.block(("DatanetCreated", [DATANET, who("owner"), "Net", "CC0-1.0", "ipfs://d", 1]))
    for name, items in CONTRIBUTIONS.items():
        world.block(("ContributionCommitted", [id_of(f"commitment of {name}"), DATANET, who(name)]))
        contribute(world, name, [sha256(item).digest() for item in items])
    accepted = [contribution_of(name) for name in CONTRIBUTIONS]
    world.block(("DatanetVersionPublished", [id_of("net 1"), DATANET, 1, tree_hash(accepted), 3]))
    anna, bert, cleo = accepted
    rows = {(bytes(32), 0): [1, 0, 0, 0], (anna, 0): [1, 1, 1, 1], (anna, 1): [0, 2, 0, 0], (bert, 0): [0, 2, 0, 0]}
    rows |= {(bert, 1): [0, 0, 5, 0], (cleo, 0): [-9, 1, 1, 1]}
    parameters = abi(["uint32"] * 4, [K, 1, 1, 2])
    index, empty = world.index(rows), world.index({(bytes(32), 0): [1, 0, 0, 0]})
    world.block(("ModelCreated", [id_of("model"), who("modeller"), "Model"]))
    published = [VERSION, id_of("model"), 1, parameters, index, [id_of("net 1")], bytes(32), evidence_public]
    registered = [ADAPTER, VERSION, who("adapter owner"), "A", 1, parameters, empty, [], 2_500, evidence_public]
    world.block(("ModelVersionPublished", published), ("AdapterRegistered", registered))
    world.block(("ModelVersionPriced", [VERSION, 0, 1_000, 1, 0]), ("AdapterPriced", [ADAPTER, 0, 7, 0, 0]))
    others(world, index)
    world.block(("Deposited", [payer, operator, 10_000]), ("Staked", [staker, operator, 500]), strangers=1)
    world.now = GENESIS + 10
    world.send([("payer", b"", 1), ("payer", ADAPTER, 4)], {"payer": 2_012})
    world.garbage()
    world.send([("payer", b"", 0)], {})  # beyond the Spend
    world.block(("RefundRequested", [payer, operator, 9_500]), ("UnstakeStarted", [staker, operator, 100, 0]))
    world.block(("UnstakeRequested", [staker, operator, 100]))
    world.block(("Slashed", [staker, operator, 20, "late"]))
    world.close(1)
    world.send([("payer", b"", 1), ("payer", b"", 2)], {"payer": 9_999})
    world.block(("CorrectionOrdered", [id_of("correction"), who("anna"), who("bert"), 1_000, "swapped"]))
    world.block(("UnattributedAssigned", [id_of("assignment"), DATANET, who("cleo"), 5, "nothing is there"]))
    world.close(2)
    return world


def contribute(world: World, name: str, hashes: list[bytes]) -> None:
    content, contribution = tree_hash(hashes), contribution_of(name)
    world.artifacts[content] = b"OBITEMS1" + len(hashes).to_bytes(4, "big") + b"".join(hashes)
    submitted = [
        contribution,
        DATANET,
        who(name),
        id_of(f"commitment of {name}"),
        content,
        len(hashes),
        "ipfs://c",
        "CC0-1.0",
    ]
    shares = [[who(name), who("friend"), who(name)], [5_000, 3_000, 2_000]] if name == "bert" else [[], []]
    decided = [contribution, True, 9_000, len(hashes)]
    world.block(("ContributionSubmitted", [*submitted, *shares]))
    voted = [contribution, who("validator"), True, 9_000, len(hashes)]
    votes = [] if name == "cleo" else [("ContributionValidated", voted)]
    world.block(*votes, ("ContributionDecided", decided))
