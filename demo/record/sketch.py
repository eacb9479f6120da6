"""Influence sketches: whitened gradients, projected by random signs, as int8 with a power-of-two exponent.

With margin m = log p - log(1 - p) of a label, gradients are dm/dw, and H = sum of p (1 - p) dm dm' over the
training items + damping. Query and item are H^(-1/2) dm/dw, the item's scaled to length one, so that a
borderline item does not win every query. Their product is positive where the item helps (TRAK, RelatIF).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .digits import Digits
from .train import Adapter, Net

K = 256
CHECKPOINTS = 3
EXPONENT_MAX = 15
DAMPING = 30.0


@dataclass(frozen=True)
class Sketches:
    """A row stands for values x 2^exponent, up to one factor for all rows."""

    values: np.ndarray  # int8 [rows, CHECKPOINTS, K]
    exponents: np.ndarray  # uint8 [rows, CHECKPOINTS]

    def wide(self) -> np.ndarray:
        """As float64, in which every integer here is exact."""
        return self.values.astype(np.float64) * np.exp2(self.exponents)[:, :, None]


def quantised(rows: np.ndarray, group: int) -> Sketches:
    """Of float64 [n, CHECKPOINTS, K]; each `group` of rows, all checkpoints in it, shares one offset of exponents."""
    top = np.abs(rows).max(axis=2)
    wanted = np.ceil(np.log2(np.maximum(top, 1e-300) / 127)).astype(int)
    groups = wanted.reshape(len(rows) // group, -1)
    offset = np.maximum(groups.min(axis=1), groups.max(axis=1) - EXPONENT_MAX)
    lowest = np.repeat(offset, group)[:, None]
    lifted = np.maximum(wanted, lowest)
    values = np.rint(rows / np.exp2(lifted)[:, :, None]).astype(np.int8)
    return Sketches(values, (lifted - lowest).astype(np.uint8))


def scores(queries: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Sum over checkpoints of the dot products."""
    return queries.reshape(len(queries), -1) @ rows.reshape(len(rows), -1).T


class Whitening:
    """H^(-1/2), then K random signs, for one checkpoint."""

    def __init__(self, gradients: np.ndarray, p: np.ndarray, seed: list[int]):
        _, spectrum, self._axes = np.linalg.svd(gradients * np.sqrt(p * (1 - p))[:, None], full_matrices=False)
        self._along = 1 / np.sqrt(spectrum**2 + DAMPING) - 1 / np.sqrt(DAMPING)
        signs = np.random.default_rng(seed).integers(0, 2, (gradients.shape[1], K))
        self._signs = (signs * 2.0 - 1.0) / np.sqrt(K)

    def __call__(self, gradients: np.ndarray) -> np.ndarray:
        whitened = gradients / np.sqrt(DAMPING) + ((gradients @ self._axes.T) * self._along) @ self._axes
        return whitened @ self._signs


class Influence:
    """One part (a model version or an adapter): its training items' rows, decoys' rows, and rows for queries."""

    def __init__(self, nets: list[Net], adapters: list[Adapter | None], items: Digits, decoys: Digits, seed: list[int]):
        self.nets, self.adapters = nets, adapters
        known = [gradients(n, a, items.inputs(), items.labels) for n, a in zip(nets, adapters)]
        self._whitenings = [Whitening(g, p, [*seed, t]) for t, (g, p) in enumerate(known)]
        self.items = self._unit_rows(items)
        self.decoys = self._unit_rows(decoys)

    def answers(self, x: np.ndarray) -> np.ndarray:
        """The label on which the checkpoints together settle."""
        return sum((a.on(n) if a else n).probabilities(x) for n, a in zip(self.nets, self.adapters)).argmax(axis=1)

    def rows(self, x: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """float64 [n, CHECKPOINTS, K]."""
        parts = zip(self._whitenings, self.nets, self.adapters)
        return np.stack([white(gradients(net, adapter, x, labels)[0]) for white, net, adapter in parts], axis=1)

    def _unit_rows(self, digits: Digits) -> np.ndarray:
        rows = self.rows(digits.inputs(), digits.labels)
        return rows / np.linalg.norm(rows, axis=2, keepdims=True)

    @cached_property
    def index(self) -> tuple[Sketches, Sketches]:
        """Items and decoys with one offset of exponents for both."""
        both = quantised(np.concatenate([self.items, self.decoys]), len(self.items) + len(self.decoys))
        cut = len(self.items)
        return (
            Sketches(both.values[:cut], both.exponents[:cut]),
            Sketches(both.values[cut:], both.exponents[cut:]),
        )


def outer(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Per row, every product of an element of `a` and one of `b`."""
    return np.einsum("ni,nj->nij", a, b).reshape(len(a), -1)


def gradients(net: Net, adapter: Adapter | None, x: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Per example: gradient of its label's margin by all weights (of the adapter, if given), and p of its label."""
    whole = adapter.on(net) if adapter else net
    p = whole.probabilities(x)
    rows = np.arange(len(x))
    own = p[rows, labels]
    d2 = p.copy()
    d2[rows, labels] = 0.0
    d2 /= -np.maximum(d2.sum(axis=1, keepdims=True), 1e-300)
    d2[rows, labels] = 1.0
    h = whole.hidden(x)
    d1 = (d2 @ whole.w2.T) * (1 - h * h)
    if adapter is None:
        parts = [outer(x, d1), d1, outer(h, d2), d2]
    else:
        parts = [
            outer(x, d1 @ adapter.up1.T),
            outer(x @ adapter.down1, d1),
            outer(h, d2 @ adapter.up2.T),
            outer(h @ adapter.down2, d2),
        ]
    return np.concatenate(parts, axis=1), own
