"""One epoch, recomputed from its records, opening tables and artifacts."""

from dataclasses import dataclass, field

from . import hashes, tables
from .charge import charge
from .influence import Scope, attribute, clusters, payable, usable
from .network import CHAIN_TOPIC, RECEIPTS_TOPIC, Network, Range
from .raw import RawRows, read_topic
from .recording import Recording
from .refused import Refused, show
from .registry import registry
from .remake import place_of
from .settle import settle
from .tables import Row

# Digests of these cover the chain topic from its start up to the cutoff, and the epoch's ranges of the receipts topic:
# every record of the bundle. Of the others, in the chain topic, only raw_log and quarantine have rows.
RAW_ORDER = ("raw_log", "raw_batches", "raw_receipts", "raw_evidence", "quarantine", "raw_chain_events")

Digest = tuple[int, bytes]


@dataclass(frozen=True)
class Given:
    """What an epoch is computed from. `evidence` and `attributions` are rows given for withheld evidence."""

    network: Network
    epoch: int
    ranges: list[Range]
    chain: Recording
    receipts: Recording
    opening: dict[str, list[Row]]
    artifacts: dict[bytes, bytes]
    evidence: list[Row] = field(default_factory=list)
    attributions: list[Row] = field(default_factory=list)


@dataclass
class Epoch:
    """What was recomputed: raw rows, tables, root; `refused`: what pays and has no usable artifacts; `withheld`: charged receipts whose attribution is taken as given."""

    raw: RawRows
    tables: dict[str, list[Row]]
    used: set[tuple[str, bytes]]
    refused: list[bytes]
    withheld: int
    inflow_ever: int
    payout_root: bytes
    total_cumulative: int
    totals: dict[str, int]

    def raw_digests(self) -> dict[str, Digest]:
        return {name: tables.digest(name, self.raw.tables[name]) for name in RAW_ORDER}

    def output_digests(self) -> dict[str, Digest]:
        return {name: tables.digest(name, self.tables[name]) for name in tables.OUTPUTS}


def raw_rows(network: Network, chain: Recording, receipts: Recording) -> RawRows:
    """The raw rows of both topics."""
    for recording, topic, partitions in (
        (chain, CHAIN_TOPIC, 1),
        (receipts, RECEIPTS_TOPIC, network.receipts_partitions),
    ):
        if (recording.topic, recording.partitions) != (topic, partitions):
            raise Refused(f"events: {topic} holds the topic {recording.topic} with {recording.partitions} partitions")
    rows = RawRows()
    read_topic(chain, network, rows)
    read_topic(receipts, network, rows)
    return rows


def check_ranges(rows: RawRows, network: Network, epoch: int, ranges: list[Range]) -> None:
    """Every partition has one range, without a gap, ended by the settler's first Close of the epoch."""
    expected = [(CHAIN_TOPIC, 0)] + [(RECEIPTS_TOPIC, partition) for partition in range(network.receipts_partitions)]
    if [(part.topic, part.partition) for part in ranges] != expected:
        raise Refused(f"ranges: {len(ranges)} are named, not one for each of the {len(expected)} partitions in order")
    logs = sorted(rows.tables["raw_log"], key=place_of)
    for part in ranges:
        where = f"ranges: {part.topic}, partition {part.partition}"
        stored = [row for row in logs if (row["topic"], row["partition"]) == (part.topic, part.partition)]
        first = 0 if part.topic == CHAIN_TOPIC else part.start
        if [row["offset"] for row in stored] != list(range(first, part.to + 1)):
            raise Refused(f"{where}: the records are not those from offset {first} to {part.to}")
        closes: dict[int, int] = {}
        for row in stored:
            if row["kind"] == "close" and row["close_signer"] == network.settler:
                closes.setdefault(row["closes_epoch"], row["offset"])
        if closes.get(epoch) != part.to:
            raise Refused(f"{where}: offset {part.to} is not the settler's first Close of epoch {epoch}")
        before = None
        if epoch > 1 and part.topic == CHAIN_TOPIC:
            before = closes.get(epoch - 1)
            if before is None:
                raise Refused(f"{where}: epoch {epoch - 1} has no Close")
        if (epoch == 1 or part.topic == CHAIN_TOPIC) and part.start != (0 if before is None else before + 1):
            raise Refused(f"{where}: the range does not begin after the epoch before it")


def recompute(given: Given) -> Epoch:
    """Everything, by the documents' rules."""
    network, epoch = given.network, given.epoch
    raw = raw_rows(network, given.chain, given.receipts)
    check_ranges(raw, network, epoch, given.ranges)
    withheld = add_withheld(raw, given.evidence)
    chain_start = next(part.start for part in given.ranges if part.topic == CHAIN_TOPIC)
    registered = registry(raw, network, epoch, chain_start)
    made = dict(registered.tables)
    scopes = usable(made, epoch, given.artifacts)
    made |= charge(raw, network, epoch, given.ranges, made, given.opening, scopes)
    made["clusters"] = clusters(scopes, epoch)
    charged = [row for row in made["charges"] if row["outcome"] == "charged"]
    check_withheld(raw, made, withheld)
    evidence = {row["receipt"]: row for row in raw.tables["raw_evidence"]}
    own = attribute([row for row in charged if row["receipt"] not in withheld], evidence, scopes)
    made["attributions"] = own + taken_as_given(withheld, charged, given.attributions)
    made |= settle(made, made["charges"], made["attributions"], given.opening, epoch)
    payouts = made["payouts"]
    leaves = [hashes.payout_leaf(network.chain_id, network.vault, r["account"], r["cumulative"]) for r in payouts]
    totals = {name: sum(row[name] for row in payouts) for name in ("earned", "returned", "corrected", "withheld")}
    inflows = ("Deposited", "Staked", "IncentiveDeposited", "TrainingPaid", "BondForfeited")
    return Epoch(
        raw=raw,
        tables=made,
        used=used_artifacts(scopes),
        refused=sorted(scope for scope, _ in payable(made, epoch) if scope not in scopes),
        withheld=sum(row["receipt"] in withheld for row in charged),
        inflow_ever=sum(event.fields["amount"] for event in registered.events if event.name in inflows),
        payout_root=hashes.standard_merkle_root(leaves),
        total_cumulative=sum(row["cumulative"] for row in payouts),
        totals={"charged": sum(row["fee"] for row in charged)} | totals,
    )


def used_artifacts(scopes: dict[bytes, Scope]) -> set[tuple[str, bytes]]:
    """(kind, hash) of each artifact that the epoch needs."""
    indexes = {("index", scope.row["artifact_hash"]) for scope in scopes.values()}
    return indexes | {("items", name) for scope in scopes.values() for name in scope.lists}


def add_withheld(raw: RawRows, given: list[Row]) -> set[bytes]:
    """Adds given rows of raw_evidence whose bytes the bundle does not hold; their receipts."""
    there = {(place_of(row), row["index"]) for row in raw.tables["raw_evidence"]}
    receipts = {(place_of(row), row["index"]): row for row in raw.tables["raw_receipts"]}
    withheld = set()
    for row in given:
        at = (place_of(row), row["index"])
        if at in there:
            continue
        receipt = receipts.get(at)
        stated = [row[name] for name in ("taken_at", "receipt", "evidence_hash")]
        if receipt is None or stated != [receipt[name] for name in ("taken_at", "receipt", "evidence_hash")]:
            raise Refused(f"raw_evidence: the given row {tables.key_text('raw_evidence', row)} belongs to no receipt")
        raw.add("raw_evidence", **row)
        withheld.add(row["receipt"])
    return withheld


def check_withheld(raw: RawRows, made: dict[str, list[Row]], withheld: set[bytes]) -> None:
    """Only restricted evidence may be withheld: that of a model version or adapter whose evidence is not public."""
    public = {row["version"]: row["evidence_public"] for row in made["models"]}
    public |= {row["adapter"]: row["evidence_public"] for row in made["adapters"]}
    for row in raw.tables["raw_receipts"]:
        parts = [public[part] for part in (row["model_version"], row["adapter"]) if part in public]
        if row["receipt"] in withheld and parts and all(parts):
            raise Refused(
                f"raw_evidence: the evidence of receipt {show(row['receipt'])} is public, but not in the bundle"
            )


def taken_as_given(withheld: set[bytes], charged: list[Row], given: list[Row]) -> list[Row]:
    """Attributions of receipts whose evidence is withheld: all but the weights must be what the charges say."""
    by_receipt = {row["receipt"]: row for row in given}
    found = []
    for row in charged:
        if row["receipt"] not in withheld:
            continue
        attribution = by_receipt.get(row["receipt"])
        names = ("epoch", "receipt", "fee", "model_version", "adapter")
        if attribution is None or any(attribution[name] != row[name] for name in names):
            raise Refused(f"attributions: receipt {show(row['receipt'])} has no given row that fits its charge")
        found.append(attribution)
    return found
