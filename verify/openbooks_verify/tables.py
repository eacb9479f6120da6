"""Every table of docs/tables.md that has a digest: its columns, its key, and how its rows are encoded and hashed.

A column is "name:type", a type with "?" may be null. Types: int (every integer, decimal, boolean and time), bin, text,
[type] for a list, {name type, ...} for a struct inside a list. A column in round brackets is not in the digest.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .hashes import sha256, tree_hash
from .refused import Refused, show

Row = dict[str, Any]

SCHEMA_VERSION = 1
PLACE = "topic:text partition:int offset:int"
PRICED = (
    "sketch_k:int checkpoints:int decoys_min:int top_k:int artifact_hash:bin datanet_versions:[bin] "
    "evidence_public:int pays_from:int priced:int price_base:int price_in:int price_out:int deprecated:int"
)

RAW = {
    "raw_log": (
        f"{PLACE} taken_at:int kind:text content_hash:bin closes_epoch:int? close_signer:bin? "
        "close_content:bin? close_signature:bin?",
        "topic partition offset",
    ),
    "raw_batches": (
        f"{PLACE} taken_at:int batch:bin operator:bin signer:bin lane:int number:int previous:bin "
        f"receipts:int spends:[{{payer bin, cumulative int, signer bin}}] content:bin signature:bin",
        "topic partition offset",
    ),
    "raw_receipts": (
        f"{PLACE} index:int taken_at:int receipt:bin batch:bin operator:bin served_at:int payer:bin "
        "model_version:bin adapter:bin? tokens_in:int tokens_out:int input_commitment:bin "
        "output_commitment:bin evidence_hash:bin node:text? device_ms:int? adapter_load_ms:int?",
        "topic partition offset index",
    ),
    "raw_evidence": (
        f"{PLACE} index:int taken_at:int receipt:bin evidence_hash:bin method:text "
        f"sketches:[{{part int, exponent int, start int, length int}}] (evidence:bin)",
        "topic partition offset index",
    ),
    "quarantine": (
        f"{PLACE} index:int? taken_at:int reason:text (detail:text) payload:bin",
        "topic partition offset index",
    ),
    "raw_chain_events": (
        f"{PLACE} index:int taken_at:int block_number:int block_hash:bin block_time:int log_index:int "
        "transaction_hash:bin address:bin event:text topics:[bin] data:bin",
        "topic partition offset index",
    ),
}  # fmt: skip

# In the order of the jobs, which is the order of the manifest's outputs.
OUTPUTS = {
    "datanets": (
        "epoch:int datanet:bin name:text owner:bin licence:text metadata_uri:text quorum:int "
        "validators:[bin] created_at:int",
        "epoch datanet",
    ),
    "datanet_versions": (
        "epoch:int version:bin datanet:bin number:int contributions:[bin] items:int published_at:int",
        "epoch version",
    ),
    "contributions": (
        "epoch:int contribution:bin number:int datanet:bin contributor:bin state:text content_hash:bin "
        "items_submitted:int items:int score:int uri:text licence:text commit_block:int commit_log:int "
        "committed_at:int beneficiaries:[{account bin, share int}]",
        "epoch contribution",
    ),
    "validations": (
        "epoch:int contribution:bin validator:bin accepted:int score:int items:int voted_at:int",
        "epoch contribution validator",
    ),
    "models": (
        f"epoch:int version:bin model:bin name:text owner:bin base_version:bin? method:int {PRICED}",
        "epoch version",
    ),
    "adapters": (
        f"epoch:int adapter:bin model_version:bin name:text owner:bin contributors_share:int method:int {PRICED}",
        "epoch adapter",
    ),
    "operators": ("epoch:int operator:bin name:text uri:text registered_at:int revoked_at:int?", "epoch operator"),
    "keys": ("epoch:int kind:text owner:bin key:bin added_at:int revoked_at:int?", "epoch kind owner key added_at"),
    "stakes": (
        "epoch:int staker:bin operator:bin staked:int slashed:int unstake_requested:int earning:int",
        "epoch staker operator",
    ),
    "splits": ("epoch:int role:text share:int account:bin?", "epoch role"),
    "flows": (
        "epoch:int block:int log:int at:int kind:text party:bin operator:bin? overpaid:bin? datanet:bin? "
        "reference:bin? amount:int note:text",
        "epoch block log",
    ),
    "charges": (
        f"epoch:int {PLACE} index:int log_time:int receipt:bin batch:bin operator:bin payer:bin "
        "model_version:bin adapter:bin? outcome:text fee:int clock:text",
        "epoch topic partition offset index",
    ),
    "lane_heads": ("epoch:int operator:bin lane:int number:int head:bin", "epoch operator lane"),
    "spends": ("epoch:int payer:bin operator:bin allowed:int charged:int", "epoch payer operator"),
    "clusters": (
        "epoch:int scope:bin contribution:bin item:int original_contribution:bin original_item:int test:text "
        "similarity:int",
        "epoch scope contribution item",
    ),
    "attributions": (
        "epoch:int receipt:bin fee:int model_version:bin adapter:bin? tau_base:int tau_adapter:int? "
        "weights:[{part int, number int, weight int}]",
        "epoch receipt",
    ),
    "allocations": (
        "epoch:int receipt:bin payer:bin operator:bin model_version:bin adapter:bin? fee:int platform:int "
        "datanet_owner:int model_owner:int base_model_owner:int adapter_owner:int operator_fee:int "
        "stakers:int validators:int contributors:int reserve:int "
        "shares:[{part int, number int, weight int, amount int}] "
        "datanets:[{datanet bin, owner_amount int, unattributed int}]",
        "epoch receipt",
    ),
    "divisions": (
        "epoch:int role:text subject:bin account:bin whole:int weight:int amount:int source:bin",
        "epoch role subject account",
    ),
    "balances": ("epoch:int account:bin amount:int", "epoch account"),
    "pending": (
        "epoch:int block:int log:int kind:text account:bin operator:bin? datanet:bin? reference:bin? amount:int",
        "epoch block log kind",
    ),
    "ledger": (
        "epoch:int debit_account:bin credit_account:bin amount:int reason:text source:bin",
        "epoch debit_account credit_account reason source",
    ),
    "payouts": (
        "epoch:int account:bin earned:int returned:int corrected:int withheld:int amount:int cumulative:int",
        "epoch account",
    ),
}  # fmt: skip

OPENING = ("lane_heads", "spends", "balances", "pending", "payouts")


@dataclass(frozen=True)
class Type:
    """`kind`: int, bin, text, list (of `inner[0]`) or struct (of `inner`, named `names`)."""

    kind: str
    names: tuple[str, ...] = ()
    inner: tuple["Type", ...] = ()


@dataclass(frozen=True)
class Column:
    """A column of a table."""

    name: str
    type: Type
    nullable: bool
    in_digest: bool


def _type_of(text: str) -> Type:
    if text.startswith("["):
        return Type("list", (), (_type_of(text[1:-1]),))
    if text.startswith("{"):
        fields = [field.split() for field in text[1:-1].split(",")]
        return Type("struct", tuple(name for name, _ in fields), tuple(_type_of(kind) for _, kind in fields))
    return Type(text)


def _column(text: str) -> Column:
    name, _, kind = text.strip("()").partition(":")
    return Column(name, _type_of(kind.rstrip("?")), kind.endswith("?"), not text.startswith("("))


def _columns(text: str) -> list[Column]:
    return [_column(one) for one in re.findall(r"\(?\w+:(?:\[[^]]*\]|\w+)\??\)?", text)]


COLUMNS = {name: _columns(columns) for name, (columns, _) in (RAW | OUTPUTS).items()}
KEYS = {name: key.split() for name, (_, key) in (RAW | OUTPUTS).items()}


def encode(value: Any, kind: Type) -> bytes:
    """The canonical encoding of one value."""
    if value is None:
        return b"\x00"
    if kind.kind == "int":
        return b"\x01" + int(value).to_bytes(16, "big", signed=True)
    if kind.kind == "struct":
        fields = zip(kind.names, kind.inner, strict=True)
        return b"\x01" + b"".join(encode(value[name], inner) for name, inner in fields)
    if kind.kind == "list":
        return b"\x01" + len(value).to_bytes(4, "big") + b"".join(encode(one, kind.inner[0]) for one in value)
    raw = value.encode() if kind.kind == "text" else value
    return b"\x01" + len(raw).to_bytes(4, "big") + raw


def encode_row(table: str, row: Row) -> bytes:
    """The canonical encoding of a row."""
    return b"".join(encode(row[column.name], column.type) for column in COLUMNS[table] if column.in_digest)


def key_of(table: str, row: Row) -> bytes:
    """The row's key: rows are ordered by it, bytewise."""
    types = {column.name: column.type for column in COLUMNS[table]}
    return b"".join(encode(row[name], types[name]) for name in KEYS[table])


def key_text(table: str, row: Row) -> str:
    """The row's key as people read it."""
    return ", ".join(f"{name} {show(row[name])}" for name in KEYS[table])


def in_key_order(table: str, rows: Iterable[Row]) -> list[Row]:
    """The rows by their keys, each key once."""
    keyed = sorted(((key_of(table, row), row) for row in rows), key=lambda pair: pair[0])
    for (one, row), (other, _) in zip(keyed, keyed[1:]):
        if one == other:
            raise Refused(f"{table}: two rows have the key {key_text(table, row)}")
    return [row for _, row in keyed]


def digest(table: str, rows: Iterable[Row]) -> tuple[int, bytes]:
    """The number of rows and the table's digest."""
    hashes = [sha256(encode_row(table, row)) for row in in_key_order(table, rows)]
    name = table.encode()
    bound = [b"openbooks.table.v1", len(name).to_bytes(4, "big"), name, SCHEMA_VERSION.to_bytes(4, "big")]
    return len(hashes), sha256(*bound, len(hashes).to_bytes(8, "big"), tree_hash(hashes))


class _Cut(ValueError):
    pass


def _take(data: bytes, at: int, size: int) -> tuple[bytes, int]:
    if at + size > len(data):
        raise _Cut("it is cut off")
    return data[at : at + size], at + size


def _decode(data: bytes, at: int, kind: Type) -> tuple[Any, int]:
    tag, at = _take(data, at, 1)
    if tag == b"\x00":
        return None, at
    if tag != b"\x01":
        raise _Cut("a value is neither null nor there")
    if kind.kind == "int":
        raw, at = _take(data, at, 16)
        return int.from_bytes(raw, "big", signed=True), at
    if kind.kind == "struct":
        fields = {}
        for name, inner in zip(kind.names, kind.inner, strict=True):
            fields[name], at = _decode(data, at, inner)
        return fields, at
    raw, at = _take(data, at, 4)
    size = int.from_bytes(raw, "big")
    if kind.kind == "list":
        values = []
        for _ in range(size):
            value, at = _decode(data, at, kind.inner[0])
            values.append(value)
        return values, at
    raw, at = _take(data, at, size)
    return raw.decode() if kind.kind == "text" else raw, at


def read_rows(table: str, data: bytes, name: str) -> list[Row]:
    """The rows of a .rows file, which stand in key order; columns outside the digest come back as None."""
    rows: list[Row] = []
    at, last = 0, b""
    while at < len(data):
        try:
            raw, at = _take(data, at, 4)
            encoded, at = _take(data, at, int.from_bytes(raw, "big"))
            row = _decode_row(table, encoded)
        except (_Cut, UnicodeDecodeError) as error:
            raise Refused(f"{name}: row {len(rows)} cannot be read: {error}") from error
        key = key_of(table, row)
        if key <= last:
            raise Refused(f"{name}: row {len(rows)} is out of order: {key_text(table, row)}")
        last = key
        rows.append(row)
    return rows


def _decode_row(table: str, encoded: bytes) -> Row:
    row: Row = {}
    at = 0
    for column in COLUMNS[table]:
        row[column.name] = None
        if column.in_digest:
            row[column.name], at = _decode(encoded, at, column.type)
            if row[column.name] is None and not column.nullable:
                raise _Cut(f"{column.name} is null")
    if at != len(encoded):
        raise _Cut("bytes follow it")
    return row


def write_rows(table: str, rows: Iterable[Row]) -> bytes:
    """A .rows file."""
    encoded = [encode_row(table, row) for row in in_key_order(table, rows)]
    return b"".join(len(row).to_bytes(4, "big") + row for row in encoded)
