"""Keys and EIP-712 signatures of the domain "openbooks" (docs/formats.md, "Signatures")."""

from dataclasses import dataclass

from coincurve import PrivateKey, PublicKey
from Crypto.Hash import keccak as _keccak

from .errors import InvalidInput
from .fields import HexOrBytes, id32

HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0
SIGNATURE_BYTES = 65
V_EVEN, V_ODD = 27, 28


def keccak256(*parts: bytes) -> bytes:
    """keccak256 of the parts, joined."""
    digest = _keccak.new(digest_bits=256)
    for part in parts:
        digest.update(part)
    return digest.digest()


class Key:
    """A secp256k1 private key; its address says who signs."""

    def __init__(self, secret: HexOrBytes):
        try:
            self._key = PrivateKey(id32(secret, "the key"))
        except InvalidInput:
            raise
        except ValueError as error:  # from the library; its text may hold the key
            raise InvalidInput("the key is none of secp256k1") from error.with_traceback(None)
        self.address = _address_of(self._key.public_key)

    def __repr__(self) -> str:
        return f"Key(address=0x{self.address.hex()})"

    def sign(self, digest: bytes) -> bytes:
        """r, s, v. RFC 6979, s in the lower half: the same digest gives the same 65 bytes."""
        signature = self._key.sign_recoverable(digest, hasher=None)
        return signature[:64] + bytes([signature[64] + V_EVEN])


@dataclass(frozen=True)
class Domain:
    """What signatures are bound to: a chain and its vault."""

    chain_id: int
    vault: bytes

    def batch_hash(self, content: bytes) -> bytes:
        """What an operator's key signs of a batch."""
        return self._digest(b"ReceiptBatch(bytes32 contentHash)", keccak256(content))

    def spend_hash(self, payer: bytes, operator: bytes, cumulative: int) -> bytes:
        """What a payer, or its spender key, signs."""
        kind = b"Spend(address payer,address operator,uint256 cumulative)"
        return self._digest(kind, _word(payer), _word(operator), _word(cumulative))

    def ack_hash(self, batch: bytes, topic: str, partition: int, offset: int, taken_at_us: int) -> bytes:
        """What a gateway signs when the broker has a batch."""
        kind = b"Ack(bytes32 batch,string topic,uint32 partition,uint64 offset,uint64 takenAt)"
        place = (_word(partition), _word(offset), _word(taken_at_us))
        return self._digest(kind, batch, keccak256(topic.encode()), *place)

    def _digest(self, kind: bytes, *words: bytes) -> bytes:
        domain_kind = b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
        names = keccak256(b"openbooks") + keccak256(b"1")
        separator = keccak256(keccak256(domain_kind), names, _word(self.chain_id), _word(self.vault))
        return keccak256(b"\x19\x01", separator, keccak256(keccak256(kind), *words))


def check_form(signature: bytes) -> None:
    """Refuses what the network calls malformed: a second signature of the same content must not exist."""
    if len(signature) != SIGNATURE_BYTES or signature[64] not in (V_EVEN, V_ODD):
        raise InvalidInput("a signature is 65 bytes r, s, v, and v is 27 or 28")
    if int.from_bytes(signature[32:64], "big") > HALF_ORDER:
        raise InvalidInput("a signature's s is in the lower half of the order")


def recover(digest: bytes, signature: bytes) -> bytes | None:
    """The address whose key made a signature; none when it recovers to no key.

    Raises:
        InvalidInput: the signature is malformed.
    """
    check_form(signature)
    compact = signature[:64] + bytes([signature[64] - V_EVEN])
    try:
        return _address_of(PublicKey.from_signature_and_message(compact, digest, hasher=None))
    except Exception:  # the library has several, and all of them mean the same
        return None


def _address_of(key: PublicKey) -> bytes:
    return keccak256(key.format(compressed=False)[1:])[12:]


def _word(value: int | bytes) -> bytes:
    """One ABI word: an unsigned integer or an address."""
    return value.to_bytes(32, "big") if isinstance(value, int) else value.rjust(32, b"\0")
