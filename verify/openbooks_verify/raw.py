"""Raw rows out of records: what the sink stores of a topic, made again from the records alone.

A record is stored as a batch, as a block's logs or as a Close, or it is quarantined as a whole; a receipt or a log that
is malformed is quarantined by itself. Whether something counts is decided later (charge.py, registry.py).
"""

import unicodedata
from dataclasses import dataclass, field

from . import events, protobuf, tables
from .hashes import keccak
from .messages import BATCH_CONTENT, CHAIN_RECORD, CLOSE_CONTENT, EVIDENCE, RECEIPT_RECORD
from .network import AMOUNT_MAX, CHAIN_TOPIC, Network
from .protobuf import Message
from .recording import Record, Recording
from .signing import MalformedSignature, recover
from .tables import Row

INT64_MAX = 2**63 - 1
# Bounds of docs/formats.md, "Raw rows".
RECORD_BYTES_MAX, RECEIPTS_MAX, SPENDS_MAX, LOGS_MAX = 8 << 20, 10_000, 1_000, 50_000
EVIDENCE_BYTES_MAX, EVIDENCE_NAMED_BYTES_MAX, SKETCHES_MAX, EXPONENT_MAX = 256 << 10, 8 << 20, 512, 15
NODE_BYTES_MAX, TIME_US_MAX = 256, 253_402_300_799_999_999
NO_ADDRESS = bytes(20)


class Quarantined(Exception):
    """The record, or the part, is refused for `reason`."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


@dataclass
class RawRows:
    """The raw tables, by name."""

    tables: dict[str, list[Row]] = field(default_factory=lambda: {name: [] for name in tables.RAW})

    def add(self, table: str, **row: object) -> None:
        self.tables[table].append(row)


def read_topic(recording: Recording, network: Network, rows: RawRows) -> None:
    """Adds the rows of every record of the topic."""
    for record in recording.records:
        place = {"topic": recording.topic, "partition": record.partition, "offset": record.offset}
        place["taken_at"] = record.time_us
        log: Row = {"closes_epoch": None, "close_signer": None, "close_content": None, "close_signature": None}
        try:
            log |= _accept(record, place, network, rows)
        except Quarantined as refused:
            rows.add("quarantine", **place, index=None, reason=refused.reason, detail="", payload=record.value)
            log |= {"kind": "quarantined", "content_hash": keccak(record.value)}
        rows.add("raw_log", **place, **log)


def _accept(record: Record, place: Row, network: Network, rows: RawRows) -> Row:
    is_chain = place["topic"] == CHAIN_TOPIC
    _require(len(record.value) <= RECORD_BYTES_MAX)
    message = _read(record.value, CHAIN_RECORD if is_chain else RECEIPT_RECORD)
    if message["close"] is not None:
        return _close(message["close"], place, network)
    if is_chain and message["block"] is not None:
        return _block(record.value, message["block"], place, network, rows)
    if not is_chain and message["batch"] is not None:
        return _batch(message["batch"], place, network, rows)
    raise Quarantined("malformed")


def _read(data: bytes, spec: protobuf.Spec) -> Message:
    try:
        return protobuf.read(data, spec)
    except protobuf.Undecodable as error:
        raise Quarantined("undecodable") from error


def _require(condition: bool) -> None:
    if not condition:
        raise Quarantined("malformed")


def _check_signer(digest: bytes, signature: bytes, signer: bytes) -> None:
    try:
        recovered = recover(digest, signature)
    except MalformedSignature as error:
        raise Quarantined("malformed") from error
    if recovered != signer:
        raise Quarantined("signature")


def _close(signed: Message, place: Row, network: Network) -> Row:
    content, signature = signed["content"], signed["signature"]
    close = _read(content, CLOSE_CONTENT)
    _require((close["topic"], close["partition"]) == (place["topic"], place["partition"]))
    _require(1 <= close["epoch"] <= INT64_MAX and len(close["signer"]) == 20)
    _check_signer(network.domain.close(content), signature, close["signer"])
    stored = {"closes_epoch": close["epoch"], "close_signer": close["signer"]}
    stored |= {"close_content": content, "close_signature": signature}
    return {"kind": "close", "content_hash": keccak(content)} | stored


def _block(value: bytes, block: Message, place: Row, network: Network, rows: RawRows) -> Row:
    _require(len(block["hash"]) == 32 and block["number"] <= INT64_MAX)
    _require(block["timestamp"] * 10**6 <= TIME_US_MAX and 1 <= len(block["logs"]) <= LOGS_MAX)
    positions = [log["log_index"] for log in block["logs"]]
    _require(all(before < after for before, after in zip(positions, positions[1:])))
    for index, log in enumerate(block["logs"]):
        try:
            event = _event_of(log, network)
        except Quarantined as refused:
            begin, end = log["@"]
            part = {"index": index, "reason": refused.reason, "detail": "", "payload": value[begin:end]}
            rows.add("quarantine", **place, **part)
            continue
        at = {"block_number": block["number"], "block_hash": block["hash"], "block_time": block["timestamp"] * 10**6}
        stored = {name: log[name] for name in ("log_index", "transaction_hash", "address", "topics", "data")}
        rows.add("raw_chain_events", **place, index=index, **at, **stored, event=event)
    return {"kind": "events", "content_hash": block["hash"]}


def _event_of(log: Message, network: Network) -> str:
    _require(len(log["address"]) == 20 and len(log["transaction_hash"]) == 32)
    _require(1 <= len(log["topics"]) <= 4 and all(len(topic) == 32 for topic in log["topics"]))
    contract = network.contract_at(log["address"])
    if contract is None:
        raise Quarantined("unknown_contract")
    try:
        return events.decode(contract, log["topics"], log["data"])[0]
    except events.NotAnEvent as error:
        raise Quarantined("unknown_event") from error


def _batch(envelope: Message, place: Row, network: Network, rows: RawRows) -> Row:
    content, signature = envelope["content"], envelope["signature"]
    batch = _read(content, BATCH_CONTENT)
    _require(len(batch["operator"]) == 20 and len(batch["signer"]) == 20 and len(batch["previous"]) == 32)
    _require(batch["lane"] <= INT64_MAX and 1 <= batch["number"] <= INT64_MAX)
    _require(len(batch["receipts"]) <= RECEIPTS_MAX and len(batch["spends"]) <= SPENDS_MAX)
    spends = [_spend(spend, batch["operator"], network) for spend in batch["spends"] if _can_be_held(spend)]
    _check_signer(network.domain.batch(content), signature, batch["signer"])
    batch_id = keccak(content)
    evidence = {keccak(blob): blob for blob in envelope["evidence"]}
    receipts = [_receipt_or_refusal(receipt, batch_id, index) for index, receipt in enumerate(batch["receipts"])]
    named = [evidence.get(row["evidence_hash"], b"") for row in receipts if not isinstance(row, Quarantined)]
    _require(sum(map(len, named)) <= EVIDENCE_NAMED_BYTES_MAX)
    header = {name: batch[name] for name in ("operator", "signer", "lane", "number", "previous")}
    counted = {"receipts": len(batch["receipts"]), "spends": spends, "content": content, "signature": signature}
    rows.add("raw_batches", **place, batch=batch_id, **header, **counted)
    for index, stored in enumerate(receipts):
        at, receipt = place | {"index": index}, batch["receipts"][index]
        if isinstance(stored, Quarantined):
            begin, end = receipt["@"]
            rows.add("quarantine", **at, reason=stored.reason, detail="", payload=content[begin:end])
            continue
        rows.add("raw_receipts", **at, **stored, batch=batch_id, operator=batch["operator"])
        blob = evidence.get(receipt["evidence_hash"])
        if blob is not None:
            of = {"receipt": stored["receipt"], "evidence_hash": receipt["evidence_hash"], "evidence": blob}
            rows.add("raw_evidence", **at, **of, **_evidence(blob))
    return {"kind": "batch", "content_hash": batch_id}


def _can_be_held(spend: Message) -> bool:
    """Whether the payer is an address and the cumulative an amount; a Spend that is neither is left out."""
    is_amount = len(spend["cumulative"]) == 16 and int.from_bytes(spend["cumulative"], "big") <= AMOUNT_MAX
    return len(spend["payer"]) == 20 and is_amount


def _spend(spend: Message, operator: bytes, network: Network) -> Row:
    """A Spend with its recovered signer, zero if its signature recovers to nobody."""
    cumulative = int.from_bytes(spend["cumulative"], "big")
    try:
        signer = recover(network.domain.spend(spend["payer"], operator, cumulative), spend["signature"])
    except MalformedSignature:
        signer = None
    return {"payer": spend["payer"], "cumulative": cumulative, "signer": signer or NO_ADDRESS}


def _receipt_or_refusal(receipt: Message, batch_id: bytes, index: int) -> Row | Quarantined:
    try:
        return _receipt(receipt, batch_id, index)
    except Quarantined as refused:
        return refused


def _receipt(receipt: Message, batch_id: bytes, index: int) -> Row:
    _require(len(receipt["payer"]) == 20 and len(receipt["adapter"]) in (0, 32))
    hashes = ("model_version", "input_commitment", "output_commitment", "evidence_hash")
    _require(all(len(receipt[name]) == 32 for name in hashes))
    _require(0 <= receipt["served_at_us"] <= TIME_US_MAX)
    node = receipt["serving"]["node"] if receipt["serving"] else ""
    _require(len(node.encode()) <= NODE_BYTES_MAX and not any(unicodedata.category(char) == "Cc" for char in node))
    serving = receipt["serving"] or {"node": None, "device_ms": None, "adapter_load_ms": None}
    return {
        "receipt": keccak(batch_id, index.to_bytes(4, "big")),
        "served_at": receipt["served_at_us"],
        "payer": receipt["payer"],
        "adapter": receipt["adapter"] or None,
        "tokens_in": receipt["tokens_in"],
        "tokens_out": receipt["tokens_out"],
        **{name: receipt[name] for name in hashes},
        **{name: serving[name] for name in ("node", "device_ms", "adapter_load_ms")},
    }


def _evidence(blob: bytes) -> Row:
    """The method of the evidence, and where its sketches lie."""
    if len(blob) > EVIDENCE_BYTES_MAX:
        return {"method": "malformed", "sketches": []}
    try:
        message = protobuf.read(blob, EVIDENCE)
    except protobuf.Undecodable:
        return {"method": "malformed", "sketches": []}
    method = next(
        (name for name in ("influence", "retrieval", "exact_match") if message[name] is not None), "malformed"
    )
    sketches = []
    if method == "influence":
        for part, name in enumerate(("base", "adapter")):
            for sketch in message["influence"][name]:
                at = {"start": sketch.get("values@", 0), "length": len(sketch["values"])}
                sketches.append({"part": part, "exponent": sketch["exponent"], **at})
    if len(sketches) > SKETCHES_MAX or any(row["exponent"] > EXPONENT_MAX or not row["length"] for row in sketches):
        return {"method": "malformed", "sketches": []}
    return {"method": method, "sketches": sketches}
