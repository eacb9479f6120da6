"""Makes the recording: `python -m record`, in the folder demo, writes everything that the demo reads.

The same seed gives the same bytes.
"""

import csv
import json
from pathlib import Path

import numpy as np

from . import chain_story, digits, eth, files, money, receipt_story, world
from .desk import query_decks
from .figures import figures, unattributable
from .parts import Part, parts
from .story import EPOCH_LENGTH_S, Story

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
    chain = chain_story.tell(everything, made, unattributed).record(story)
    desk.topic.write(OUT / "receipts.rec")
    chain.write(OUT / "chain-events.rec")
    story.write(OUT / "story.json")
    write_artifacts(everything, made)
    write_network()
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


def write_network() -> None:
    lines = ["# The network of the recording.", "[network]", f"chain_id = {eth.CHAIN_ID}"]
    lines += [f'{name} = "0x{eth.contract_of(name).hex()}"' for name in world.CONTRACTS]
    lines += [f'settler = "0x{eth.address_of(world.SETTLER).hex()}"', 'genesis = "2026-01-01T00:00:00Z"']
    lines += [f"epoch_length_s = {EPOCH_LENGTH_S}", "receipts_partitions = 2"]
    (OUT / "network.toml").write_text("\n".join(lines) + "\n")


def write_labels() -> None:
    with (OUT / "labels.csv").open("w", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["address", "name"])
        writer.writerows(["0x" + address.hex(), name] for address, name in sorted(world.names().items()))


main()
