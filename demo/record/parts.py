"""The two model versions and the adapter: what each was trained on, its index artifact, its queries' sketches."""

from dataclasses import dataclass

import numpy as np

from . import eth, money, world
from .digits import Digits, Split, joined
from .files import IndexRow, index_artifact, sha256
from .sketch import CHECKPOINTS, Influence, K, Sketches, quantised
from .train import trained_models
from .world import Contribution

DATANETS_OF = {money.FIRST: ("west",), money.SECOND: ("west", "east"), money.ADAPTED: ("hard",)}
MODEL_SALTS = {money.FIRST: eth.id_of("model Numeral"), money.SECOND: eth.id_of("model Wide Numeral")}
ADAPTER_SALT = eth.id_of("adapter Careful Eyes on Wide Numeral 1")
MODEL_IDS = {
    money.FIRST: world.made_id(world.MODEL_OWNER, MODEL_SALTS[money.FIRST]),
    money.SECOND: world.made_id(world.SECOND_MODEL_OWNER, MODEL_SALTS[money.SECOND]),
}
ARTIFACT_IDS = {
    money.FIRST: world.numbered_id(MODEL_IDS[money.FIRST], 1),
    money.SECOND: world.numbered_id(MODEL_IDS[money.SECOND], 1),
    money.ADAPTED: world.made_id(world.ADAPTER_OWNER, ADAPTER_SALT),
}


@dataclass(frozen=True)
class TrainingSet:
    """Accepted items of datanets; `where` lists the places of each distinct one, copies after the original."""

    digits: Digits  # distinct items
    where: list[list[tuple[bytes, int]]]


def training_set(datanets: tuple[str, ...], everything: list[Contribution]) -> TrainingSet:
    """Exact copies are trained on once."""
    position: dict[bytes, int] = {}
    where: list[list[tuple[bytes, int]]] = []
    kept: list[Digits] = []
    for contribution in everything:
        if contribution.datanet not in datanets or contribution.fate != "accepted":
            continue
        digits = contribution.accepted()
        for item in range(len(digits)):
            content = digits.item(item)
            if content not in position:
                position[content] = len(where)
                where.append([])
                kept.append(digits.take(slice(item, item + 1)))
            where[position[content]].append((contribution.id(), item))
    return TrainingSet(joined(kept), where)


@dataclass(frozen=True)
class Part:
    use: str
    training: TrainingSet
    influence: Influence

    def artifact(self) -> bytes:
        items, decoys = self.influence.index
        rows = [
            index_row(contribution, item, items, row, t)
            for row, places in enumerate(self.training.where)
            for contribution, item in places
            for t in range(CHECKPOINTS)
        ]
        rows += [
            index_row(eth.ZERO_ID, row, decoys, row, t) for row in range(len(decoys.values)) for t in range(CHECKPOINTS)
        ]
        return index_artifact(K, CHECKPOINTS, rows)

    def hash(self) -> bytes:
        return sha256(self.artifact())

    def sketches(self, x: np.ndarray, labels: np.ndarray) -> Sketches:
        """Of queries for which the answer was `labels`; each query has an offset of exponents of its own."""
        return quantised(self.influence.rows(x, labels), 1)


def index_row(contribution: bytes, item: int, sketches: Sketches, row: int, checkpoint: int) -> IndexRow:
    exponent = int(sketches.exponents[row, checkpoint])
    return IndexRow(contribution, item, checkpoint, exponent, sketches.values[row, checkpoint].tobytes())


def parts(seed: int, split: Split, everything: list[Contribution]) -> dict[str, Part]:
    sets = {use: training_set(datanets, everything) for use, datanets in DATANETS_OF.items()}
    first, second, hard = (sets[use].digits for use in (money.FIRST, money.SECOND, money.ADAPTED))
    models = trained_models(seed, CHECKPOINTS, first, second, hard)
    none = [None] * CHECKPOINTS
    made = {
        money.FIRST: Influence(models.first, none, first, split.decoys, [seed, 4]),
        money.SECOND: Influence(models.second, none, second, split.decoys, [seed, 5]),
        money.ADAPTED: Influence(models.second, models.adapters, hard, split.decoys, [seed, 6]),
    }
    return {use: Part(use, sets[use], influence) for use, influence in made.items()}
