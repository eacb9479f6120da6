"""The command: reads a bundle, computes its epoch again, compares everything, and says what that proves."""

import argparse
import re
import sys
from pathlib import Path

from . import bundle, conservation, documents, recording, remake, tables
from .documents import Inputs, Json
from .epoch import Epoch, Given, recompute
from .hashes import ZERO_32, keccak, sha256, tree_hash
from .network import CHAIN_TOPIC, RECEIPTS_TOPIC
from .refused import Refused, same, show
from .tables import Row

BROKEN = 5

PROVEN = """
This proves: these signed inputs, under rule set 1, give this payout root; no receipt in these ranges was dropped or
altered; every base unit that was charged was credited.
"""
FIRST = """
It is the first epoch: it begins with empty books, at offset 0 of every partition.
"""
BEFORE = """
It takes as given the opening state and where the receipts ranges begin. Both are in the manifest before this one,
{previous}; --previous BUNDLE checks that.
"""
BELIEVED = """
It cannot show that an operator reported every answer, that a sketch came from that query, that an index came from
that training, that a contributor owned the data, or that the settler, who runs the broker, took in every batch at once.
Those rest on stake, signed acknowledgements, audits and challenges.
"""


def say(text: str) -> None:
    print(text, flush=True)


def main(arguments: list[str] | None = None) -> int:
    """The exit code: 0 all equal, 2 usage, 5 something differs or cannot be read."""
    parser = argparse.ArgumentParser(
        prog="openbooks_verify.py", description="Computes the epoch of a bundle again and compares everything."
    )
    parser.add_argument("bundle", metavar="BUNDLE", help="the exported .bundle file")
    parser.add_argument("--manifest-hash", metavar="0x...", type=_hash, help="manifestHash of the RootProposed event")
    parser.add_argument("--previous", metavar="BUNDLE", help="the bundle of the epoch before: checks that they join")
    options = parser.parse_args(arguments)
    try:
        data, previous = _bytes_of(options.bundle), options.previous and _bytes_of(options.previous)
        verify(data, options.manifest_hash, previous)
    except Refused as refused:
        return _broken(str(refused))
    except BrokenPipeError:  # nobody reads what we say
        sys.stdout = None  # type: ignore[assignment]
        return BROKEN
    except Exception as error:  # whatever a hostile file provokes is a refusal too
        return _broken(f"bundle: cannot be checked: {type(error).__name__}: {error}")
    return 0


def _bytes_of(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise Refused(f"{path}: cannot be read: {error.strerror}") from error


def _hash(text: str) -> bytes:
    if not re.fullmatch("0x[0-9a-fA-F]{64}", text):
        raise argparse.ArgumentTypeError("is not 32 bytes of hex")
    return bytes.fromhex(text[2:])


def _broken(message: str) -> int:
    print("DIFFERS: " + message.replace("\n", " "), file=sys.stderr, flush=True)
    return BROKEN


def verify(data: bytes, manifest_hash: bytes | None, previous: bytes | None = None) -> None:
    """Every check, in the order in which it prints them."""
    members = bundle.read(data)
    manifest, inputs = documents.read_manifest(members.get(bundle.MANIFEST, b""))
    found = keccak(members[bundle.MANIFEST])
    if manifest_hash not in (None, found):
        raise Refused(f"manifest hash: {show(manifest_hash)} was given, the bundle's manifest has {show(found)}")
    bundle.check_members(members, {artifact for _, artifact in inputs.artifacts})
    network = inputs.network
    say(f"Epoch {inputs.epoch} of chain {network.chain_id}, vault {show(network.vault)}")
    say(f"file          {len(members)} members and nothing else, its SHA-256 is right")
    say(f"manifest      {show(found)}{'' if manifest_hash is None else ', as given'}")
    if (inputs.epoch == 1) != (inputs.previous_manifest == ZERO_32):
        raise Refused(f"inputs.previous_manifest: epoch {inputs.epoch} names {show(inputs.previous_manifest)}")
    if previous is not None:
        _check_previous(manifest, inputs, previous)
    given = _given(members, inputs)
    epoch = recompute(given)
    _check_events(members, given, epoch)
    _check_given(members, given, epoch)
    _check_documents(manifest, inputs, given, epoch)
    conservation.check(epoch, given.opening)
    say("conservation  per receipt, per account and for ever: nothing made, nothing lost")
    _conclude(inputs, epoch, found, manifest_hash)


def _check_previous(manifest: Json, inputs: Inputs, previous: bytes) -> None:
    """The epoch before ends where this one begins: its manifest, its closing tables, its ranges."""
    data = bundle.read(previous).get(bundle.MANIFEST, b"")
    before, inputs_before = documents.read_manifest(data)
    same("inputs.previous_manifest", inputs.previous_manifest, keccak(data))
    same("epoch of the previous bundle", inputs.epoch - 1, inputs_before.epoch)
    same("network of the previous bundle", inputs.network, inputs_before.network)
    closing = [row for row in before["outputs"] if row["table"] in tables.OPENING]
    documents.compare(manifest["inputs"]["opening"], closing, "inputs.opening")
    starts = [(part.topic, part.partition, part.to + 1) for part in inputs_before.ranges]
    same("where the ranges begin", [(part.topic, part.partition, part.start) for part in inputs.ranges], starts)
    say(f"previous      epoch {inputs_before.epoch} ends where this one begins: same manifest, tables, offsets")


def _given(members: dict[str, bytes], inputs: Inputs) -> Given:
    """What the bundle gives; opening tables and artifacts are checked here."""
    read = {topic: recording.read(members[name], name) for topic, name in bundle.EVENTS.items()}
    opening = {table: tables.read_rows(table, members[name], name) for table, name in bundle.OPENINGS.items()}
    rows = {table: tables.read_rows(table, members[name], name) for table, name in bundle.GIVEN.items()}
    for table, stored in opening.items():
        if any(row["epoch"] != inputs.epoch - 1 for row in stored) or (stored and inputs.epoch == 1):
            raise Refused(f"{bundle.OPENINGS[table]}: has a row that is not of epoch {inputs.epoch - 1}")
    if inputs.artifacts != sorted(set(inputs.artifacts)):
        raise Refused("inputs.artifacts: they are not in order, each once")
    artifacts = {name: members[bundle.ARTIFACTS + name.hex()] for _, name in inputs.artifacts}
    for kind, name in inputs.artifacts:
        _check_artifact(kind, name, artifacts[name])
    say(f"artifacts     {len(artifacts)}, each has the hash that names it")
    return Given(
        network=inputs.network,
        epoch=inputs.epoch,
        ranges=inputs.ranges,
        chain=read[CHAIN_TOPIC],
        receipts=read[RECEIPTS_TOPIC],
        opening=opening,
        artifacts=artifacts,
        evidence=rows["raw_evidence"],
        attributions=rows["attributions"],
    )


def _check_artifact(kind: str, name: bytes, data: bytes) -> None:
    if kind == "index":
        same(f"artifacts: SHA-256 of index {show(name)}", name, sha256(data))
    elif kind == "items":
        hashes = [data[at : at + 32] for at in range(12, len(data), 32)]
        if data[:12] != b"OBITEMS1" + len(hashes).to_bytes(4, "big"):
            raise Refused(f"artifacts: {show(name)} is no item list")
        same(f"artifacts: tree hash of items {show(name)}", name, tree_hash(hashes))
    else:
        raise Refused(f"inputs.artifacts: {show(name)} is of the unknown kind {kind}")


def _check_events(members: dict[str, bytes], given: Given, epoch: Epoch) -> None:
    """The recorded files, made again from the rows that were read from them, must be the same bytes."""
    for topic, made in remake.topics(epoch.raw, given.network).items():
        name = bundle.EVENTS[topic]
        if recording.write(made) != members[name]:
            raise Refused(f"{name}: is not what its own rows give: some of its bytes mean nothing")
    raw = {name: len(rows) for name, rows in epoch.raw.tables.items()}
    records = f"{raw['raw_log']} records without a gap, each range ended by the settler's signed Close"
    say(f"events        {records}")
    batches = f"{raw['raw_batches']} batches with {raw['raw_receipts']} receipts, signatures recovered"
    say(f"              {batches}; {raw['raw_chain_events']} logs; {raw['quarantine']} in quarantine")


def _check_given(members: dict[str, bytes], given: Given, epoch: Epoch) -> None:
    """Rows that are given beside what was recomputed: equal, row by row."""
    _same_rows("raw_evidence", given.evidence, epoch.raw.tables["raw_evidence"])
    _same_rows("attributions", given.attributions, epoch.tables["attributions"])
    stored = given.opening | {"raw_evidence": given.evidence, "attributions": given.attributions}
    for table, name in (bundle.GIVEN | bundle.OPENINGS).items():
        if tables.write_rows(table, stored[table]) != members[name]:
            raise Refused(f"{name}: is not in the one form of its rows")


def _same_rows(table: str, stated: list[Row], recomputed: list[Row]) -> None:
    """Refuses at the first row, in key order, that differs, with its key and both values."""
    one = {tables.key_of(table, row): row for row in stated}
    other = {tables.key_of(table, row): row for row in recomputed}
    for key in sorted(one.keys() | other.keys()):
        row = one.get(key) or other[key]
        where = f"{table}: {tables.key_text(table, row)}"
        if key not in one:
            raise Refused(f"{where}: the bundle lacks this row, recomputed it is {show(other[key])}")
        if key not in other:
            raise Refused(f"{where}: the bundle says {show(one[key])}, recomputed there is no such row")
        for column in tables.COLUMNS[table]:
            if column.in_digest:
                same(f"{where}, {column.name}", one[key][column.name], other[key][column.name])


def _check_documents(manifest: Json, inputs: Inputs, given: Given, epoch: Epoch) -> None:
    """The manifest, made again from what was recomputed, must be the same document."""
    opening = {table: tables.digest(table, rows) for table, rows in given.opening.items()}
    inputs_again = documents.make_inputs(
        given.network,
        given.epoch,
        given.ranges,
        epoch.raw_digests(),
        opening,
        sorted(epoch.used),
        epoch.refused,
        inputs.previous_manifest,
    )
    documents.compare(manifest["inputs"], inputs_again, "inputs")
    outputs = epoch.output_digests()
    again = documents.make_manifest(inputs_again, outputs, epoch.payout_root, epoch.total_cumulative, epoch.totals)
    documents.compare(manifest, again, "manifest")
    say(f"inputs        {again['inputs_hash']}, with {len(opening)} opening tables")
    for table, (rows, digest) in outputs.items():
        say(f"  {table:<20}{rows:>8} rows  {show(digest)}")
    charged = epoch.totals["charged"]
    receipts = len(epoch.tables["attributions"])
    say(f"charged       {charged} base units for {receipts} of {len(epoch.tables['charges'])} receipts")
    for scope in epoch.refused:
        say(f"refused       {show(scope)}: its artifacts were missing or not what it pins; ask its owner for them")
    if epoch.withheld:
        say(f"level         money: of {epoch.withheld} receipts the evidence is withheld, weights are taken as given")
    else:
        say("level         full: every weight was recomputed from the evidence and the indexes")
    say(f"payout root   {show(epoch.payout_root)}")
    say(f"total         {epoch.total_cumulative} base units for {len(epoch.tables['payouts'])} accounts")


def _conclude(inputs: Inputs, epoch: Epoch, found: bytes, manifest_hash: bytes | None) -> None:
    say("\nEverything is equal.")
    say(PROVEN.strip())
    if epoch.withheld:
        say(f"Of {epoch.withheld} receipts it proves the money only: which data influenced them is taken as given.")
    say(FIRST.strip() if inputs.epoch == 1 else BEFORE.format(previous=show(inputs.previous_manifest)).strip())
    say(BELIEVED.strip())
    if manifest_hash is None:
        say(f"No --manifest-hash was given: compare {show(found)}")
        say("with the manifestHash of the root's RootProposed event yourself.")
