"""What an EVM chain defines: keccak, ABI encoding, event signatures, EIP-712, secp256k1 keys.

Keys come from public names. They are for this demo only: anyone can sign with them.
"""

import json
from functools import cache
from pathlib import Path

import rlp
from coincurve import PrivateKey
from Crypto.Hash import keccak as _keccak
from eth_abi import encode

ABI = Path(__file__).parents[2] / "contracts/abi"
CHAIN_ID = 31337
ZERO_ADDRESS = bytes(20)
ZERO_ID = bytes(32)


def keccak(data: bytes) -> bytes:
    return _keccak.new(digest_bits=256, data=data).digest()


def abi(types: list[str], values: list) -> bytes:
    """abi.encode; addresses are 20 bytes."""
    return encode(types, values)


@cache
def private_key(name: str) -> PrivateKey:
    return PrivateKey(keccak(f"openbooks demo key: {name}".encode()))


@cache
def address_of(name: str) -> bytes:
    """The address of the demo key of that name."""
    return keccak(private_key(name).public_key.format(compressed=False)[1:])[-20:]


# anvil's first account, which deploys.
DEPLOYER = bytes.fromhex("f39fd6e51aad88f6f4ce6ab8827279cfffb92266")
# Contracts in the order in which the deploy script makes them; the vesting wallets of the deploy file come first.
VESTING_WALLETS = 4
DEPLOYED = ("token", "timelock", "governance", "vault", "datanets", "models", "operators", "splits")


@cache
def contract_of(name: str) -> bytes:
    """The address of the contract: of the deployer and its nonce alone."""
    return keccak(rlp.encode([DEPLOYER, VESTING_WALLETS + DEPLOYED.index(name)]))[-20:]


def id_of(text: str) -> bytes:
    return keccak(f"openbooks demo id: {text}".encode())


class Domain:
    """EIP-712 signatures for one vault."""

    def __init__(self, vault: bytes):
        kind = keccak(b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
        fields = [kind, keccak(b"openbooks"), keccak(b"1"), CHAIN_ID, vault]
        self._separator = keccak(abi(["bytes32", "bytes32", "bytes32", "uint256", "address"], fields))

    def sign_content(self, kind: str, content: bytes, by: str) -> bytes:
        """`kind` is ReceiptBatch or Close."""
        return self._sign(f"{kind}(bytes32 contentHash)", ["bytes32"], [keccak(content)], by)

    def sign_spend(self, payer: bytes, operator: bytes, cumulative: int, by: str) -> bytes:
        kind = "Spend(address payer,address operator,uint256 cumulative)"
        return self._sign(kind, ["address", "address", "uint256"], [payer, operator, cumulative], by)

    def _sign(self, kind: str, types: list[str], values: list, by: str) -> bytes:
        """65 bytes r, s, v; RFC 6979, s in the lower half."""
        struct = keccak(abi(["bytes32"] + types, [keccak(kind.encode())] + values))
        digest = keccak(b"\x19\x01" + self._separator + struct)
        signature = private_key(by).sign_recoverable(digest, hasher=None)
        return signature[:64] + bytes([27 + signature[64]])


class Event:
    """An event as the compiled contract declares it."""

    def __init__(self, declared: dict):
        self.types = [field["type"] for field in declared["inputs"]]
        self.topic = keccak(f"{declared['name']}({','.join(self.types)})".encode())


@cache
def events() -> dict[str, Event]:
    """Every event of the contracts, by name."""
    items = (item for path in sorted(ABI.glob("*.json")) for item in json.loads(path.read_text()))
    return {item["name"]: Event(item) for item in items if item["type"] == "event"}


NAMES = {
    "vault": "Vault", "token": "OpenToken", "datanets": "DatanetRegistry", "models": "ModelRegistry",
    "operators": "OperatorRegistry", "splits": "SplitRegistry", "governance": "OpenGovernor",
}  # fmt: skip


@cache
def functions(contract: str) -> dict[tuple[str, int], list[str]]:
    """Types of the parameters of every function, by name and count."""
    items = json.loads((ABI / f"{NAMES[contract]}.json").read_text())
    found = [item for item in items if item["type"] == "function"]
    return {(item["name"], len(item["inputs"])): [type_of(each) for each in item["inputs"]] for item in found}


def type_of(declared: dict) -> str:
    """A parameter's type as signatures spell it; a struct is a list of its fields."""
    if not declared["type"].startswith("tuple"):
        return declared["type"]
    return f"({','.join(type_of(each) for each in declared['components'])}){declared['type'].removeprefix('tuple')}"


def call(contract: str, function: str, values: list) -> bytes:
    """The calldata of a call."""
    types = functions(contract)[function, len(values)]
    return keccak(f"{function}({','.join(types)})".encode())[:4] + abi(types, values)
