"""The 1,797 handwritten digits of scikit-learn, split by what the demo does with them.

Held out: queries and decoys. Learnt from: the datanets West and East, and Hard for the adapter.
"""

from dataclasses import dataclass

import numpy as np
from sklearn.datasets import load_digits

QUERIES = 336
DECOYS = 64
HARD_LABELS = (1, 8, 9)
HARD_PER_LABEL = 45
NOISE_QUERIES = 40


@dataclass(frozen=True)
class Digits:
    """Images of 64 pixels, each 0 to 16, and their labels."""

    pixels: np.ndarray  # uint8 [n, 64]
    labels: np.ndarray  # uint8 [n]

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, where: np.ndarray | slice) -> "Digits":
        return Digits(self.pixels[where], self.labels[where])

    def inputs(self) -> np.ndarray:
        """What a model sees: float64 [n, 64], 0 to 1."""
        return self.pixels.astype(np.float64) / 16.0

    def item(self, index: int) -> bytes:
        """An item's bytes: 64 pixels, then the label."""
        return self.pixels[index].tobytes() + self.labels[index].tobytes()


def joined(parts: list[Digits]) -> Digits:
    return Digits(np.concatenate([p.pixels for p in parts]), np.concatenate([p.labels for p in parts]))


@dataclass(frozen=True)
class Split:
    queries: Digits
    noise: Digits
    decoys: Digits
    west: Digits
    east: Digits
    hard: Digits


def split(seed: int) -> Split:
    """Divides the digits; each datanet is sorted by label, so that contiguous parts are of one or two labels."""
    rng = np.random.default_rng([seed, 1])
    bunch = load_digits()
    order = rng.permutation(len(bunch.target))
    everything = Digits(bunch.data.astype(np.uint8), bunch.target.astype(np.uint8)).take(order)
    held_out = QUERIES + DECOYS
    learnt = everything.take(slice(held_out, None))
    hard = np.zeros(len(learnt), dtype=bool)
    for label in HARD_LABELS:
        hard[np.flatnonzero(learnt.labels == label)[:HARD_PER_LABEL]] = True
    common = learnt.take(~hard)
    half = len(common) // 2
    return Split(
        queries=everything.take(slice(0, QUERIES)),
        noise=Digits(rng.integers(0, 17, (NOISE_QUERIES, 64), dtype=np.uint8), np.zeros(NOISE_QUERIES, np.uint8)),
        decoys=decoys(everything.take(slice(QUERIES, held_out)), rng),
        west=by_label(common.take(slice(0, half))),
        east=by_label(common.take(slice(half, None))),
        hard=by_label(learnt.take(hard)),
    )


def by_label(digits: Digits) -> Digits:
    return digits.take(np.argsort(digits.labels, kind="stable"))


def decoys(held_out: Digits, rng: np.random.Generator) -> Digits:
    """Never trained on: held-out digits whose pixels were shuffled, which leaves ink and label but no shape."""
    return Digits(rng.permuted(held_out.pixels, axis=1), held_out.labels)
