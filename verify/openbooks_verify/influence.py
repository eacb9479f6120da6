"""Rules of attribution: which items are copies, and which contributions influenced which receipt.

Everything is an integer. A product of two int8 sketches is below 2^30, shifted below 2^60, summed below 2^62: int64 is
exact. Weights of contributions are summed as Python integers.
"""

from dataclasses import dataclass

import numpy as np

from .artifacts import Part, Unusable, index_of, items_of
from .registry_models import supported
from .tables import Row

QUERIES_AT_ONCE = 256

Item = tuple[bytes, int]  # contribution, item


@dataclass(frozen=True)
class Scope:
    """A payable model version or adapter: its accepted items, and which of them are representatives."""

    row: Row
    index: Part
    numbers: np.ndarray  # of the index's rows behind the decoys: contribution number
    scored: np.ndarray  # whether each of these is a representative
    lists: list[bytes]  # content hashes of its contributions
    copies: dict[Item, Item]  # to their representatives


def contributions_of(part: Row, registry: dict[str, list[Row]]) -> list[Row]:
    """Contributions of the datanet versions that a model version or adapter was trained on, each once."""
    versions = {row["version"]: row for row in registry["datanet_versions"]}
    known = {row["contribution"]: row for row in registry["contributions"]}
    named = (versions[version]["contributions"] for version in part["datanet_versions"] if version in versions)
    return [known[contribution] for contribution in dict.fromkeys(c for listed in named for c in listed)]


def payable(registry: dict[str, list[Row]], epoch: int) -> list[tuple[bytes, Row]]:
    """Model versions and adapters that pay by now, are not deprecated and are supported, with their ids."""
    parts = [(row["version"], row) for row in registry["models"]] + [
        (row["adapter"], row) for row in registry["adapters"]
    ]
    return [
        (scope, row) for scope, row in parts if row["pays_from"] <= epoch and not row["deprecated"] and supported(row)
    ]


def usable(registry: dict[str, list[Row]], epoch: int, artifacts: dict[bytes, bytes]) -> dict[bytes, Scope]:
    """The payable model versions and adapters whose artifacts are there and hold what was pinned."""
    scopes = {}
    for scope, row in payable(registry, epoch):
        try:
            scopes[scope] = _scope(row, contributions_of(row, registry), artifacts)
        except Unusable:
            continue
    return scopes


def _scope(row: Row, members: list[Row], artifacts: dict[bytes, bytes]) -> Scope:
    first: dict[bytes, Item] = {}
    accepted: list[Item] = []
    copies: dict[Item, Item] = {}
    for member in sorted(members, key=lambda member: (member["commit_block"], member["commit_log"])):
        for item, item_hash in enumerate(items_of(member, artifacts)):
            this = (member["contribution"], item)
            accepted.append(this)
            original = first.setdefault(item_hash, this)
            if original != this:
                copies[this] = original
    index = index_of(row, accepted, artifacts)
    number_of = {member["contribution"]: member["number"] for member in members}
    behind = index.keys[index.decoys :]
    numbers = np.array([number_of[contribution] for contribution, _ in behind], np.int64)
    scored = np.array([key not in copies for key in behind], bool)
    return Scope(row, index, numbers, scored, [member["content_hash"] for member in members], copies)


def clusters(scopes: dict[bytes, Scope], epoch: int) -> list[Row]:
    """The table clusters."""
    rows = []
    for scope, found in scopes.items():
        for (contribution, item), original in found.copies.items():
            copy = {"contribution": contribution, "item": item, "original_contribution": original[0]}
            copy |= {"original_item": original[1], "test": "exact", "similarity": 10_000}
            rows.append({"epoch": epoch, "scope": scope} | copy)
    return rows


def attribute(charged: list[Row], evidence: dict[bytes, Row], scopes: dict[bytes, Scope]) -> list[Row]:
    """Rows of attributions for these charged receipts; `evidence` by receipt, with its bytes."""
    found: dict[bytes, Row] = {}
    for row in charged:
        made = {"epoch": row["epoch"], "receipt": row["receipt"], "fee": row["fee"], "tau_base": 0, "tau_adapter": None}
        made |= {"model_version": row["model_version"], "adapter": row["adapter"], "weights": []}
        found[row["receipt"]] = made
    for part, column, tau in ((0, "model_version", "tau_base"), (1, "adapter", "tau_adapter")):
        for scope in sorted({row[column] for row in charged if row[column] is not None}):
            receipts = [row["receipt"] for row in charged if row[column] == scope]
            for at in range(0, len(receipts), QUERIES_AT_ONCE):
                some = receipts[at : at + QUERIES_AT_ONCE]
                for receipt, (top, weights) in zip(some, _weigh([evidence[r] for r in some], part, scopes[scope])):
                    found[receipt][tau] = top
                    found[receipt]["weights"] += [{"part": part, "number": n, "weight": w} for n, w in weights]
    return list(found.values())


def _weigh(evidence: list[Row], part: int, scope: Scope) -> list[tuple[int, list[tuple[int, int]]]]:
    """For each query: tau, and (contribution number, weight) by number."""
    index = scope.index
    scores = np.zeros((len(evidence), len(index.keys)), np.int64)
    sketches = [[sketch for sketch in row["sketches"] if sketch["part"] == part] for row in evidence]
    for t in range(len(index.values)):
        values = [_values(row["evidence"], of[t]) for row, of in zip(evidence, sketches)]
        exponents = np.array([of[t]["exponent"] for of in sketches], np.int64)
        products = np.array(values, np.int64) @ index.values[t].T
        scores += products * (1 << exponents[:, None] + index.exponents[t][None, :])
    return [_top(row, scope) for row in scores]


def _values(blob: bytes, sketch: Row) -> np.ndarray:
    return np.frombuffer(blob, np.int8, sketch["length"], sketch["start"])


def _top(scores: np.ndarray, scope: Scope) -> tuple[int, list[tuple[int, int]]]:
    """Of the representatives above tau the first top_k count, by (score descending, number, item)."""
    decoys = scope.index.decoys
    tau = int(scores[:decoys].max()) if decoys else 0
    above = np.flatnonzero((scores[decoys:] > tau) & scope.scored)
    keys = scope.index.keys
    ranked = sorted((tau - int(scores[decoys + i]), int(scope.numbers[i]), keys[decoys + i][1]) for i in above.tolist())
    weights: dict[int, int] = {}
    for minus, number, _ in ranked[: scope.row["top_k"]]:
        weights[number] = weights.get(number, 0) - minus
    return tau, sorted(weights.items())
