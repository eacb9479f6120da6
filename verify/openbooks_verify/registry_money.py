"""Rules of the registry, third part: operators, keys, stakes, the split, and the epoch's money events."""

from collections import defaultdict
from dataclasses import dataclass, field

from .chain import Change, Event, binding
from .tables import Row

ROLES = (
    "platform", "datanet_owner", "model_owner", "base_model_owner", "adapter_owner",
    "operator", "stakers", "validators", "contributors", "reserve",
)  # fmt: skip
KEY_EVENTS = {
    "SigningKeyAdded": ("signing", "operator", True),
    "SigningKeyRevoked": ("signing", "operator", False),
    "SpenderKeyAdded": ("spender", "payer", True),
    "SpenderKeyRevoked": ("spender", "payer", False),
}
STAKE_EVENTS = {"Staked": "staked", "Slashed": "slashed", "UnstakeRequested": "unstake_requested"}
# event: (kind, party, other columns)
FLOW_EVENTS = {
    "Deposited": ("deposit", "payer", {"operator": "operator"}),
    "Staked": ("stake", "staker", {"operator": "operator"}),
    "IncentiveDeposited": ("incentive", "funder", {"datanet": "datanet", "reference": "campaign"}),
    "TrainingPaid": ("training", "payer", {"reference": "run"}),
    "BondForfeited": ("forfeited_bond", "from", {}),
    "Slashed": ("slash", "staker", {"operator": "operator"}),
    "RefundRequested": ("refund", "payer", {"operator": "operator"}),
    "UnstakeRequested": ("unstake", "staker", {"operator": "operator"}),
    "CorrectionOrdered": ("correction", "wronged", {"overpaid": "overpaid", "reference": "correction"}),
    "UnattributedAssigned": ("assignment", "account", {"datanet": "datanet", "reference": "assignment"}),
}


def _no_stake() -> Row:
    return dict.fromkeys(STAKE_EVENTS.values(), 0)


def _active_after(active: int, event: str, amount: int) -> int:
    """What earns: a running figure, never below 0."""
    if event == "Staked":
        return active + amount
    return max(0, active - amount) if event in ("Slashed", "UnstakeStarted") else active


@dataclass
class MoneyRegistry:
    """The state of everything that pays; `start` is the first offset of the epoch's chain range."""

    start: int
    operators: dict[bytes, Row] = field(default_factory=dict)
    keys: dict[tuple[str, bytes, bytes], list[Row]] = field(default_factory=lambda: defaultdict(list))
    stakes: dict[tuple[bytes, bytes], Row] = field(default_factory=lambda: defaultdict(_no_stake))
    active: dict[tuple[bytes, bytes], int] = field(default_factory=lambda: defaultdict(int))
    active_before: dict[tuple[bytes, bytes], int] = field(default_factory=lambda: defaultdict(int))
    splits: list[Change] = field(default_factory=list)
    flows: list[Row] = field(default_factory=list)

    def tables(self, epoch: int) -> dict[str, list[Row]]:
        """The snapshot."""
        stakes = []
        for pair, stake in self.stakes.items():
            earning = min(self.active_before[pair], self.active[pair]) if epoch > 1 else 0
            stakes.append({"staker": pair[0], "operator": pair[1], "earning": earning} | stake)
        split = binding(self.splits, epoch)
        shares = (
            [{"role": role, "share": share, "account": None} for role, share in zip(ROLES, split[0])] if split else []
        )
        if split and any(split[1]):
            shares[0]["account"] = split[1]
        return {
            "operators": list(self.operators.values()),
            "keys": [row for rows in self.keys.values() for row in rows],
            "stakes": stakes,
            "splits": shares,
            "flows": self.flows,
        }

    def take(self, event: Event) -> None:
        """Applies one event; those of other registries are ignored."""
        fields = event.fields
        if event.name == "OperatorRegistered":
            row = {"operator": fields["operator"], "name": fields["name"], "uri": fields["uri"]}
            self.operators.setdefault(fields["operator"], row | {"registered_at": event.at, "revoked_at": None})
        if event.name == "OperatorRevoked" and fields["operator"] in self.operators:
            row = self.operators[fields["operator"]]
            row["revoked_at"] = event.at if row["revoked_at"] is None else row["revoked_at"]
        if event.name == "SplitSet" and sum(fields["shares"]) == 10_000:
            self.splits.append(Change(event, (fields["shares"], fields["platform"])))
        if event.name in KEY_EVENTS:
            self._key(event)
        if event.name in STAKE_EVENTS or event.name == "UnstakeStarted":
            pair = (fields["staker"], fields["operator"])
            if event.name in STAKE_EVENTS:
                self.stakes[pair][STAKE_EVENTS[event.name]] += fields["amount"]
            self.active[pair] = _active_after(self.active[pair], event.name, fields["amount"])
            if event.offset < self.start:
                self.active_before[pair] = self.active[pair]
        if event.name in FLOW_EVENTS and event.offset >= self.start:
            self.flows.append(_flow(event))

    def _key(self, event: Event) -> None:
        """A key that is valid stays as it is when added again; one that is not can be added again."""
        kind, owner_field, added = KEY_EVENTS[event.name]
        owner, key = event.fields[owner_field], event.fields["key"]
        rows = self.keys[kind, owner, key]
        valid = bool(rows) and rows[-1]["revoked_at"] is None
        if not added and valid:
            rows[-1]["revoked_at"] = event.at
        elif added and rows and rows[-1]["added_at"] == event.at:
            rows[-1]["revoked_at"] = None
        elif added and not valid:
            rows.append({"kind": kind, "owner": owner, "key": key, "added_at": event.at, "revoked_at": None})


def _flow(event: Event) -> Row:
    kind, party, columns = FLOW_EVENTS[event.name]
    fields = event.fields
    row: Row = {"block": event.block, "log": event.log, "at": event.at, "kind": kind, "party": fields[party]}
    row |= dict.fromkeys(("operator", "overpaid", "datanet", "reference"))
    row |= {column: fields[name] for column, name in columns.items()}
    if row["overpaid"] == bytes(20):
        row["overpaid"] = None
    return row | {"amount": fields["amount"], "note": fields.get("reason", "")}
