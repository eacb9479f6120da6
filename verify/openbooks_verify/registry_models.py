"""Rules of the registry, second part: models, their versions, adapters, and what binds in an epoch."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from .chain import Change, Event, binding
from .events import NotAnEvent, decode_abi
from .tables import Row

INFLUENCE = 1
PARAMETERS = ("sketch_k", "checkpoints", "decoys_min", "top_k")


def supported(part: Row) -> bool:
    """Whether rule set 1 settles receipts of this model version or adapter: influence, with parameters in bounds."""
    k, checkpoints = part["sketch_k"], part["checkpoints"]
    in_bounds = k % 4 == 0 and checkpoints <= 256 and 1 <= k * checkpoints <= 65_536
    return part["method"] == INFLUENCE and in_bounds and part["decoys_min"] >= 1 and 1 <= part["top_k"] <= 64


def _changes() -> defaultdict[bytes, list[Change]]:
    return defaultdict(list)


@dataclass
class ModelRegistry:
    """The state of models and adapters; rows without their epoch."""

    models: dict[bytes, Row] = field(default_factory=dict)
    versions: dict[bytes, Row] = field(default_factory=dict)
    adapters: dict[bytes, Row] = field(default_factory=dict)
    prices: defaultdict[bytes, list[Change]] = field(default_factory=_changes)
    deprecations: defaultdict[bytes, list[Change]] = field(default_factory=_changes)

    def tables(self, epoch: int) -> dict[str, list[Row]]:
        """The snapshot, with the prices and deprecations that bind in `epoch`."""
        versions = [self._bound(row, row["version"], epoch) for row in self.versions.values()]
        for row in versions:
            row |= {name: self.models[row["model"]][name] for name in ("name", "owner")}
        adapters = [self._bound(row, row["adapter"], epoch) for row in self.adapters.values()]
        return {"models": versions, "adapters": adapters}

    def _bound(self, row: Row, of: bytes, epoch: int) -> Row:
        price = binding(self.prices[of], epoch)
        deprecated = any(change.binds_from() <= epoch for change in self.deprecations[of])
        prices = {name: price[name] if price else 0 for name in ("price_base", "price_in", "price_out")}
        return row | prices | {"priced": price is not None, "deprecated": deprecated}

    def take(self, event: Event) -> None:
        """Applies one event; those of other registries are ignored."""
        fields = event.fields
        match event.name:
            case "ModelCreated":
                self.models.setdefault(fields["model"], {"name": fields["name"], "owner": fields["owner"]})
            case "ModelTransferred" if fields["model"] in self.models:
                self.models[fields["model"]]["owner"] = fields["to"]
            case "ModelVersionPublished" if fields["model"] in self.models:
                base = fields["baseVersion"] if any(fields["baseVersion"]) else None
                row = {"version": fields["version"], "model": fields["model"], "base_version": base}
                self.versions.setdefault(fields["version"], row | _method(event))
            case "AdapterRegistered":
                row = {name: fields[name] for name in ("adapter", "name", "owner")}
                row |= {"model_version": fields["modelVersion"], "contributors_share": fields["contributorsShare"]}
                self.adapters.setdefault(fields["adapter"], row | _method(event))
            case "AdapterTransferred" if fields["adapter"] in self.adapters:
                self.adapters[fields["adapter"]]["owner"] = fields["to"]
            case "ModelVersionPriced":
                self.prices[fields["version"]].append(Change(event, _price(fields)))
            case "AdapterPriced":
                self.prices[fields["adapter"]].append(Change(event, _price(fields)))
            case "ModelVersionDeprecated":
                self.deprecations[fields["version"]].append(Change(event, True))
            case "AdapterDeprecated":
                self.deprecations[fields["adapter"]].append(Change(event, True))


def _price(fields: dict[str, Any]) -> Row:
    return {"price_base": fields["base"], "price_in": fields["priceIn"], "price_out": fields["priceOut"]}


def _method(event: Event) -> Row:
    """What a model version and an adapter have alike; parameters of other methods than influence are not read."""
    fields = event.fields
    values = [0] * len(PARAMETERS)
    if fields["method"] == INFLUENCE:
        try:
            values = decode_abi(["uint32"] * len(PARAMETERS), fields["parameters"])
        except NotAnEvent:
            pass
    row = {"method": fields["method"], "artifact_hash": fields["artifactHash"], "pays_from": event.epoch + 1}
    row |= {"datanet_versions": fields["datanetVersions"], "evidence_public": fields["evidencePublic"]}
    return row | dict(zip(PARAMETERS, values))
