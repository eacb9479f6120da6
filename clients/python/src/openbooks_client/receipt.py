"""One receipt, checked against every bound before it is kept, so that none can spoil the batch that it goes into."""

import secrets
import time
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from . import limits
from .errors import InvalidInput
from .evidence import Evidence
from .fields import HexOrBytes, address, id32, integer, raw
from .signing import keccak256
from .wire import receipts_v1_pb2 as wire

SALT_BYTES = 32
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Serving:
    """Optional serving figures: the node's name, milliseconds on the device, milliseconds to load the adapter."""

    node: str = ""
    device_ms: int = 0
    adapter_load_ms: int = 0

    def encode(self) -> wire.ServingFigures:
        """The message of these figures."""
        try:
            name = self.node.encode()
        except UnicodeEncodeError as error:
            raise InvalidInput("the node's name is no text") from error
        if len(name) > limits.NODE_BYTES_MAX:
            raise InvalidInput(f"the node's name has more than {limits.NODE_BYTES_MAX} bytes")
        if any(unicodedata.category(character) == "Cc" for character in self.node):
            raise InvalidInput("the node's name holds a control character")
        return wire.ServingFigures(
            node=self.node,
            device_ms=integer(self.device_ms, "device_ms", 0, limits.UINT32_MAX),
            adapter_load_ms=integer(self.adapter_load_ms, "adapter_load_ms", 0, limits.UINT32_MAX),
        )


@dataclass(frozen=True)
class Receipt:
    """A receipt that is ready for a batch: serialised, with the evidence that it names and what opens it.

    Input and output have a salt each: who opens one commitment must not make the other guessable.
    """

    payer: bytes
    content: bytes
    evidence_hash: bytes
    evidence: bytes
    input_salt: bytes
    output_commitment: bytes
    output_salt: bytes


def compose(
    *,
    payer: HexOrBytes,
    model_version: HexOrBytes,
    adapter: HexOrBytes | None,
    tokens_in: int,
    tokens_out: int,
    input: bytes,
    output: bytes,
    evidence: Evidence,
    serving: Serving | None,
    served_at: datetime | None,
) -> Receipt:
    """The receipt of one answered request.

    Raises:
        InvalidInput: a value breaks a bound.
    """
    input_salt, output_salt = secrets.token_bytes(SALT_BYTES), secrets.token_bytes(SALT_BYTES)
    encoded = evidence.encode(with_adapter=adapter is not None)
    message = wire.Receipt(
        served_at_us=_microseconds(served_at),
        payer=address(payer, "the payer"),
        model_version=id32(model_version, "the model version"),
        adapter=b"" if adapter is None else id32(adapter, "the adapter"),
        tokens_in=integer(tokens_in, "tokens_in", 0, limits.UINT32_MAX),
        tokens_out=integer(tokens_out, "tokens_out", 0, limits.UINT32_MAX),
        input_commitment=keccak256(input_salt, raw(input, "input")),
        output_commitment=keccak256(output_salt, raw(output, "output")),
        evidence_hash=keccak256(encoded),
        serving=None if serving is None else serving.encode(),
    )
    content = message.SerializeToString(deterministic=True)
    return Receipt(
        payer=message.payer,
        content=content,
        evidence_hash=message.evidence_hash,
        evidence=encoded,
        input_salt=input_salt,
        output_commitment=message.output_commitment,
        output_salt=output_salt,
    )


def _microseconds(moment: datetime | None) -> int:
    if moment is None:
        return time.time_ns() // 1_000
    if moment.tzinfo is None:
        raise InvalidInput("served_at has no time zone")
    return integer((moment - EPOCH) // timedelta(microseconds=1), "served_at", 0, limits.TIME_US_MAX)
