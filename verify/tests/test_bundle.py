"""A bundle is accepted as it was written, and refused with any other byte, by the command as people run it."""

import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from making import Made, make, withholding
from openbooks_verify import bundle, recording, tables
from openbooks_verify.documents import canonical, hex_of
from openbooks_verify.hashes import sha256
from openbooks_verify.main import verify
from openbooks_verify.network import RECEIPTS_TOPIC
from openbooks_verify.protobuf import put_message
from openbooks_verify.refused import Refused
from world import NETWORK, two_nights

COMMAND = Path(__file__).parents[1] / "openbooks_verify.py"


def settled(evidence_public: bool) -> list[Made]:
    world = two_nights(evidence_public)
    chain, receipts = world.topics()
    first = make(NETWORK, 1, chain, receipts, world.artifacts, None)
    return [first, make(NETWORK, 2, chain, receipts, world.artifacts, first)]


@pytest.fixture(scope="module")
def nights() -> list[Made]:
    return settled(evidence_public=True)


@pytest.fixture(scope="module")
def restricted() -> list[Made]:
    return settled(evidence_public=False)


def run(*arguments: object) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, COMMAND, *map(str, arguments)], capture_output=True, text=True)


def test_the_command(nights, tmp_path):
    paths = [tmp_path / f"{made.given.epoch}.bundle" for made in nights]
    for path, made in zip(paths, nights):
        path.write_bytes(made.bundle())
    done = run(paths[1], "--manifest-hash", hex_of(nights[1].manifest_hash()), "--previous", paths[0])
    assert (done.returncode, done.stderr) == (0, "")
    assert "Everything is equal." in done.stdout and "level         full" in done.stdout
    assert nights[1].manifest["payout_root"] in done.stdout
    wrong = run(paths[1], "--manifest-hash", hex_of(nights[0].manifest_hash()))
    assert wrong.returncode == 5 and wrong.stderr.count("\n") == 1 and "manifest hash" in wrong.stderr
    assert run(paths[0], "--previous", paths[1]).returncode == 5
    assert run(tmp_path / "missing").returncode == 5
    assert run(COMMAND).returncode == 5
    assert run().returncode == 2
    assert run(paths[0], "--manifest-hash", "0x12").returncode == 2


def refused(data: bytes, manifest_hash: bytes | None = None) -> str:
    with pytest.raises(Exception) as raised:  # the command turns every exception into exit 5
        verify(data, manifest_hash)
    return str(raised.value)


def altered(data: bytes, at: int, change: int) -> bytes:
    tar = bytearray(data[:-32])
    tar[at] ^= change
    return bytes(tar) + sha256(bytes(tar))


@pytest.mark.parametrize("night", [0, 1])
def test_any_other_byte_is_refused_though_the_trailer_is_right(nights, night):
    data, choice = nights[night].bundle(), random.Random(night)
    starts, at = [], 0
    for name, content in sorted(nights[night].members.items()):
        size = 512 + len(content) + -len(content) % 512
        starts += [at + choice.randrange(512) for _ in range(3)]
        starts += [at + choice.randrange(512, size) for _ in range(12) if size > 512]
        at += size
    starts += [at + choice.randrange(1_024) for _ in range(3)]
    for position in starts:
        refused(altered(data, position, 1 << choice.randrange(8)), nights[night].manifest_hash())


def test_the_trailer_and_the_length_are_checked(nights):
    data = nights[0].bundle()
    for wrong in (data[:-1], data + b"\0", data[:-1] + bytes([data[-1] ^ 1]), b"", data[:40]):
        assert "bundle" in refused(wrong)


def with_members(made: Made, **changed: bytes | None) -> bytes:
    members = {**made.members, **changed}
    return bundle.write({name: value for name, value in members.items() if value is not None})


def test_members_are_exactly_those_allowed(nights):
    made = nights[0]
    assert "LICENSE is not a member" in refused(with_members(made, LICENSE=b"x"))
    assert "README.txt is missing" in refused(with_members(made, **{"README.txt": None}))
    assert "README.txt is not the text" in refused(with_members(made, **{"README.txt": b"Trust me.\n"}))
    assert "opening" in refused(with_members(made, **{"opening/spends.rows": None}))


def test_a_manifest_that_says_something_else_is_named_by_its_table(nights):
    made = nights[0]
    ledger = next(row for row in made.manifest["outputs"] if row["table"] == "ledger")
    changed = [row if row is not ledger else row | {"digest": "0x" + "11" * 32} for row in made.manifest["outputs"]]
    message = refused(with_members(made, **{"manifest.json": canonical(made.manifest | {"outputs": changed})}))
    assert message.startswith("manifest.outputs[ledger].digest: the bundle says 0x1111") and ledger["digest"] in message
    message = refused(with_members(made, **{"manifest.json": canonical(made.manifest | {"total_cumulative": "7"})}))
    assert message == f"manifest.total_cumulative: the bundle says 7, recomputed {made.epoch.total_cumulative}"
    spaced = made.members["manifest.json"].replace(b'":', b'": ', 1)
    assert "not canonical" in refused(with_members(made, **{"manifest.json": spaced}))


def test_a_given_attribution_that_differs_is_named_by_its_receipt(nights):
    made = nights[0]
    rows = tables.read_rows("attributions", made.members["given/attributions.rows"], "it")
    rows[0]["tau_base"] += 1
    written = {"given/attributions.rows": tables.write_rows("attributions", rows)}
    receipt = hex_of(rows[0]["receipt"])
    message = refused(with_members(made, **written))
    assert message == f"attributions: epoch 1, receipt {receipt}, tau_base: the bundle says 9, recomputed 8"


def test_a_dropped_receipt_batch_is_noticed(nights):
    made = nights[0]
    name = bundle.EVENTS[RECEIPTS_TOPIC]
    topic = recording.read(made.members[name], name)
    kept = [replace(record, offset=i) for i, record in enumerate(topic.records[1:])]
    message = refused(with_members(made, **{name: recording.write(replace(topic, records=kept))}))
    assert message.startswith("ranges: openbooks.receipts.v1, partition 0: the records are not those")


def test_restricted_evidence_may_be_withheld_and_is_said_to_be(restricted, capsys):
    bare = withholding(restricted[0])
    assert bare.members != restricted[0].members and bare.manifest == restricted[0].manifest
    verify(bare.bundle(), restricted[0].manifest_hash())
    said = capsys.readouterr().out
    assert "level         money: of 2 receipts" in said and "proves the money only" in said
    verify(restricted[0].bundle(), restricted[0].manifest_hash())
    assert "level         full" in capsys.readouterr().out


def test_public_evidence_may_not_be_withheld(nights):
    assert "is public, but not in the bundle" in refused(withholding(nights[0]).bundle())


def test_bytes_that_no_row_holds_are_refused(nights):
    """An unnamed blob of evidence changes no row, so nothing but the one form of the file refuses it."""
    made = nights[0]
    name = bundle.EVENTS[RECEIPTS_TOPIC]
    topic = recording.read(made.members[name], name)
    record = topic.records[0]
    envelope = record.value[3:]  # behind the field's tag and two bytes of length
    assert put_message(1, envelope) == record.value
    smuggled = put_message(1, envelope + put_message(3, b"more"))
    records = [replace(record, value=smuggled), *topic.records[1:]]
    message = refused(with_members(made, **{name: recording.write(replace(topic, records=records))}))
    assert "some of its bytes mean nothing" in message


def test_all_exceptions_are_one_line(nights, tmp_path):
    path = tmp_path / "odd.bundle"
    path.write_bytes(with_members(nights[0], **{"manifest.json": b"[" * 100_000}))
    done = run(path)
    assert done.returncode == 5 and done.stderr.count("\n") == 1 and done.stderr.startswith("DIFFERS: ")
    with pytest.raises(Refused):
        bundle.read(b"x" * 2_000)
