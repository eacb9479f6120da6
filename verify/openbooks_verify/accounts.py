"""Accounts: 33 bytes, a kind and what it is of (docs/formats.md, "Accounts"); and how money is divided."""

from functools import cache

from .hashes import ZERO_32, keccak
from .signing import word

OUTSIDE = b"\x00" + ZERO_32
RESERVE = b"\x07" + ZERO_32


def address_account(address: bytes) -> bytes:
    return b"\x01" + word(address)


@cache
def deposit_account(payer: bytes, operator: bytes) -> bytes:
    return b"\x02" + keccak(word(2), word(payer), word(operator))


@cache
def stake_account(staker: bytes, operator: bytes) -> bytes:
    return b"\x03" + keccak(word(3), word(staker), word(operator))


def unattributed_account(datanet: bytes) -> bytes:
    return b"\x04" + keccak(word(4), datanet)


def incentive_account(campaign: bytes) -> bytes:
    return b"\x05" + keccak(word(5), campaign)


def training_account(run: bytes) -> bytes:
    return b"\x06" + keccak(word(6), run)


def is_address(account: bytes) -> bool:
    return account[0] == 1


def divide(total: int, weights: list[int]) -> list[int]:
    """Largest remainder: everybody the floor of their part; the rest, one unit each, to the largest remainders.

    Ties go to the earlier. The weights must not all be zero.
    """
    whole = sum(weights)
    parts = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return parts
