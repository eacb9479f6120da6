"""Evidence: what the method of a model version needs to attribute a receipt."""

from collections.abc import Sequence
from dataclasses import dataclass

from . import limits
from .errors import InvalidInput
from .fields import HexOrBytes, id32, integer, raw
from .wire import receipts_v1_pb2 as wire


@dataclass(frozen=True)
class Sketch:
    """A query's sketch at one checkpoint: the row's scale as a power of two, and k values, int8 each."""

    exponent: int
    values: bytes


@dataclass(frozen=True)
class Influence:
    """Sketches of the query's gradient, one a checkpoint and in their order; `adapter` is empty without an adapter."""

    base: Sequence[Sketch]
    adapter: Sequence[Sketch] = ()

    def encode(self, with_adapter: bool) -> bytes:
        """Serialised `Evidence`."""
        if with_adapter != bool(self.adapter):
            raise InvalidInput("adapter sketches belong to a receipt with an adapter, and only there")
        if len(self.base) + len(self.adapter) > limits.SKETCHES_MAX:
            raise InvalidInput(f"evidence has more than {limits.SKETCHES_MAX} sketches")
        parts = wire.Influence(base=_part(self.base, "base"))
        if with_adapter:
            parts.adapter.extend(_part(self.adapter, "adapter"))
        return _bounded(wire.Evidence(influence=parts))


@dataclass(frozen=True)
class Chunk:
    """A retrieved chunk: its hash in the index's list, and an integer score, larger is nearer."""

    chunk: HexOrBytes
    score: int


@dataclass(frozen=True)
class Retrieval:
    """The chunks that an answer was made from."""

    chunks: Sequence[Chunk]

    def encode(self, with_adapter: bool) -> bytes:
        """Serialised `Evidence`."""
        most = limits.INT64_MAX
        chunks = [
            wire.Chunk(chunk=id32(each.chunk, "a chunk"), score=integer(each.score, "a score", -most - 1, most))
            for each in self.chunks
        ]
        return _bounded(wire.Evidence(retrieval=wire.Retrieval(chunks=chunks)))


@dataclass(frozen=True)
class ExactMatch:
    """The token ids of the output, in order."""

    tokens: Sequence[int]

    def encode(self, with_adapter: bool) -> bytes:
        """Serialised `Evidence`."""
        tokens = [integer(token, "a token", 0, limits.UINT32_MAX) for token in self.tokens]
        return _bounded(wire.Evidence(exact_match=wire.ExactMatch(tokens=tokens)))


Evidence = Influence | Retrieval | ExactMatch


def _part(sketches: Sequence[Sketch], name: str) -> list[wire.Sketch]:
    """One part's sketches. Which k and T its index has, only the network knows; that they are one k, anyone sees."""
    if not sketches:
        raise InvalidInput(f"evidence has no {name} sketches")
    k = len(sketches[0].values)
    if k == 0 or k % limits.SKETCH_VALUES_STEP:
        raise InvalidInput(f"a {name} sketch has {k} values: not a positive multiple of {limits.SKETCH_VALUES_STEP}")
    if any(len(sketch.values) != k for sketch in sketches):
        raise InvalidInput(f"{name} sketches differ in length")
    if k * len(sketches) > limits.SKETCH_BYTES_MAX:
        raise InvalidInput(f"{name} sketches have more than {limits.SKETCH_BYTES_MAX} values")
    return [
        wire.Sketch(
            exponent=integer(sketch.exponent, "an exponent", 0, limits.EXPONENT_MAX),
            values=raw(sketch.values, "a sketch"),
        )
        for sketch in sketches
    ]


def _bounded(evidence: wire.Evidence) -> bytes:
    encoded = evidence.SerializeToString(deterministic=True)
    if len(encoded) > limits.EVIDENCE_BYTES_MAX:
        raise InvalidInput(f"evidence has {len(encoded)} bytes, more than {limits.EVIDENCE_BYTES_MAX}")
    return encoded
