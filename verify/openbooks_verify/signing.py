"""EIP-712 signatures of the domain "openbooks" (docs/formats.md, "Signatures")."""

from dataclasses import dataclass

from coincurve import PublicKey

from .hashes import keccak

HALF_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141 // 2
DOMAIN_TYPE = b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"


class MalformedSignature(ValueError):
    """Not 65 bytes, another v than 27 or 28, or a high s."""


def word(value: int | bytes) -> bytes:
    """One ABI word: an unsigned integer or an address, left-padded; 32 bytes as they are."""
    return value.to_bytes(32, "big") if isinstance(value, int) else value.rjust(32, b"\0")


@dataclass(frozen=True)
class Domain:
    """What signatures are bound to."""

    chain_id: int
    vault: bytes

    def digest(self, type_of: bytes, *words: bytes) -> bytes:
        """The hash that is signed: EIP-191 version 1 of domain separator and struct hash."""
        names = word(keccak(b"openbooks")) + word(keccak(b"1"))
        separator = keccak(keccak(DOMAIN_TYPE), names, word(self.chain_id), word(self.vault))
        return keccak(b"\x19\x01", separator, keccak(keccak(type_of), *words))

    def batch(self, content: bytes) -> bytes:
        """What an operator's key signs of a receipt batch."""
        return self.digest(b"ReceiptBatch(bytes32 contentHash)", keccak(content))

    def close(self, content: bytes) -> bytes:
        """What the settler signs of a Close."""
        return self.digest(b"Close(bytes32 contentHash)", keccak(content))

    def spend(self, payer: bytes, operator: bytes, cumulative: int) -> bytes:
        """What a payer, or its spender key, signs."""
        type_of = b"Spend(address payer,address operator,uint256 cumulative)"
        return self.digest(type_of, word(payer), word(operator), word(cumulative))


def address_of(public_key: PublicKey) -> bytes:
    """The last 20 bytes of keccak256 of the uncompressed key."""
    return keccak(public_key.format(compressed=False)[1:])[12:]


def recover(digest: bytes, signature: bytes) -> bytes | None:
    """The address whose key made the signature; None when it recovers to no key."""
    if len(signature) != 65 or signature[64] not in (27, 28):
        raise MalformedSignature("a signature is 65 bytes, the last of them 27 or 28")
    if int.from_bytes(signature[32:64], "big") > HALF_ORDER:
        raise MalformedSignature("a signature has a high s")
    try:
        key = PublicKey.from_signature_and_message(signature[:64] + bytes([signature[64] - 27]), digest, hasher=None)
    except Exception:  # the library has several, all of them mean the same
        return None
    return address_of(key)
