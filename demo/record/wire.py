"""Protocol Buffers by hand: the messages of ingest/proto, written field by field.

Fields ascend, zero values of proto3 are left out, as every common writer does.
"""

from dataclasses import dataclass

RECEIPTS_TOPIC = "openbooks.receipts.v1"
CHAIN_TOPIC = "openbooks.chain-events.v1"


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def number(field: int, value: int) -> bytes:
    """uint32, uint64, int64."""
    return varint(field << 3) + varint(value & (1 << 64) - 1) if value else b""


def blob(field: int, value: bytes | str) -> bytes:
    """bytes, string."""
    raw = value.encode() if isinstance(value, str) else value
    return message(field, raw) if raw else b""


def message(field: int, body: bytes) -> bytes:
    """A message, or one element of a repeated field: written even when empty."""
    return varint(field << 3 | 2) + varint(len(body)) + body


def messages(field: int, bodies: list[bytes]) -> bytes:
    return b"".join(message(field, body) for body in bodies)


def header(topic: str, partitions: int) -> bytes:
    return blob(1, topic) + number(2, partitions)


def record(partition: int, offset: int, time_us: int, key: bytes, value: bytes) -> bytes:
    return number(1, partition) + number(2, offset) + number(3, time_us) + blob(4, key) + blob(5, value)


def close_content(topic: str, partition: int, epoch: int, signer: bytes) -> bytes:
    return blob(1, topic) + number(2, partition) + number(3, epoch) + blob(4, signer)


def close_record(content: bytes, signature: bytes) -> bytes:
    """The value of a closing record; both topics have it as field 2."""
    return message(2, blob(1, content) + blob(2, signature))


@dataclass(frozen=True)
class Log:
    log_index: int
    address: bytes
    topics: list[bytes]
    data: bytes
    transaction_hash: bytes

    def encode(self) -> bytes:
        return (
            number(1, self.log_index)
            + blob(2, self.address)
            + messages(3, self.topics)
            + blob(4, self.data)
            + blob(5, self.transaction_hash)
        )


def block_record(height: int, block_hash: bytes, timestamp: int, logs: list[Log]) -> bytes:
    body = number(1, height) + blob(2, block_hash) + number(3, timestamp)
    return message(1, body + messages(4, [log.encode() for log in logs]))


def sketch(exponent: int, values: bytes) -> bytes:
    return number(1, exponent) + blob(2, values)


def influence_evidence(base: list[bytes], adapter: list[bytes]) -> bytes:
    return message(1, messages(1, base) + messages(2, adapter))


@dataclass(frozen=True)
class Receipt:
    served_at_us: int
    payer: bytes
    model_version: bytes
    adapter: bytes
    tokens_in: int
    tokens_out: int
    input_commitment: bytes
    output_commitment: bytes
    evidence_hash: bytes
    node: str
    device_ms: int
    adapter_load_ms: int

    def encode(self) -> bytes:
        serving = blob(1, self.node) + number(2, self.device_ms) + number(3, self.adapter_load_ms)
        return (
            number(1, self.served_at_us)
            + blob(2, self.payer)
            + blob(3, self.model_version)
            + blob(4, self.adapter)
            + number(5, self.tokens_in)
            + number(6, self.tokens_out)
            + blob(7, self.input_commitment)
            + blob(8, self.output_commitment)
            + blob(9, self.evidence_hash)
            + message(10, serving)
        )


def spend(payer: bytes, cumulative: int, signature: bytes) -> bytes:
    return blob(1, payer) + blob(2, cumulative.to_bytes(16, "big")) + blob(3, signature)


def batch_content(
    operator: bytes,
    signer: bytes,
    lane: int,
    position: int,
    previous: bytes,
    receipts: list[bytes],
    spends: list[bytes],
) -> bytes:
    return (
        blob(1, operator)
        + blob(2, signer)
        + number(3, lane)
        + number(4, position)
        + blob(5, previous)
        + messages(6, receipts)
        + messages(7, spends)
    )


def batch_record(content: bytes, signature: bytes, evidence: list[bytes]) -> bytes:
    return message(1, blob(1, content) + blob(2, signature) + messages(3, evidence))
