"""Artifacts: lists of items and sketch indexes (docs/formats.md), with every check that they must pass."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from .hashes import ZERO_32, sha256, tree_hash
from .tables import Row

HEAD = 38  # bytes of an index row before its values
EXPONENT_MAX = 15


@dataclass(frozen=True)
class Part:
    """What a model version or adapter attributes to: items of contributions, its index, its decoys.

    `values` and `exponents` are of shape (T, rows, k) and (T, rows), int64; `keys` are (contribution, item), zero
    contribution first: `decoys` of them.
    """

    keys: list[tuple[bytes, int]]
    decoys: int
    values: np.ndarray
    exponents: np.ndarray


class Unusable(Exception):
    """An artifact is missing, or not what was pinned: what pins it is refused."""


def _same(what: str, pinned: object, found: object) -> None:
    if pinned != found:
        raise Unusable(f"{what}: {found!r}, pinned is {pinned!r}")


def items_of(contribution: Row, artifacts: dict[bytes, bytes]) -> list[bytes]:
    """The contribution's accepted item hashes: the list must give its content hash and hold them all."""
    name = contribution["content_hash"]
    data = artifacts.get(name)
    if data is None:
        raise Unusable(f"the item list 0x{name.hex()} is missing")
    hashes = [data[at : at + 32] for at in range(12, len(data), 32)]
    if data[:8] != b"OBITEMS1" or len(data) < 12 or len(data) != 12 + 32 * int.from_bytes(data[8:12], "big"):
        raise Unusable(f"0x{name.hex()} is no item list")
    _same(f"tree hash of the item list 0x{name.hex()}", name, tree_hash(hashes))
    if len(hashes) < contribution["items"]:
        raise Unusable(f"0x{name.hex()} lists {len(hashes)} items, {contribution['items']} were accepted")
    return hashes[: contribution["items"]]


def index_of(part: Row, accepted: list[tuple[bytes, int]], artifacts: dict[bytes, bytes]) -> Part:
    """The sketch index of a model version or adapter: exactly its accepted items and its decoys, each checkpoint once."""
    name = part["artifact_hash"]
    what = f"index 0x{name.hex()}"
    data = artifacts.get(name)
    if data is None:
        raise Unusable(f"{what} is missing")
    _same(f"{what}, SHA-256", name, sha256(data))
    k, checkpoints, count = (int.from_bytes(data[at : at + 4], "big") for at in (8, 12, 16))
    if data[:8] != b"OBINDEX1" or len(data) < 20 or len(data) != 20 + count * (HEAD + k):
        raise Unusable(f"{what} is no sketch index")
    _same(f"{what}, k and checkpoints", (k, checkpoints), (part["sketch_k"], part["checkpoints"]))
    if k == 0 or checkpoints == 0 or k % 4 or k * checkpoints > 65_536:
        raise Unusable(f"{what} is out of bounds: k {k}, checkpoints {checkpoints}")
    rows = np.frombuffer(data, np.uint8, offset=20).reshape(count, HEAD + k)
    keys = _keys(rows, checkpoints, what)
    decoys = sum(1 for contribution, _ in keys if contribution == ZERO_32)
    if decoys < part["decoys_min"]:
        raise Unusable(f"{what} has {decoys} decoys, at least {part['decoys_min']} are pinned")
    _same(f"{what}, rows of items", sorted(keys[decoys:]), sorted(accepted))
    by_checkpoint = rows.reshape(len(keys), checkpoints, HEAD + k).transpose(1, 0, 2)
    exponents = by_checkpoint[:, :, 37].astype(np.int64)
    if (exponents > EXPONENT_MAX).any():
        raise Unusable(f"{what} has an exponent above {EXPONENT_MAX}")
    values = np.ascontiguousarray(by_checkpoint[:, :, HEAD:]).view(np.int8).astype(np.int64)
    return Part(keys, decoys, values, exponents)


def _keys(rows: np.ndarray, checkpoints: int, what: str) -> list[tuple[bytes, int]]:
    """(contribution, item) of each run of rows, one row a checkpoint."""
    heads = [row[:37].tobytes() for row in rows]
    if any(one >= other for one, other in zip(heads, heads[1:])):
        raise Unusable(f"{what}: its rows do not ascend")
    runs: defaultdict[bytes, list[int]] = defaultdict(list)
    for head in heads:
        runs[head[:36]].append(head[36])
    for run, found in runs.items():
        if found != list(range(checkpoints)):
            raise Unusable(f"{what}: item {int.from_bytes(run[32:], 'big')} of 0x{run[:32].hex()} lacks a checkpoint")
    return [(run[:32], int.from_bytes(run[32:], "big")) for run in runs]
