"""Makes the recording: `python -m record`, in the folder demo, writes everything that the demo reads.

The same seed gives the same bytes.
"""

import csv
import json
from pathlib import Path

import numpy as np

from . import chain, chain_story, digits, eth, files, money, receipt_story, world
from .desk import query_decks
from .figures import figures, unattributable
from .parts import Part, parts
from .story import EPOCH_LENGTH_S, GENESIS_S, Story

SEED = 1
OUT = Path(__file__).parents[1]


def main() -> None:
    split = digits.split(SEED)
    everything = world.contributions(split)
    made = parts(SEED, split, everything)
    hard = np.flatnonzero(np.isin(split.queries.labels, digits.HARD_LABELS))
    noise = unattributable(made[money.FIRST], split.noise.inputs())
    story = Story()
    desk = receipt_story.tell(query_decks(split, made, hard, noise), story, SEED)
    unattributed = desk.unattributed_fees[1] * money.FIRST_SPLIT[money.CONTRIBUTORS_ROLE] // 10_000
    write_deploy_file()
    told = chain_story.tell(everything, made, unattributed)
    events = told.record(story, OUT)
    desk.topic.write(OUT / "receipts.rec")
    events.write(OUT / "chain-events.rec")
    told.write_transactions(OUT / "transactions.json")
    story.write(OUT / "story.json")
    write_artifacts(everything, made)
    write_labels()
    measured = json.dumps(figures(SEED, split, made, hard), indent=1) + "\n"
    (OUT / "record" / "figures.json").write_text(measured)
    print(measured, end="")


def write_artifacts(everything: list[world.Contribution], made: dict[str, Part]) -> None:
    """Indexes by their SHA-256, item lists by the content hash that they give."""
    folder = OUT / "artifacts"
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for part in made.values():
        artifact = part.artifact()
        (folder / files.sha256(artifact).hex()).write_bytes(artifact)
    for contribution in everything:
        listed = files.items_artifact(contribution.item_hashes())
        (folder / contribution.content_hash().hex()).write_bytes(listed)


def write_deploy_file() -> None:
    """The demo network's delays are hours where production's are days."""
    kinds = ["community", "ecosystem", "team", "investors"]
    parts = [400, 220, 150, 130]
    allocation = [
        {"kind": kind, "holder": hexed(holder), "amount": str(part * 10**6 * money.OPEN), "vesting": 4 * 365 * 86_400}
        for kind, holder, part in zip(kinds, world.VESTED, parts)
    ]
    liquid = {"kind": "liquidity", "holder": hexed(world.TREASURY), "amount": str(10**8 * money.OPEN), "vesting": 0}
    deploy = {
        "genesis": GENESIS_S,
        "genesis_time": "2026-01-01T00:00:00Z",
        "epoch_length": EPOCH_LENGTH_S,
        "receipts_partitions": 2,
        "split": money.FIRST_SPLIT,
        "platform": hexed(world.PLATFORM),
        "settler": hexed(world.SETTLER),
        "proposer": hexed(world.PROPOSER),
        "guardian": hexed(world.GUARDIAN),
        "admin_delay": 4 * 3_600,
        "challenge_bond": str(money.BOND),
        "delays": {
            "dispute_window": 3_600, "ruling": 86_400, "pause": 4 * 3_600, "cooldown": 4 * 3_600,
            "liveness": 2 * 86_400, "recovery": 2 * 3_600, "unbonding": 3 * 3_600,
        },
        "parameters": {
            "growth_cap": str(10**6 * money.OPEN),
            "dispute_bond": str(10 * money.OPEN),
            "liveness_bond": str(50 * money.OPEN),
        },
        "governance": {
            "voting_delay": chain.VOTING_DELAY_S, "voting_period": chain.VOTING_PERIOD_S,
            "threshold": str(10**6 * money.OPEN), "quorum_percent": 4, "timelock_delay": chain.TIMELOCK_S,
        },
        "buckets": len(allocation) + 1,
        "allocation": [*allocation, liquid],
    }  # fmt: skip
    (OUT / "deploy.json").write_text(json.dumps(deploy, indent=2) + "\n")


def hexed(name: str) -> str:
    return "0x" + eth.address_of(name).hex()


def write_labels() -> None:
    with (OUT / "labels.csv").open("w", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["address", "name"])
        writer.writerows(["0x" + address.hex(), name] for address, name in sorted(world.names().items()))


main()
