"""Rules of settlement, first part: every receipt's fee divided among roles, contributions and datanets."""

from dataclasses import dataclass
from functools import cached_property

from .accounts import divide
from .influence import contributions_of
from .refused import Refused
from .registry_money import ROLES
from .tables import Row

COLUMNS = {role: "operator_fee" if role == "operator" else role for role in ROLES}
ADAPTER_PART, BASE_PART = 1, 0


@dataclass
class Rates:
    """What the registry says about who gets what, looked up by id."""

    registry: dict[str, list[Row]]

    def __post_init__(self) -> None:
        registry = self.registry
        self.models = {row["version"]: row for row in registry["models"]}
        self.adapters = {row["adapter"]: row for row in registry["adapters"]}
        self.datanets = {row["datanet"]: row for row in registry["datanets"]}
        self.by_number = {row["number"]: row for row in registry["contributions"]}
        self.shares = {row["role"]: row["share"] for row in registry["splits"]}
        self.platform = next((row["account"] for row in registry["splits"] if row["role"] == "platform"), None)
        self.earning_stakes: dict[bytes, list[tuple[bytes, int]]] = {}
        for row in sorted(registry["stakes"], key=lambda row: row["staker"]):
            if row["earning"] > 0:
                self.earning_stakes.setdefault(row["operator"], []).append((row["staker"], row["earning"]))

    @cached_property
    def accepted_items(self) -> dict[bytes, dict[bytes, int]]:
        """For each model version and adapter: accepted items by datanet, ascending, those without left out."""
        found = {}
        for scope, row in [*self.models.items(), *self.adapters.items()]:
            items: dict[bytes, int] = {}
            for contribution in contributions_of(row, self.registry):
                datanet = contribution["datanet"]
                items[datanet] = items.get(datanet, 0) + contribution["items"]
            found[scope] = {datanet: items[datanet] for datanet in sorted(items) if items[datanet]}
        return found


def allocate(charge: Row, attribution: Row, rates: Rates) -> Row:
    """The row of allocations of a charged receipt."""
    fee, model = charge["fee"], rates.models[charge["model_version"]]
    adapter = rates.adapters[charge["adapter"]] if charge["adapter"] else None
    if not rates.shares:
        raise Refused("splits: none binds, so no receipt can be settled")
    amounts = dict(zip(ROLES, divide(fee, [rates.shares[role] for role in ROLES])))
    parts = {BASE_PART: amounts["contributors"]}
    scopes = {BASE_PART: charge["model_version"]}
    if adapter:
        share = adapter["contributors_share"]
        parts[ADAPTER_PART], parts[BASE_PART] = divide(amounts["contributors"], [share, 10_000 - share])
        scopes[ADAPTER_PART] = charge["adapter"]
    shares, unattributed, nobodys = _contributors(parts, scopes, attribution["weights"], rates)
    owners = _datanet_owners(amounts["datanet_owner"], scopes, shares, rates)
    got = sum(share["amount"] for share in shares)
    empty = {
        "platform": rates.platform is None,
        "datanet_owner": not owners,
        "base_model_owner": model["base_version"] not in rates.models,
        "adapter_owner": adapter is None,
        "stakers": not rates.earning_stakes.get(charge["operator"]),
        "validators": got == 0,
    }
    for role in (role for role, is_empty in empty.items() if is_empty):
        amounts["reserve"] += amounts[role]
        amounts[role] = 0
    amounts["contributors"] -= nobodys
    amounts["reserve"] += nobodys
    datanets = [
        {"datanet": datanet, "owner_amount": owners.get(datanet, 0), "unattributed": unattributed.get(datanet, 0)}
        for datanet in sorted(owners.keys() | unattributed.keys())
        if owners.get(datanet, 0) or unattributed.get(datanet, 0)
    ]
    row = {name: charge[name] for name in ("epoch", "receipt", "payer", "operator", "model_version", "adapter", "fee")}
    return row | {COLUMNS[role]: amounts[role] for role in ROLES} | {"shares": shares, "datanets": datanets}


def _contributors(
    parts: dict[int, int], scopes: dict[int, bytes], weights: list[Row], rates: Rates
) -> tuple[list[Row], dict[bytes, int], int]:
    """Shares of contributions, what goes unattributed by datanet, and what is nobody's."""
    shares: list[Row] = []
    unattributed: dict[bytes, int] = {}
    nobodys = 0
    for part in sorted(parts):
        of_part = [row for row in weights if row["part"] == part]
        items = rates.accepted_items[scopes[part]]
        if of_part:
            amounts = divide(parts[part], [row["weight"] for row in of_part])
            shares += [row | {"amount": amount} for row, amount in zip(of_part, amounts)]
        elif items:
            for datanet, amount in zip(items, divide(parts[part], list(items.values()))):
                unattributed[datanet] = unattributed.get(datanet, 0) + amount
        else:
            nobodys += parts[part]
    return shares, unattributed, nobodys


def _datanet_owners(amount: int, scopes: dict[int, bytes], shares: list[Row], rates: Rates) -> dict[bytes, int]:
    """The datanet owners' role by datanet: by what contributions got, else by accepted items; empty if there are none."""
    got: dict[bytes, int] = {}
    for share in shares:
        datanet = rates.by_number[share["number"]]["datanet"]
        got[datanet] = got.get(datanet, 0) + share["amount"]
    if not any(got.values()):
        got = {}
        for scope in scopes.values():
            for datanet, items in rates.accepted_items[scope].items():
                got[datanet] = got.get(datanet, 0) + items
    ascending = sorted(got)
    if not any(got.values()):
        return {}
    return dict(zip(ascending, divide(amount, [got[datanet] for datanet in ascending])))
