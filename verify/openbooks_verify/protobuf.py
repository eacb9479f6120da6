"""Protocol Buffers: a reader of the messages in ingest/proto, which says where each part lies, and a canonical writer.

A message is described by {field number: Field}. Reading gives a dict with every field: zero, b"", "", [] or None (a
message that is absent). For a field of type bytes the dict also has NAME@ (where its bytes begin), and every message
has "@" (begin and end of its bytes).
"""

from dataclasses import dataclass
from typing import Any

Message = dict[str, Any]
Spec = dict[int, "Field"]


class Undecodable(ValueError):
    """The bytes are no such message."""


@dataclass(frozen=True)
class Field:
    """`kind`: uint32, uint64, int64, bytes, string or message. Fields of one `oneof` exclude each other."""

    name: str
    kind: str
    spec: Spec | None = None
    repeated: bool = False
    oneof: str = ""


def read(data: bytes, spec: Spec) -> Message:
    """The message in `data`."""
    message = _empty(spec)
    _merge(message, data, 0, len(data), spec)
    return message


def _empty(spec: Spec) -> Message:
    zero = {"bytes": b"", "string": "", "message": None}
    return {f.name: [] if f.repeated else zero.get(f.kind, 0) for f in spec.values()}


def _merge(message: Message, data: bytes, at: int, end: int, spec: Spec) -> None:
    message["@"] = (at, end)
    while at < end:
        tag, at = _varint(data, at, end)
        number, wire_type = tag >> 3, tag & 7
        if number == 0 or tag > 0xFFFFFFFF:
            raise Undecodable("a field has no number")
        field = spec.get(number)
        if field is None:
            at = _skip(data, at, end, number, wire_type)
        elif field.kind in ("bytes", "string", "message"):
            if wire_type != 2:
                raise Undecodable(f"{field.name} has another wire type")
            size, at = _varint(data, at, end)
            if size > end - at:
                raise Undecodable(f"{field.name} is cut off")
            _put_bytes(message, field, data, at, at + size, spec)
            at += size
        else:
            at = _put_numbers(message, field, data, at, end, wire_type)


def _put_bytes(message: Message, field: Field, data: bytes, at: int, end: int, spec: Spec) -> None:
    if field.kind == "message":
        assert field.spec is not None
        old = None if field.repeated else message[field.name]
        value: Any = old or _empty(field.spec)
        _merge(value, data, at, end, field.spec)
    elif field.kind == "string":
        try:
            value = data[at:end].decode()
        except UnicodeDecodeError as error:
            raise Undecodable(f"{field.name} is not UTF-8") from error
    else:
        value = data[at:end]
    if field.repeated:
        message[field.name].append(value)
        return
    if field.oneof:
        for other in spec.values():
            if other.oneof == field.oneof:
                message[other.name] = None
    message[field.name] = value
    message[field.name + "@"] = at


def _put_numbers(message: Message, field: Field, data: bytes, at: int, end: int, wire_type: int) -> int:
    if wire_type == 0:
        value, at = _varint(data, at, end)
        if field.repeated:
            message[field.name].append(_number(value, field.kind))
        else:
            message[field.name] = _number(value, field.kind)
        return at
    if wire_type != 2 or not field.repeated:
        raise Undecodable(f"{field.name} has another wire type")
    size, at = _varint(data, at, end)
    stop = at + size
    if stop > end:
        raise Undecodable(f"{field.name} is cut off")
    while at < stop:
        value, at = _varint(data, at, stop)
        message[field.name].append(_number(value, field.kind))
    return at


def _number(value: int, kind: str) -> int:
    if kind == "uint32":
        return value & 0xFFFFFFFF
    return value - (1 << 64) if kind == "int64" and value >> 63 else value


def _varint(data: bytes, at: int, end: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= end:
            break
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            if value >> 64:
                break
            return value, at
    raise Undecodable("a number is cut off or too long")


def _skip(data: bytes, at: int, end: int, number: int, wire_type: int) -> int:
    if wire_type == 0:
        return _varint(data, at, end)[1]
    if wire_type == 3:
        return _skip_group(data, at, end, number)
    if wire_type == 2:
        size, at = _varint(data, at, end)
    elif wire_type in (1, 5):
        size = 8 if wire_type == 1 else 4
    else:
        raise Undecodable("a field has an unknown wire type")
    if size > end - at:
        raise Undecodable("a field is cut off")
    return at + size


def _skip_group(data: bytes, at: int, end: int, number: int) -> int:
    while True:
        tag, at = _varint(data, at, end)
        if tag & 7 == 4:
            if tag >> 3 != number:
                raise Undecodable("a group ends that did not begin")
            return at
        at = _skip(data, at, end, tag >> 3, tag & 7)


def put_varint(value: int) -> bytes:
    """A number in as few bytes as it needs."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out + bytes([value]))


def put_number(number: int, value: int) -> bytes:
    """A number field; zero is left out."""
    return put_varint(number << 3) + put_varint(value & (1 << 64) - 1) if value else b""


def put_message(number: int, body: bytes) -> bytes:
    """A message field, or one element of a repeated field: written even when it is empty."""
    return put_varint(number << 3 | 2) + put_varint(len(body)) + body


def put_bytes(number: int, value: bytes) -> bytes:
    """A bytes or string field; an empty one is left out."""
    return put_message(number, value) if value else b""


def put_each(number: int, values: list[bytes]) -> bytes:
    """A repeated field of bytes or messages."""
    return b"".join(put_message(number, value) for value in values)
