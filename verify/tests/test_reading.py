"""Formats: protobuf, ABI, rows and recorded files, with vectors by hand or by others."""

import pytest

from openbooks_verify import events, protobuf, recording, tables
from openbooks_verify.hashes import sha256
from openbooks_verify.messages import BATCH_CONTENT, EVIDENCE, RECORD
from openbooks_verify.protobuf import Field, put_message, put_number, put_varint
from openbooks_verify.recording import Record, Recording
from openbooks_verify.refused import Refused
from world import abi


@pytest.mark.parametrize("value", [0, 1, 127, 128, 300, 2**32 - 1, 2**64 - 1])
def test_numbers_round_trip(value):
    assert protobuf.read(put_number(3, value), BATCH_CONTENT)["lane"] == value


def test_protobuf_reads_as_the_specification_says():
    assert put_varint(300) == b"\xac\x02"
    assert protobuf.read(b"\x18" + b"\xff" * 9 + b"\x01", RECORD)["time_us"] == -1
    assert protobuf.read(b"\x08\xff\xff\xff\xff\x1f", RECORD)["partition"] == 2**32 - 1  # cut to 32 bits
    assert protobuf.read(b"\x08\x01\x08\x02", RECORD)["partition"] == 2  # the last one counts
    assert protobuf.read(b"\xf8\x07\x05\xfb\x07\x08\x01\xfc\x07\x08\x03", RECORD)["partition"] == 3  # unknown ones
    tokens = {1: Field("tokens", "uint32", repeated=True)}
    assert protobuf.read(b"\x0a\x02\x05\x06\x08\x07", tokens)["tokens"] == [5, 6, 7]  # packed and not


def test_of_a_oneof_the_last_counts_and_the_same_is_merged():
    sketch = put_message(1, put_number(1, 3))
    twice = protobuf.read(put_message(1, sketch) + put_message(1, sketch), EVIDENCE)
    assert len(twice["influence"]["base"]) == 2
    other = protobuf.read(put_message(1, sketch) + put_message(2, b""), EVIDENCE)
    assert other["influence"] is None and other["retrieval"] is not None


@pytest.mark.parametrize(
    "data",
    ["0a", "0aff", "0a05aa", "08", "0880", "00", "0e", "0d00", "10ffffffffffffffffff02", "2208", "0c", "1a00", "0f"],
)
def test_undecodable_bytes(data):
    with pytest.raises(protobuf.Undecodable):
        protobuf.read(bytes.fromhex(data), RECORD)


def test_text_that_is_not_utf_8_is_undecodable():
    with pytest.raises(protobuf.Undecodable):
        protobuf.read(b"\x0a\x01\xff", {1: Field("text", "string")})


# A log encoded by ethers 6.
SUBMITTED = (
    ["d0317213c37b3755ca9fd16cd150c2fea0f0f956dd394eddf5ddbde36a581f25", "01" * 32, "02" * 32, "00" * 12 + "33" * 20],
    "04" * 32 + "05" * 32 + f"{7:064x}{0xE0:064x}{0x120:064x}{0x180:064x}{0x1E0:064x}"
    + f"{8:064x}697066733a2f2f78{'00' * 24}"
    + f"{41:064x}43432d42592d342e30206f7220736f6d657468696e67206c6f6e676572207468616e206120776f7264{'00' * 23}"
    + f"{2:064x}{'00' * 12}{'88' * 20}{'00' * 12}{'99' * 20}{2:064x}{6000:064x}{4000:064x}",
)  # fmt: skip


def test_events_decode_as_ethers_encodes():
    topics, data = [bytes.fromhex(topic) for topic in SUBMITTED[0]], bytes.fromhex(SUBMITTED[1])
    name, fields = events.decode("datanets", topics, data)
    assert name == "ContributionSubmitted"
    assert (fields["contribution"], fields["contributor"]) == (b"\x01" * 32, b"\x33" * 20)
    assert (fields["itemCount"], fields["uri"]) == (7, "ipfs://x")
    assert fields["licence"] == "CC-BY-4.0 or something longer than a word"
    assert (fields["beneficiaries"], fields["shares"]) == ([b"\x88" * 20, b"\x99" * 20], [6000, 4000])
    for wrong in (topics[:3], topics + [bytes(32)], [bytes(32)], []):
        with pytest.raises(events.NotAnEvent):
            events.decode("datanets", wrong, data)
    with pytest.raises(events.NotAnEvent):
        events.decode("vault", topics, data)
    with pytest.raises(events.NotAnEvent):
        events.decode("datanets", topics, data[:-1])


def test_selectors_are_those_of_ethers():
    selectors = {declared.name: topic.hex() for (_, topic), declared in events.DECLARED.items()}
    assert selectors["SplitSet"] == "f0aef7375b54ce282162f54a30eb8430c02156ddcabe7664c378ebe047013e3f"
    assert selectors["ProposalCreated"] == "7d84a6263ae0d98d3329bd7b46bb4e8d6f98cd35a7adb45c274c8b7fd5ebd5e0"
    assert selectors["Transfer"] == "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"


def test_abi_round_trips():
    kinds = ["uint64", "uint16[10]", "address", "string", "bytes", "uint16[]", "bool"]
    values = [2, [1, 2, 3, 4, 5, 6, 7, 8, 9, 9955], b"\x33" * 20, "zażółć", b"\x01\x02", [3, 4], 1]
    assert events.decode_abi(kinds, abi(kinds, values)) == values
    with pytest.raises(events.NotAnEvent):
        events.decode_abi(["uint16"], (2**16).to_bytes(32, "big"))
    with pytest.raises(events.NotAnEvent):
        events.decode_abi(["uint16[]"], (2**255).to_bytes(32, "big"))


def test_a_row_by_hand():
    row = {"epoch": 2, "staker": b"\x01" * 20, "operator": b"\x02" * 20, "staked": 5, "slashed": 0}
    row |= {"unstake_requested": 1, "earning": 4}
    integers = [f"01{value:032x}" for value in (2, 5, 0, 1, 4)]
    address = [f"01{20:08x}{'01' * 20}", f"01{20:08x}{'02' * 20}"]
    encoded = bytes.fromhex(integers[0] + "".join(address) + "".join(integers[1:]))
    assert tables.encode_row("stakes", row) == encoded
    assert tables.key_of("stakes", row) == bytes.fromhex(integers[0] + "".join(address))
    leaf = sha256(b"\x00", sha256(encoded))
    bound = (
        b"openbooks.table.v1" + bytes.fromhex("00000006") + b"stakes" + bytes.fromhex("00000001" + "0000000000000001")
    )
    assert tables.digest("stakes", [row]) == (1, sha256(bound + leaf))
    assert tables.read_rows("stakes", tables.write_rows("stakes", [row]), "stakes.rows") == [row]


def test_null_lists_structs_and_negative_integers():
    pair = tables.Type("struct", ("a", "b"), (tables.Type("int"), tables.Type("text")))
    value = [{"a": -1, "b": "é"}]
    assert tables.encode(None, pair) == b"\x00"
    expected = "01" + "00000001" + "01" + "01" + "ff" * 16 + "01" + "00000002" + "c3a9"
    assert tables.encode(value, tables.Type("list", (), (pair,))).hex() == expected


def test_rows_stand_in_key_order_each_key_once():
    rows = [{"epoch": 1, "account": bytes([kind]) * 33, "amount": 7} for kind in (3, 2)]
    data = tables.write_rows("balances", rows)
    assert tables.read_rows("balances", data, "it") == rows[::-1]
    half = len(data) // 2
    for wrong in (data[half:] + data[:half], data[:half] * 2, data[:-1], data + b"\x00"):
        with pytest.raises(Refused):
            tables.read_rows("balances", wrong, "it")
    with pytest.raises(Refused):
        tables.digest("balances", [rows[0], rows[0]])


def test_a_recording_is_complete_or_refused():
    records = [Record(0, 4, 9, b"k", b"v"), Record(1, 0, -1, b"", b""), Record(0, 5, 9, b"", b"w")]
    data = recording.write(Recording("topic", 2, records))
    assert recording.read(data, "it") == Recording("topic", 2, records)
    for at in range(len(data)):
        with pytest.raises(Refused):
            recording.read(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :], "it")
        with pytest.raises(Refused):
            recording.read(data[:at], "it")
    for wrong in ([Record(2, 0, 0, b"", b"")], [records[0], records[0]], [records[2], records[0]]):
        with pytest.raises(Refused):
            recording.read(recording.write(Recording("topic", 2, wrong)), "it")
