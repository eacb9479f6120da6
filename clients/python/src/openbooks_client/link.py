"""Where a receipt can be asked for, before its batch is even signed."""

from dataclasses import dataclass

from .fields import to_hex


@dataclass(frozen=True)
class ReceiptLink:
    """A receipt, as its node knows it when it answers.

    The salts stay with the node, unless it wants to open a commitment: `output_commitment` is
    keccak256(output_salt || output), likewise the input's.
    `number` and `index` change when a batch before it is set aside, or its lane is left: `Node.link` has the new ones.
    """

    gateway: str
    operator: bytes
    lane: int
    number: int
    index: int
    output_commitment: bytes
    input_salt: bytes
    output_salt: bytes

    @property
    def path(self) -> str:
        """Path and query at the gateway."""
        place = f"/v1/operators/{to_hex(self.operator)}/lanes/{self.lane}/batches/{self.number}/receipts/{self.index}"
        return f"{place}?output_commitment={to_hex(self.output_commitment)}"

    @property
    def url(self) -> str:
        """What an answer can carry."""
        return self.gateway + self.path
