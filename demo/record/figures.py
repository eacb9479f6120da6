"""Does the attribution mean anything? Label shares, retraining without the top items, integers against floats."""

from dataclasses import dataclass

import numpy as np

from . import money
from .chain_story import TOP_K
from .digits import Digits, Split
from .parts import Part
from .sketch import CHECKPOINTS, scores
from .train import Net, trained_pair

PROBES = 20
RANDOM_REMOVALS = 10


@dataclass(frozen=True)
class Scored:
    """Integer scores of queries against a part's items, and the decoys' best per query."""

    items: np.ndarray  # float64 [queries, items], exact integers
    tau: np.ndarray  # [queries]

    def weights(self) -> np.ndarray:
        """What lies above tau, of the first TOP_K items."""
        above = np.maximum(0.0, self.items - self.tau[:, None])
        kept = np.zeros_like(above)
        for row, order in enumerate(np.argsort(-above, axis=1, kind="stable")[:, :TOP_K]):
            kept[row, order] = above[row, order]
        return kept


def scored(part: Part, x: np.ndarray) -> Scored:
    items, decoys = part.influence.index
    queries = part.sketches(x, part.influence.answers(x)).wide()
    return Scored(scores(queries, items.wide()), scores(queries, decoys.wide()).max(axis=1))


def unattributable(part: Part, x: np.ndarray) -> np.ndarray:
    """Which queries leave no item above the decoys."""
    found = scored(part, x)
    return np.flatnonzero(found.items.max(axis=1) <= found.tau)


def figures(seed: int, split: Split, parts: dict[str, Part], hard: np.ndarray) -> dict:
    everyone = np.arange(len(split.queries))
    out = {}
    for use, part in parts.items():
        queries = split.queries.take(hard if use == money.ADAPTED else everyone)
        out[use] = label_shares(part, queries) | agreement(part, queries.inputs())
    for use in (money.FIRST, money.SECOND):
        out[use] |= removal(seed, use, split, parts)
    return out


def label_shares(part: Part, queries: Digits) -> dict:
    x = queries.inputs()
    found = scored(part, x)
    weights = found.weights()
    labels = part.training.digits.labels
    owners = [places[0][0] for places in part.training.where]
    main = {owner: np.bincount(labels[[o == owner for o in owners]]).argmax() for owner in sorted(set(owners))}
    main_labels = np.array([main[owner] for owner in owners])
    own = queries.labels[:, None]
    return {
        "items": len(labels),
        "queries": len(queries),
        "accuracy": rounded(np.mean(part.influence.answers(x) == queries.labels)),
        "items_above_tau_median": int(np.median((found.items > found.tau[:, None]).sum(axis=1))),
        "queries_without_weight": int((weights.sum(axis=1) == 0).sum()),
        "share_same_label_items": rounded(share(weights, labels[None] == own)),
        "share_same_label_contributions": rounded(share(weights, main_labels[None] == own)),
        "share_same_label_if_random": rounded(np.mean(labels[None] == own)),
    }


def share(weights: np.ndarray, chosen: np.ndarray) -> float:
    """Mean over queries with weight."""
    total = weights.sum(axis=1)
    some = total > 0
    return float(np.mean((weights * chosen).sum(axis=1)[some] / total[some]))


def agreement(part: Part, x: np.ndarray) -> dict:
    """Of int8 scores with float64 ones."""
    exact = scores(part.influence.rows(x, part.influence.answers(x)), part.influence.items)
    found = scored(part, x).items
    correlation = [np.corrcoef(a, b)[0, 1] for a, b in zip(exact, found)]
    tops = [np.argsort(-rows, axis=1, kind="stable")[:, :TOP_K] for rows in (exact, found)]
    overlap = [len(set(a) & set(b)) / TOP_K for a, b in zip(*tops)]
    return {
        "int8_float_correlation_mean": rounded(np.mean(correlation), 6),
        "int8_float_correlation_min": rounded(np.min(correlation), 6),
        "int8_float_top32_overlap": rounded(np.mean(overlap)),
    }


def removal(seed: int, use: str, split: Split, parts: dict[str, Part]) -> dict:
    """Retrains without a query's top items, and without as many random ones; how much less sure is the answer?"""
    part = parts[use]
    probes = split.queries.take(np.linspace(0, len(split.queries) - 1, PROBES).astype(int))
    x = probes.inputs()
    given = Digits(probes.pixels, part.influence.answers(x).astype(np.uint8))
    first, second = parts[money.FIRST].training.digits, parts[money.SECOND].training.digits

    def losses_without(removed: np.ndarray) -> np.ndarray:
        """The first version's items are the first ones of the second's."""
        kept = np.ones(len(second), dtype=bool)
        kept[removed] = False
        pair = trained_pair(seed, CHECKPOINTS, first.take(kept[: len(first)]), second.take(kept))
        return mean_losses(pair[0] if use == money.FIRST else pair[1], given)

    before = mean_losses(part.influence.nets, given)
    tops = np.argsort(-scored(part, x).items, axis=1, kind="stable")[:, :TOP_K]
    top = np.array([losses_without(row)[i] for i, row in enumerate(tops)]) - before
    rng = np.random.default_rng([seed, 8])
    draws = [rng.choice(len(part.training.digits), TOP_K, replace=False) for _ in range(RANDOM_REMOVALS)]
    random = np.mean([losses_without(draw) for draw in draws], axis=0) - before
    return {
        "probes": PROBES,
        "loss_before_mean": rounded(before.mean(), 6),
        "loss_increase_without_top32_mean": rounded(top.mean(), 6),
        "loss_increase_without_random32_mean": rounded(random.mean(), 6),
        "ratio": rounded(top.mean() / random.mean(), 1),
        "probes_hurt_more_by_top32": int((top > random).sum()),
    }


def mean_losses(nets: list[Net], digits: Digits) -> np.ndarray:
    return np.mean([net.losses(digits) for net in nets], axis=0)


def rounded(value: float, digits: int = 4) -> float:
    return round(float(value), digits)
