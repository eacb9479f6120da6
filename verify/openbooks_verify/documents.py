"""The inputs document and the manifest: canonical JSON (RFC 8785), read and made again (docs/formats.md)."""

import json
from typing import Any

from .epoch import Digest
from .hashes import keccak
from .network import Network, Range
from .refused import Refused, show

Json = dict[str, Any]


def canonical(document: Json) -> bytes:
    """RFC 8785 for what these documents hold: objects, lists and strings of ASCII."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def hex_of(value: bytes) -> str:
    return "0x" + value.hex()


def _bytes(document: Json, name: str, size: int) -> bytes:
    text = document[name]
    value = bytes.fromhex(text.removeprefix("0x"))
    if len(value) != size or hex_of(value) != text:
        raise ValueError(f"{name} is not {size} bytes of lower-case hex")
    return value


def _integer(document: Json, name: str) -> int:
    text = document[name]
    if not isinstance(text, str) or not text.isascii() or not text.isdigit() or str(int(text)) != text:
        raise ValueError(f"{name} is not an integer in a string")
    return int(text)


class Inputs:
    """An inputs document that was read."""

    def __init__(self, document: Json):
        network = document["network"]
        named = ("vault", "token", "datanets", "models", "operators", "splits", "governance")
        self.network = Network(
            chain_id=_integer(network, "chain_id"),
            contracts={name: _bytes(network, name, 20) for name in named},
            settler=_bytes(network, "settler", 20),
            genesis=_integer(network, "genesis"),
            epoch_length=_integer(network, "epoch_length"),
            receipts_partitions=_integer(network, "receipts_partitions"),
        )
        self.epoch = _integer(document, "epoch")
        numbers = ("partition", "from", "to")
        self.ranges = [Range(row["topic"], *(_integer(row, name) for name in numbers)) for row in document["ranges"]]
        self.artifacts = [(row["kind"], _bytes(row, "hash", 32)) for row in document["artifacts"]]
        self.previous_manifest = _bytes(document, "previous_manifest", 32)
        if document["rule_set"] != "1":
            raise ValueError(f"rule set {document['rule_set']} is not one that this verifier knows")


def read_manifest(data: bytes) -> tuple[Json, Inputs]:
    """The manifest in its canonical bytes, and the inputs document inside."""
    try:
        manifest = json.loads(data)
        if canonical(manifest) != data:
            raise ValueError("its bytes are not canonical")
        return manifest, Inputs(manifest["inputs"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Refused(f"manifest.json: cannot be read: {error!s}") from error


def _digests(digests: dict[str, Digest]) -> list[Json]:
    return [{"table": name, "rows": str(rows), "digest": hex_of(digest)} for name, (rows, digest) in digests.items()]


def make_inputs(
    network: Network,
    epoch: int,
    ranges: list[Range],
    raw: dict[str, Digest],
    opening: dict[str, Digest],
    artifacts: list[tuple[str, bytes]],
    refused: list[bytes],
    previous_manifest: bytes,
) -> Json:
    """The inputs document of what was recomputed."""
    numbers = {"chain_id": network.chain_id, "genesis": network.genesis, "epoch_length": network.epoch_length}
    numbers["receipts_partitions"] = network.receipts_partitions
    about = {name: hex_of(address) for name, address in network.contracts.items()}
    about |= {name: str(number) for name, number in numbers.items()} | {"settler": hex_of(network.settler)}
    return {
        "format": "openbooks.inputs.v1",
        "rule_set": "1",
        "network": about,
        "epoch": str(epoch),
        "starts_at": str(network.starts_at(epoch)),
        "ends_at": str(network.ends_at(epoch)),
        "ranges": [
            {"topic": part.topic, "partition": str(part.partition), "from": str(part.start), "to": str(part.to)}
            for part in ranges
        ],
        "raw": _digests(raw),
        "opening": _digests(opening),
        "artifacts": [{"kind": kind, "hash": hex_of(name)} for kind, name in artifacts],
        "refused": [hex_of(scope) for scope in refused],
        "previous_manifest": hex_of(previous_manifest),
    }


def make_manifest(
    inputs: Json, outputs: dict[str, Digest], payout_root: bytes, total_cumulative: int, totals: dict[str, int]
) -> Json:
    """The manifest of what was recomputed."""
    return {
        "format": "openbooks.manifest.v1",
        "inputs": inputs,
        "inputs_hash": hex_of(keccak(canonical(inputs))),
        "outputs": _digests(outputs),
        "payout_root": hex_of(payout_root),
        "total_cumulative": str(total_cumulative),
        "totals": {name: str(total) for name, total in totals.items()},
    }


def compare(stated: Any, recomputed: Any, path: str) -> None:
    """Refuses at the first place where two documents differ, named by path and, in a list of tables, by table."""
    if isinstance(stated, dict) and isinstance(recomputed, dict):
        if stated.keys() != recomputed.keys():
            odd = sorted(stated.keys() ^ recomputed.keys())
            raise Refused(f"{path}: the fields {', '.join(odd)} are not in both")
        for name in recomputed:
            compare(stated[name], recomputed[name], f"{path}.{name}")
    elif isinstance(stated, list) and isinstance(recomputed, list):
        if len(stated) != len(recomputed):
            raise Refused(f"{path}: the bundle has {len(stated)} entries, recomputed {len(recomputed)}")
        for i, (one, other) in enumerate(zip(stated, recomputed)):
            name = other.get("table", i) if isinstance(other, dict) else i
            compare(one, other, f"{path}[{name}]")
    elif stated != recomputed:
        raise Refused(f"{path}: the bundle says {show(stated)}, recomputed {show(recomputed)}")
