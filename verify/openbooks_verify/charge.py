"""Rules of charging: which batches extend their lane, which receipts count, and what each costs."""

from collections import defaultdict
from collections.abc import Container
from dataclasses import dataclass

from .accounts import deposit_account
from .hashes import ZERO_32
from .network import AMOUNT_MAX, Network, Range
from .raw import RawRows
from .registry_models import supported
from .remake import Place, place_of
from .tables import Row

Pair = tuple[bytes, bytes]


def log_times(rows: RawRows, ranges: list[Range], ends_at: int) -> dict[Place, int]:
    """Each record's log time: the largest of its own and those before it in its range, at most the epoch's end."""
    times: dict[Place, int] = {}
    logs = sorted(rows.tables["raw_log"], key=place_of)
    for part in ranges:
        latest = None
        for row in logs:
            if (row["topic"], row["partition"]) == (part.topic, part.partition) and part.start <= row[
                "offset"
            ] <= part.to:
                latest = row["taken_at"] if latest is None else max(latest, row["taken_at"])
                times[place_of(row)] = min(latest, ends_at)
    return times


@dataclass
class Book:
    """What is known when a batch or a receipt is judged; lanes and Spends go on from epoch to epoch."""

    epoch: int
    registry: dict[str, list[Row]]
    opening: dict[str, list[Row]]
    usable: Container[bytes]

    def __post_init__(self) -> None:
        self.operators = {row["operator"]: row for row in self.registry["operators"]}
        self.models = {row["version"]: row for row in self.registry["models"]}
        self.adapters = {row["adapter"]: row for row in self.registry["adapters"]}
        self.keys: defaultdict[tuple[str, bytes, bytes], list[Row]] = defaultdict(list)
        for row in self.registry["keys"]:
            self.keys[row["kind"], row["owner"], row["key"]].append(row)
        lanes = self.opening["lane_heads"]
        self.lanes = {(row["operator"], row["lane"]): (row["number"], row["head"]) for row in lanes}
        self.extended = {head for _, head in self.lanes.values()}  # batches of this epoch too
        self.allowed: defaultdict[Pair, int] = defaultdict(int)
        self.charged: defaultdict[Pair, int] = defaultdict(int)
        for row in self.opening["spends"]:
            pair = (row["payer"], row["operator"])
            self.allowed[pair], self.charged[pair] = row["allowed"], row["charged"]
        self.deposits: defaultdict[bytes, int] = defaultdict(int)
        for row in self.opening["balances"]:
            self.deposits[row["account"]] += row["amount"]
        for row in self.registry["flows"]:
            if row["kind"] == "deposit":
                self.deposits[deposit_account(row["party"], row["operator"])] += row["amount"]

    def is_key(self, kind: str, owner: bytes, key: bytes, at: int) -> bool:
        """Whether the key was added at or before that time and not revoked at or before it."""
        rows = self.keys[kind, owner, key]
        return any(r["added_at"] <= at and (r["revoked_at"] is None or at < r["revoked_at"]) for r in rows)

    def extend(self, batch: Row, at: int) -> str | None:
        """Why the batch is refused as a whole; or it extends its lane, and its Spends count."""
        lane = (batch["operator"], batch["lane"])
        number, head = self.lanes.get(lane, (0, ZERO_32))
        operator = self.operators.get(batch["operator"])
        if operator is None or (operator["revoked_at"] is not None and operator["revoked_at"] <= at):
            return "unknown_operator"
        if not self.is_key("signing", batch["operator"], batch["signer"], at):
            return "invalid_key"
        if batch["batch"] in self.extended:
            return "replayed"
        if batch["number"] <= number or (batch["number"] == number + 1 and batch["previous"] != head):
            return "lane_fork"
        if batch["number"] > number + 1:
            return "lane_gap"
        self.lanes[lane] = (batch["number"], batch["batch"])
        self.extended.add(batch["batch"])
        for spend in batch["spends"]:
            payer, signer = spend["payer"], spend["signer"]
            if signer == payer or self.is_key("spender", payer, signer, at):
                pair = (payer, batch["operator"])
                self.allowed[pair] = max(self.allowed[pair], spend["cumulative"])
        return None

    def judge(self, receipt: Row, evidence: Row | None) -> tuple[str, int]:
        """Whether a receipt of a batch that counts is charged, or why not, and its fee."""
        model = self.models.get(receipt["model_version"])
        adapter = self.adapters.get(receipt["adapter"]) if receipt["adapter"] else None
        if model is None:
            return "unknown_model", 0
        if receipt["adapter"] and (adapter is None or adapter["model_version"] != receipt["model_version"]):
            return "unknown_adapter", 0
        parts = [model, adapter] if adapter else [model]
        if any(part["pays_from"] > self.epoch for part in parts):
            return "not_yet_payable", 0
        if any(part["deprecated"] for part in parts):
            return "deprecated", 0
        if not all(part["priced"] for part in parts):
            return "unpriced", 0
        if not all(supported(part) for part in parts):
            return "method_unsupported", 0
        if model["version"] not in self.usable or (adapter and adapter["adapter"] not in self.usable):
            return "artifact_unusable", 0
        if evidence is None:
            return "evidence_missing", 0
        if not has_sketches(evidence, model, adapter):
            return "evidence_malformed", 0
        return self._pay(receipt, parts)

    def _pay(self, receipt: Row, parts: list[Row]) -> tuple[str, int]:
        tokens = receipt["tokens_in"], receipt["tokens_out"]
        fee = sum(p["price_base"] + tokens[0] * p["price_in"] + tokens[1] * p["price_out"] for p in parts)
        pair = (receipt["payer"], receipt["operator"])
        account = deposit_account(*pair)
        if fee > AMOUNT_MAX:
            return "fee_overflow", 0
        if self.charged[pair] + fee > self.allowed.get(pair, 0):
            return "beyond_spend", 0
        if fee > self.deposits[account]:
            return "beyond_deposit", 0
        self.charged[pair] += fee
        self.deposits[account] -= fee
        return "charged", fee


def has_sketches(evidence: Row, model: Row, adapter: Row | None) -> bool:
    """Whether the evidence is exactly T sketches of k values for the base, and likewise for the adapter."""
    if evidence["method"] != "influence":
        return False
    for part, row in enumerate((model, adapter)):
        sketches = [sketch for sketch in evidence["sketches"] if sketch["part"] == part]
        checkpoints, k = (row["checkpoints"], row["sketch_k"]) if row else (0, 0)
        if len(sketches) != checkpoints:
            return False
        if any(sketch["length"] != k or sketch["exponent"] > 15 for sketch in sketches):
            return False
    return True


def charge(
    rows: RawRows,
    network: Network,
    epoch: int,
    ranges: list[Range],
    registry: dict[str, list[Row]],
    opening: dict[str, list[Row]],
    usable: Container[bytes],
) -> dict[str, list[Row]]:
    """The tables charges, lane_heads and spends; the rows of `rows` that are in the ranges count.

    `usable`: the model versions and adapters whose artifacts can be used.
    """
    book = Book(epoch, registry, opening, usable)
    starts_at, ends_at = network.starts_at(epoch) * 10**6, network.ends_at(epoch) * 10**6
    times = log_times(rows, ranges, ends_at)
    receipts: defaultdict[Place, list[Row]] = defaultdict(list)
    for receipt in sorted(rows.tables["raw_receipts"], key=lambda row: row["index"]):
        receipts[place_of(receipt)].append(receipt)
    evidence = {(place_of(row), row["index"]): row for row in rows.tables["raw_evidence"]}
    batches = [row for row in rows.tables["raw_batches"] if place_of(row) in times]
    charges = []
    for batch in sorted(batches, key=lambda row: (times[place_of(row)], row["partition"], row["offset"])):
        place = place_of(batch)
        refused = book.extend(batch, times[place])
        for receipt in receipts[place]:
            found = evidence.get((place, receipt["index"]))
            outcome, fee = (refused, 0) if refused else book.judge(receipt, found)
            served = receipt["served_at"]
            clock = "late" if served < starts_at else "early" if served >= ends_at else "on_time"
            row = {"epoch": epoch, "log_time": times[place], "outcome": outcome, "fee": fee, "clock": clock}
            names = ("topic", "partition", "offset", "index", "receipt", "batch", "operator", "payer")
            charges.append(row | {name: receipt[name] for name in (*names, "model_version", "adapter")})
    heads = [
        {"epoch": epoch, "operator": operator, "lane": lane, "number": number, "head": head}
        for (operator, lane), (number, head) in book.lanes.items()
    ]
    spends = [
        {"epoch": epoch, "payer": pair[0], "operator": pair[1], "allowed": allowed, "charged": book.charged[pair]}
        for pair, allowed in book.allowed.items()
    ]
    return {"charges": charges, "lane_heads": heads, "spends": spends}
