"""Hashes and signatures, beside an independent library; ids, beside those of the independent verifier."""

import pytest
from eth_account import Account
from eth_account.messages import SignableMessage, encode_typed_data
from eth_utils.crypto import keccak

from openbooks_client import Domain, InvalidInput, batch_id, receipt_id, sign_spend
from openbooks_client.signing import HALF_ORDER, Key, keccak256, recover

from serving import OPERATOR, PAYER, PAYER_KEY

DOMAIN = Domain(31337, bytes.fromhex("a513e6e4b8f2a923d98304ec87f64353c4d5c853"))
ORDER = HALF_ORDER * 2 + 1
FIELDS = {
    "ReceiptBatch": ["bytes32 contentHash"],
    "Spend": ["address payer", "address operator", "uint256 cumulative"],
    "Ack": ["bytes32 batch", "string topic", "uint32 partition", "uint64 offset", "uint64 takenAt"],
}
CONTENT = b"any content"
BATCH = keccak256(CONTENT)
PLACE = ("openbooks.receipts.v1", 3, 17, 1_767_323_045_678_000)
CASES = [
    ("ReceiptBatch", [keccak(CONTENT)], DOMAIN.batch_hash(CONTENT)),
    ("Spend", [PAYER, OPERATOR, 10**38 - 1], DOMAIN.spend_hash(PAYER, OPERATOR, 10**38 - 1)),
    ("Spend", [PAYER, OPERATOR, 0], DOMAIN.spend_hash(PAYER, OPERATOR, 0)),
    ("Ack", [BATCH, *PLACE], DOMAIN.ack_hash(BATCH, *PLACE)),
    ("Ack", [BATCH, "", 2**32 - 1, 2**64 - 1, 0], DOMAIN.ack_hash(BATCH, "", 2**32 - 1, 2**64 - 1, 0)),
]


def typed(kind: str, values: list[object]) -> SignableMessage:
    fields = [dict(zip(("type", "name"), field.split(), strict=True)) for field in FIELDS[kind]]
    return encode_typed_data(
        domain_data={
            "name": "openbooks",
            "version": "1",
            "chainId": DOMAIN.chain_id,
            "verifyingContract": DOMAIN.vault,
        },
        message_types={kind: fields},
        message_data={field["name"]: value for field, value in zip(fields, values, strict=True)},
    )


@pytest.mark.parametrize(("kind", "values", "digest"), CASES)
def test_a_hash_and_its_signature_are_those_of_another_library(kind: str, values: list[object], digest: bytes) -> None:
    message = typed(kind, values)
    assert digest == keccak(b"\x19" + message.version + message.header + message.body)
    signed = Account.sign_message(message, PAYER_KEY)
    assert Key(PAYER_KEY).sign(digest) == bytes(signed.signature)
    assert recover(digest, bytes(signed.signature)) == PAYER
    assert Account.from_key(PAYER_KEY).address.lower() == f"0x{PAYER.hex()}"


def test_ids_are_those_of_the_verifier() -> None:
    assert batch_id(b"openbooks").hex() == "e17a6fd8aba77603c37dd96d247d893571b8742ed3064ccce458eed37e0e6dfd"
    assert (
        receipt_id(batch_id(b"openbooks"), 258).hex()
        == "ae53475035b0955481dd034d3880cac64e5d9f99ebc012285d360be6887e269b"
    )


def test_a_malformed_signature_is_refused() -> None:
    digest = DOMAIN.batch_hash(CONTENT)
    good = Key(PAYER_KEY).sign(digest)
    s = int.from_bytes(good[32:64], "big")
    high = good[:32] + (ORDER - s).to_bytes(32, "big") + bytes([55 - good[64]])
    for bad in (good[:64], good + b"\0", good[:64] + b"\0", good[:64] + b"\1", good[:64] + b"\x1d", high):
        with pytest.raises(InvalidInput):
            recover(digest, bad)
    assert recover(digest, bytes(32) + good[32:]) is None
    assert recover(DOMAIN.batch_hash(b"another"), good) != PAYER


@pytest.mark.parametrize("secret", [b"", bytes(32), b"\xff" * 32, "0x12", "ab" * 32, "0x" + "zz" * 32, 7])
def test_what_is_no_key_is_refused_and_not_shown(secret: object) -> None:
    with pytest.raises(InvalidInput) as refused:
        Key(secret)  # type: ignore[arg-type]
    assert "zz" not in str(refused.value)
    assert refused.value.__cause__ is None or "ff" * 32 not in repr(refused.value.__cause__)


def test_a_key_does_not_show_itself() -> None:
    assert repr(Key(PAYER_KEY)) == f"Key(address=0x{PAYER.hex()})"


def test_a_spend_is_signed_by_the_payer_or_names_its_spender_key() -> None:
    own = sign_spend(DOMAIN, PAYER_KEY, OPERATOR, 5)
    assert own.checked(DOMAIN, OPERATOR).payer == PAYER
    spender = keccak256(b"spender")
    by_spender = sign_spend(DOMAIN, spender, OPERATOR, 5, payer=PAYER)
    assert by_spender.signer == Key(spender).address
    assert by_spender.checked(DOMAIN, OPERATOR).payer == PAYER
