"""Values from outside, checked once: bytes of a fixed length, as they are or as hex, and bounded integers."""

import operator
from typing import SupportsIndex

from .errors import InvalidInput

ADDRESS_BYTES = 20
ID_BYTES = 32

HexOrBytes = str | bytes
"""Bytes, or the same in hex with 0x."""


def address(value: HexOrBytes, what: str) -> bytes:
    """20 bytes."""
    return _exactly(ADDRESS_BYTES, value, what)


def id32(value: HexOrBytes, what: str) -> bytes:
    """32 bytes: an id or a hash."""
    return _exactly(ID_BYTES, value, what)


def raw(value: bytes, what: str) -> bytes:
    """Bytes that are bytes: `bytes(n)` of a number would be n zeros."""
    if not isinstance(value, bytes | bytearray | memoryview):
        raise InvalidInput(f"{what} is {type(value).__name__}, not bytes")
    return bytes(value)


def from_hex(value: HexOrBytes, what: str) -> bytes:
    """Bytes of any length."""
    if not isinstance(value, str):
        return raw(value, what)
    if not value.startswith("0x"):
        raise InvalidInput(f"{what} is no hex with 0x")
    try:
        return bytes.fromhex(value[2:])
    except ValueError as error:
        raise InvalidInput(f"{what} is no hex with 0x") from error


def to_hex(value: bytes) -> str:
    """Lower case, with 0x."""
    return "0x" + value.hex()


def integer(value: SupportsIndex, what: str, least: int, most: int) -> int:
    """An integer, also one of an array library, between both bounds."""
    try:
        number = operator.index(value)
    except TypeError as error:
        raise InvalidInput(f"{what} is {type(value).__name__}, not an integer") from error
    if not least <= number <= most:
        raise InvalidInput(f"{what} is {number}, not between {least} and {most}")
    return number


def _exactly(length: int, value: HexOrBytes, what: str) -> bytes:
    found = from_hex(value, what)
    if len(found) != length:
        raise InvalidInput(f"{what} has {len(found)} bytes, not {length}")
    return found
