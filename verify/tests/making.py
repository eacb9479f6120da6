"""Makes bundles out of recordings with the verifier's own engine, so that tests have something to verify and to alter."""

from dataclasses import dataclass, replace

from openbooks_verify import bundle, documents, protobuf, recording, tables
from openbooks_verify.epoch import Epoch, Given, recompute
from openbooks_verify.hashes import ZERO_32, keccak
from openbooks_verify.messages import CLOSE_CONTENT, RECEIPT_RECORD
from openbooks_verify.network import CHAIN_TOPIC, RECEIPTS_TOPIC, Network, Range
from openbooks_verify.recording import Recording
from openbooks_verify.remake import topics
from openbooks_verify.tables import Row


@dataclass(frozen=True)
class Made:
    """One settled epoch."""

    given: Given
    epoch: Epoch
    manifest: documents.Json
    members: dict[str, bytes]

    def manifest_hash(self) -> bytes:
        return keccak(documents.canonical(self.manifest))

    def bundle(self) -> bytes:
        return bundle.write(self.members)


def closes(topic: Recording) -> dict[tuple[int, int], int]:
    """(partition, epoch) -> offset of its first Close."""
    found: dict[tuple[int, int], int] = {}
    for record in topic.records:
        try:
            signed = protobuf.read(record.value, RECEIPT_RECORD)["close"]
        except protobuf.Undecodable:
            continue
        if signed:
            epoch = protobuf.read(signed["content"], CLOSE_CONTENT)["epoch"]
            found.setdefault((record.partition, epoch), record.offset)
    return found


def ranges_of(topic: Recording, epoch: int) -> list[Range]:
    ended = closes(topic)
    return [
        Range(topic.topic, partition, ended.get((partition, epoch - 1), -1) + 1, ended[partition, epoch])
        for partition in range(topic.partitions)
    ]


def within(topic: Recording, ranges: list[Range], from_the_start: bool = False) -> Recording:
    """The records of the ranges; of the chain all those before them too."""
    parts = {part.partition: part for part in ranges}
    kept = [
        record
        for record in topic.records
        if (from_the_start or parts[record.partition].start <= record.offset)
        and record.offset <= parts[record.partition].to
    ]
    return Recording(topic.topic, topic.partitions, kept)


def make(
    network: Network,
    epoch: int,
    chain: Recording,
    receipts: Recording,
    artifacts: dict[bytes, bytes],
    before: Made | None,
) -> Made:
    """Settles an epoch of whole recordings; opening tables are the closing tables of `before`."""
    ranges = ranges_of(chain, epoch) + ranges_of(receipts, epoch)
    opening: dict[str, list[Row]] = {
        name: tables.in_key_order(name, before.epoch.tables[name]) if before else [] for name in tables.OPENING
    }
    given = Given(
        network=network,
        epoch=epoch,
        ranges=ranges,
        chain=within(chain, ranges[:1], from_the_start=True),
        receipts=within(receipts, ranges[1:]),
        opening=opening,
        artifacts=artifacts,
    )
    return bundled(given, before.manifest_hash() if before else ZERO_32)


def bundled(given: Given, previous: bytes) -> Made:
    """Computes the epoch and writes its bundle."""
    epoch = recompute(given)
    used = sorted(epoch.used)
    opening = {name: tables.digest(name, rows) for name, rows in given.opening.items()}
    raw = epoch.raw_digests()
    inputs = documents.make_inputs(given.network, given.epoch, given.ranges, raw, opening, used, epoch.refused, previous)
    outputs = epoch.output_digests()
    manifest = documents.make_manifest(inputs, outputs, epoch.payout_root, epoch.total_cumulative, epoch.totals)
    rows = {bundle.GIVEN["raw_evidence"]: ("raw_evidence", epoch.raw.tables["raw_evidence"])}
    rows |= {bundle.GIVEN["attributions"]: ("attributions", epoch.tables["attributions"])}
    rows |= {name: (table, given.opening[table]) for table, name in bundle.OPENINGS.items()}
    made = topics(epoch.raw, given.network)
    members = {name: tables.write_rows(table, stored) for name, (table, stored) in rows.items()}
    members |= {name: recording.write(made[topic]) for topic, name in bundle.EVENTS.items()}
    members |= {bundle.ARTIFACTS + name.hex(): given.artifacts[name] for _, name in used}
    members |= {bundle.MANIFEST: documents.canonical(manifest), bundle.README_NAME: bundle.README.encode()}
    return Made(given, epoch, manifest, members)


def withholding(made: Made) -> Made:
    """The same epoch without evidence bytes: what a public bundle of a model with restricted evidence holds."""
    given = replace(
        made.given,
        evidence=tables.in_key_order("raw_evidence", made.epoch.raw.tables["raw_evidence"]),
        attributions=tables.in_key_order("attributions", made.epoch.tables["attributions"]),
    )
    bare = topics(made.epoch.raw, given.network)[RECEIPTS_TOPIC]
    records = [replace(record, value=_without_evidence(record.value)) for record in bare.records]
    events = {bundle.EVENTS[RECEIPTS_TOPIC]: recording.write(replace(bare, records=records))}
    return replace(made, given=given, members=made.members | events)


def _without_evidence(value: bytes) -> bytes:
    try:
        batch = protobuf.read(value, RECEIPT_RECORD)["batch"]
    except protobuf.Undecodable:
        return value
    if batch is None:
        return value
    body = protobuf.put_bytes(1, batch["content"]) + protobuf.put_bytes(2, batch["signature"])
    return protobuf.put_message(1, body)


__all__ = ["CHAIN_TOPIC", "RECEIPTS_TOPIC", "Made", "bundled", "make", "withholding"]
