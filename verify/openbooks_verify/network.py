"""The network and the epoch that an inputs document names."""

from dataclasses import dataclass

from .events import CONTRACTS
from .signing import Domain

CHAIN_TOPIC = "openbooks.chain-events.v1"
RECEIPTS_TOPIC = "openbooks.receipts.v1"
AMOUNT_MAX = 10**38 - 1


@dataclass(frozen=True)
class Network:
    """Pinned contracts and settings; times in seconds since 1970-01-01 UTC."""

    chain_id: int
    contracts: dict[str, bytes]
    settler: bytes
    genesis: int
    epoch_length: int
    receipts_partitions: int

    @property
    def vault(self) -> bytes:
        return self.contracts["vault"]

    @property
    def domain(self) -> Domain:
        return Domain(self.chain_id, self.vault)

    def contract_at(self, address: bytes) -> str | None:
        """The name of our contract at this address."""
        return next((name for name in CONTRACTS if self.contracts[name] == address), None)

    def epoch_of(self, seconds: int) -> int:
        """The epoch in which a block's time lies; 0 before genesis."""
        return 0 if seconds < self.genesis else (seconds - self.genesis) // self.epoch_length + 1

    def starts_at(self, epoch: int) -> int:
        return self.genesis + (epoch - 1) * self.epoch_length

    def ends_at(self, epoch: int) -> int:
        return self.starts_at(epoch) + self.epoch_length


@dataclass(frozen=True, order=True)
class Range:
    """An epoch's offsets in a partition, both inclusive; `to` is the Close."""

    topic: str
    partition: int
    start: int
    to: int
