"""Records out of raw rows: the one form in which a bundle holds them, so that no byte of it is free.

An envelope holds its content and signature as received, and once each the evidence that its receipts name, in the
receipts' order. A block holds the logs that were stored and, as received, those that were refused. Records stand by
partition, then offset; a key is the block's hash, the operator's address, or nothing.
"""

from collections import defaultdict

from .network import CHAIN_TOPIC, RECEIPTS_TOPIC, Network
from .protobuf import put_bytes, put_each, put_message, put_number
from .raw import RawRows
from .recording import Record, Recording
from .tables import Row

Place = tuple[str, int, int]


def place_of(row: Row) -> Place:
    return row["topic"], row["partition"], row["offset"]


def topics(rows: RawRows, network: Network) -> dict[str, Recording]:
    """Both topics, made again from the rows."""
    parts: dict[str, dict[Place, list[Row]]] = {}
    for table, stored in rows.tables.items():
        parts[table] = defaultdict(list)
        for row in sorted(stored, key=lambda row: row.get("index") or 0):
            parts[table][place_of(row)].append(row)
    partitions = {CHAIN_TOPIC: 1, RECEIPTS_TOPIC: network.receipts_partitions}
    made: dict[str, list[Record]] = {topic: [] for topic in partitions}
    for log in sorted(rows.tables["raw_log"], key=place_of):
        there = {table: found[place_of(log)] for table, found in parts.items()}
        key, value = _key_and_value(log, there)
        made[log["topic"]].append(Record(log["partition"], log["offset"], log["taken_at"], key, value))
    return {topic: Recording(topic, partitions[topic], records) for topic, records in made.items()}


def _key_and_value(log: Row, there: dict[str, list[Row]]) -> tuple[bytes, bytes]:
    if log["kind"] == "close":
        return b"", put_message(2, put_bytes(1, log["close_content"]) + put_bytes(2, log["close_signature"]))
    if log["kind"] == "quarantined":
        return b"", there["quarantine"][0]["payload"]
    if log["kind"] == "batch":
        batch = there["raw_batches"][0]
        evidence = list(dict.fromkeys(row["evidence"] for row in there["raw_evidence"] if row["evidence"] is not None))
        body = put_bytes(1, batch["content"]) + put_bytes(2, batch["signature"]) + put_each(3, evidence)
        return batch["operator"], put_message(1, body)
    return log["content_hash"], put_message(1, _block(log, there))


def _block(log: Row, there: dict[str, list[Row]]) -> bytes:
    """A block of which no log was stored has lost its number and time: zero."""
    stored = there["raw_chain_events"]
    first = stored[0] if stored else {"block_number": 0, "block_time": 0}
    logs = {row["index"]: _log(row) for row in stored}
    logs |= {row["index"]: row["payload"] for row in there["quarantine"]}
    head = put_number(1, first["block_number"]) + put_bytes(2, log["content_hash"])
    head += put_number(3, first["block_time"] // 10**6)
    return head + put_each(4, [logs[index] for index in sorted(logs)])


def _log(row: Row) -> bytes:
    head = put_number(1, row["log_index"]) + put_bytes(2, row["address"]) + put_each(3, row["topics"])
    return head + put_bytes(4, row["data"]) + put_bytes(5, row["transaction_hash"])
