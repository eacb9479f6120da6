"""The one way in which a check fails."""


class Refused(Exception):
    """Something differs or is malformed; the message is one line that names it."""


def show(value: object) -> str:
    """A value as people read it: bytes as 0x hex, long ones cut."""
    if isinstance(value, bytes):
        text = "0x" + value.hex()
        return text if len(text) <= 140 else f"{text[:80]}... ({len(value)} bytes)"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {show(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        shown = ", ".join(show(one) for one in value[:8])
        return f"[{shown}]" if len(value) <= 8 else f"[{shown}, ... {len(value)} in all]"
    return str(value)


def same(what: str, stated: object, recomputed: object) -> None:
    """Refuses unless what the bundle states is what we computed."""
    if stated != recomputed:
        raise Refused(f"{what}: the bundle says {show(stated)}, recomputed {show(recomputed)}")
