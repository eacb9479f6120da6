"""Spends: what a payer lets an operator charge, ever. Made by payers, kept by nodes."""

from __future__ import annotations

from dataclasses import dataclass

from . import limits
from .errors import InvalidInput
from .fields import HexOrBytes, address, from_hex, integer
from .signing import Domain, Key, recover
from .wire import receipts_v1_pb2 as wire

CUMULATIVE_BYTES = 16


@dataclass(frozen=True)
class Spend:
    """`cumulative` is the most that may ever be charged to (payer, operator), in base units; a later one is higher.

    `signer` is the payer's spender key, where the payer did not sign by itself. The network takes it only while it
    is registered; whoever names it here has looked.
    """

    payer: HexOrBytes
    cumulative: int
    signature: HexOrBytes
    signer: HexOrBytes | None = None

    def checked(self, network: Domain, operator: bytes) -> CheckedSpend:
        """The same in bytes, signed by whom it says.

        A Spend that its payer did not sign would make every batch refused that carries it.
        """
        payer = address(self.payer, "the payer")
        signer = payer if self.signer is None else address(self.signer, "the signer")
        cumulative = integer(self.cumulative, "cumulative", 0, limits.AMOUNT_MAX)
        signature = from_hex(self.signature, "the signature")
        if recover(network.spend_hash(payer, operator, cumulative), signature) != signer:
            raise InvalidInput(f"the Spend is not signed by 0x{signer.hex()} for this network and operator")
        return CheckedSpend(payer, cumulative, signature)


@dataclass(frozen=True)
class CheckedSpend:
    """A Spend that can go into a batch."""

    payer: bytes
    cumulative: int
    signature: bytes

    def message(self) -> wire.Spend:
        """As a batch carries it."""
        cumulative = self.cumulative.to_bytes(CUMULATIVE_BYTES, "big")
        return wire.Spend(payer=self.payer, cumulative=cumulative, signature=self.signature)


def sign_spend(
    network: Domain, key: HexOrBytes, operator: HexOrBytes, cumulative: int, payer: HexOrBytes | None = None
) -> Spend:
    """A payer's Spend. With `payer`, `key` is a spender key of that payer."""
    signing = Key(key)
    of_payer = signing.address if payer is None else address(payer, "the payer")
    amount = integer(cumulative, "cumulative", 0, limits.AMOUNT_MAX)
    signature = signing.sign(network.spend_hash(of_payer, address(operator, "the operator"), amount))
    return Spend(of_payer, amount, signature, None if payer is None else signing.address)
