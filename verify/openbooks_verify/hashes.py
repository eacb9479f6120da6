"""Hashes and Merkle trees: keccak256, SHA-256, CRC-32C, the RFC 6962 tree and OpenZeppelin's StandardMerkleTree."""

import hashlib
from collections.abc import Iterable

from Crypto.Hash import keccak as _keccak

ZERO_32 = bytes(32)


def keccak(*parts: bytes) -> bytes:
    """keccak256 of the parts, joined."""
    return _keccak.new(digest_bits=256, data=b"".join(parts)).digest()


def sha256(*parts: bytes) -> bytes:
    """SHA-256 of the parts, joined."""
    return hashlib.sha256(b"".join(parts)).digest()


def tree_hash(leaves: Iterable[bytes]) -> bytes:
    """RFC 6962, section 2.1, over leaf data. Pairing from the left and carrying an odd last node up is the same tree."""
    nodes = [sha256(b"\x00", leaf) for leaf in leaves]
    if not nodes:
        return sha256()
    while len(nodes) > 1:
        paired = [sha256(b"\x01", nodes[i], nodes[i + 1]) for i in range(0, len(nodes) - 1, 2)]
        nodes = paired + nodes[len(paired) * 2 :]
    return nodes[0]


def payout_leaf(chain_id: int, vault: bytes, account: bytes, cumulative: int) -> bytes:
    """keccak256(keccak256(abi.encode(chain id, vault, account, cumulative)))."""
    words = [
        chain_id.to_bytes(32, "big"),
        vault.rjust(32, b"\0"),
        account.rjust(32, b"\0"),
        cumulative.to_bytes(32, "big"),
    ]
    return keccak(keccak(*words))


def standard_merkle_root(leaves: Iterable[bytes]) -> bytes:
    """OpenZeppelin StandardMerkleTree over leaf hashes; zero when there is none."""
    ascending = sorted(leaves)
    if not ascending:
        return ZERO_32
    count = len(ascending)
    tree = [b""] * (2 * count - 1)
    for i, leaf in enumerate(ascending):
        tree[len(tree) - 1 - i] = leaf
    for i in range(count - 2, -1, -1):
        tree[i] = keccak(*sorted((tree[2 * i + 1], tree[2 * i + 2])))
    return tree[0]


def _crc32c_table() -> list[int]:
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


_CRC32C = _crc32c_table()


def crc32c(data: bytes) -> int:
    """CRC-32C (Castagnoli)."""
    crc, table = 0xFFFFFFFF, _CRC32C
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF
