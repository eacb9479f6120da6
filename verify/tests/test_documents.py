"""What is written down here by hand is what the documents and the contracts' interfaces say."""

import json
import re
from pathlib import Path

from openbooks_verify import tables
from openbooks_verify.events import DECLARATIONS
from openbooks_verify.tables import Type

ROOT = Path(__file__).parents[2]
WITHOUT_DIGEST = {"epochs", "proofs", "outbox", "network_costs", "topic_sources"}


def type_of(text: str) -> Type:
    if text.startswith("list of "):
        return Type("list", (), (type_of(text.removeprefix("list of ")),))
    if text.startswith("struct("):
        fields = re.findall(r"(\w+) (\w+(?:\(38,0\))?)", text.removeprefix("struct("))
        return Type("struct", tuple(name for name, _ in fields), tuple(type_of(kind) for _, kind in fields))
    return Type({"binary": "bin", "text": "text"}.get(text, "int"))


def test_tables_are_those_of_the_document():
    sections = (ROOT / "docs" / "tables.md").read_text().split("\n## ")[1:]
    assert {section.split("\n")[0] for section in sections} == tables.COLUMNS.keys() | WITHOUT_DIGEST
    for section in sections:
        name = section.split("\n")[0]
        if name in WITHOUT_DIGEST:
            continue
        key = re.search(r"Key: (.*?)\. Written", section)[1].replace("`", "").split(", ")
        assert key == tables.KEYS[name]
        assert f"Schema version {tables.SCHEMA_VERSION}." in section
        rows = re.findall(r"^\| `(\w+)` \| ([^|]*) \| (.*) \|$", section, re.M)
        written = [(column.name, column.type, column.nullable) for column in tables.COLUMNS[name]]
        assert written == [(n, type_of(t.removesuffix(", null")), t.endswith(", null")) for n, t, _ in rows]
        left_out = {n for n, _, about in rows if "Not in the digest" in about} | (
            {"detail"} if name == "quarantine" else set()
        )
        assert {column.name for column in tables.COLUMNS[name] if not column.in_digest} == left_out


def test_events_are_those_of_the_contracts():
    compiled = {"datanets": "DatanetRegistry", "models": "ModelRegistry", "operators": "OperatorRegistry",
                "splits": "SplitRegistry", "vault": "Vault", "governance": "OpenGovernor", "token": "OpenToken"}  # fmt: skip
    declared = set()
    for contract, name in compiled.items():
        for item in json.loads((ROOT / "contracts" / "abi" / f"{name}.json").read_text()):
            if item["type"] == "event":
                fields = [f"{p['type']}{' indexed' if p['indexed'] else ''} {p['name']}" for p in item["inputs"]]
                declared.add(f"{contract} {item['name']}({', '.join(fields)})")
    assert set(DECLARATIONS.strip().splitlines()) == declared
