"""Bundles (docs/formats.md): a tar in exactly one form, then its SHA-256; and which members there must be.

A member's header has mode 0644, owner and group 0, time 0, type 0, magic "ustar", version "00", its checksum as seven
octal digits and NUL, and NUL elsewhere; its bytes are padded with NUL to 512; two blocks of NUL end the tar.
"""

from collections.abc import Iterable

from .hashes import sha256
from .network import CHAIN_TOPIC, RECEIPTS_TOPIC
from .refused import Refused
from .tables import OPENING

BLOCK = 512
MANIFEST, README_NAME = "manifest.json", "README.txt"
EVENTS = {topic: f"events/{topic}.rec" for topic in (CHAIN_TOPIC, RECEIPTS_TOPIC)}
OPENINGS = {table: f"opening/{table}.rows" for table in OPENING}
GIVEN = {table: f"given/{table}.rows" for table in ("raw_evidence", "attributions")}
ARTIFACTS = "artifacts/"

README = """openbooks bundle

One epoch of the books, complete: the signed receipts and chain events, the opening state, the artifacts, and the
manifest whose hash is on the chain. It holds everything that is needed to compute the epoch's payouts again.

Check it with the independent verifier, in plain Python, of the openbooks sources:

    python verify/openbooks_verify.py BUNDLE --manifest-hash 0x...

The hash to give is the manifestHash of the root's RootProposed event. docs/formats.md says what each file is.
"""


def read(data: bytes) -> dict[str, bytes]:
    """The members by name, in their order. Any other form than the one is refused."""
    if len(data) < 32 or sha256(data[:-32]) != data[-32:]:
        raise Refused("bundle: is cut off or altered: its last 32 bytes are not the SHA-256 of the rest")
    members: dict[str, bytes] = {}
    at, end = 0, len(data) - 32 - 2 * BLOCK
    while at < end:
        header = data[at : at + BLOCK]
        try:
            if not header[124:135].isdigit():
                raise ValueError("the size is no number")
            name, size = header[:100].rstrip(b"\0").decode("ascii"), int(header[124:135], 8)
        except ValueError as error:
            raise Refused(f"bundle: the header at byte {at} cannot be read") from error
        members[name] = data[at + BLOCK : at + BLOCK + size]
        at += BLOCK + size + -size % BLOCK
    if write(members) != data:
        raise Refused("bundle: is no tar in the one form that formats.md allows")
    return members


def write(members: dict[str, bytes]) -> bytes:
    """The bundle of these members."""
    out = []
    for name in sorted(members, key=str.encode):
        out += [_header(name, len(members[name])), members[name], bytes(-len(members[name]) % BLOCK)]
    tar = b"".join(out) + bytes(2 * BLOCK)
    return tar + sha256(tar)


def _header(name: str, size: int) -> bytes:
    fields = [name.encode().ljust(100, b"\0"), b"0000644\0", b"0000000\0", b"0000000\0", b"%011o\0" % size]
    before = b"".join([*fields, b"00000000000\0"])
    after = (b"0" + bytes(100) + b"ustar\x0000").ljust(BLOCK - len(before) - 8, b"\0")
    checksum = sum(before) + 8 * ord(" ") + sum(after)
    return before + b"%07o\0" % checksum + after


def check_members(members: dict[str, bytes], artifacts: Iterable[bytes]) -> None:
    """Exactly the members that there must be, README.txt word for word, each artifact once."""
    names = {MANIFEST, README_NAME, *EVENTS.values(), *OPENINGS.values(), *GIVEN.values()}
    names |= {ARTIFACTS + artifact.hex() for artifact in artifacts}
    for name in sorted(members.keys() ^ names):
        raise Refused(f"bundle: {name} is {'missing' if name in names else 'not a member that a bundle has'}")
    if members[README_NAME] != README.encode():
        raise Refused(f"bundle: {README_NAME} is not the text that every bundle has")
