"""Runs the verifier's engine on the demo's recording: python verify/tests/demo.py [FOLDER]

Prints the digest of every table and the root of each night; with FOLDER it also writes the bundles there, and
digests.json. They are what another implementation must get from the same recording.
"""

import json
import sys
import tomllib
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from making import Made, make  # noqa: E402
from openbooks_verify import recording  # noqa: E402
from openbooks_verify.documents import hex_of  # noqa: E402
from openbooks_verify.events import CONTRACTS  # noqa: E402
from openbooks_verify.network import Network  # noqa: E402

DEMO = Path(__file__).parents[2] / "demo"


def network() -> Network:
    settings = tomllib.loads((DEMO / "network.toml").read_text())
    return Network(
        chain_id=settings["chain_id"],
        contracts={name: bytes.fromhex(settings[name][2:]) for name in CONTRACTS},
        settler=bytes.fromhex(settings["settler"][2:]),
        genesis=int(datetime.fromisoformat(settings["genesis"]).timestamp()),
        epoch_length=settings["epoch_length_s"],
        receipts_partitions=settings["receipts_partitions"],
    )


def nights() -> list[Made]:
    """The demo's two epochs; the second opens with what closes the first."""
    chain = recording.read((DEMO / "chain-events.rec").read_bytes(), "chain-events.rec")
    receipts = recording.read((DEMO / "receipts.rec").read_bytes(), "receipts.rec")
    artifacts = {bytes.fromhex(path.name): path.read_bytes() for path in (DEMO / "artifacts").iterdir()}
    made: list[Made] = []
    for epoch in (1, 2):
        made.append(make(network(), epoch, chain, receipts, artifacts, made[-1] if made else None))
    return made


def figures(made: Made) -> dict[str, object]:
    inputs = made.manifest["inputs"]
    listed = inputs["raw"] + made.manifest["outputs"]
    return {
        "tables": {row["table"]: [int(row["rows"]), row["digest"]] for row in listed},
        "payout_root": made.manifest["payout_root"],
        "total_cumulative": made.manifest["total_cumulative"],
        "manifest_hash": hex_of(made.manifest_hash()),
        "inputs_hash": made.manifest["inputs_hash"],
    }


def main() -> None:
    found = {str(made.given.epoch): figures(made) for made in nights()}
    text = json.dumps(found, indent=1)
    print(text)
    if len(sys.argv) > 1:
        folder = Path(sys.argv[1])
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "digests.json").write_text(text + "\n")
        for made in nights():
            (folder / f"epoch-{made.given.epoch}.bundle").write_bytes(made.bundle())


if __name__ == "__main__":
    main()
