"""Rules of the registry: every snapshot as of the epoch's cutoff, out of the chain's logs."""

from dataclasses import dataclass

from .chain import Event, decoded, logs_in_order
from .hashes import ZERO_32
from .network import Network
from .raw import RawRows
from .registry_data import DataRegistry
from .registry_models import ModelRegistry
from .registry_money import MoneyRegistry
from .tables import Row


@dataclass(frozen=True)
class Registry:
    """The registry's tables, and the events that they were made from."""

    tables: dict[str, list[Row]]
    events: list[Event]


def registry(rows: RawRows, network: Network, epoch: int, chain_start: int) -> Registry:
    """`chain_start`: first offset of the epoch's range in the chain partition."""
    logs = logs_in_order(rows)
    events = decoded(logs, network)
    data, models, money = DataRegistry(), ModelRegistry(), MoneyRegistry(chain_start)
    for event in events:
        for part in (data, models, money):
            part.take(event)
    last_block_hash = logs[-1]["block_hash"] if logs else ZERO_32
    tables = data.tables(last_block_hash) | models.tables(epoch) | money.tables(epoch)
    return Registry({name: [{"epoch": epoch} | row for row in made] for name, made in tables.items()}, events)
