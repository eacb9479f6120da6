"""A chain node of the recording's own: anvil, with the real contracts, driven block by block.

The same transactions at the same times give the same blocks, down to their hashes.
"""

import json
import os
import socket
import subprocess
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import rlp

from . import eth
from .story import GENESIS_S

CONTRACTS_FOLDER = Path(__file__).parents[2] / "contracts"
BLOCK_S = 12
FIRST_BLOCK_S = GENESIS_S - 40 * 86_400
GAS_PRICE = 10**10
GAS_MAX = 3_000_000
# anvil's first account, known to everybody.
DEPLOYER_KEY = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
FLAGS = [
    "--host", "127.0.0.1", "--silent", "--order", "fifo", "--hardfork", "cancun", "--gas-limit", "300000000",
    "--timestamp", str(FIRST_BLOCK_S), "--chain-id", str(eth.CHAIN_ID),
]  # fmt: skip


@dataclass(frozen=True)
class Mined:
    """A block with its receipts, in order."""

    number: int
    hash: bytes
    time_s: int
    receipts: list[dict]


class Node:
    """anvil in a process of its own; ends with the `with`."""

    def __enter__(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        anvil = CONTRACTS_FOLDER / "node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil"
        self._process = subprocess.Popen([anvil, "--port", str(self._port), *FLAGS])
        self.url = f"http://127.0.0.1:{self._port}"
        for _ in range(200):
            try:
                self.ask("eth_chainId")
                break
            except OSError:
                time.sleep(0.05)
        self.ask("anvil_setBlockTimestampInterval", BLOCK_S)
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait()

    def ask(self, method: str, *parameters):
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}).encode()
        request = urllib.request.Request(self.url, body, {"content-type": "application/json"})
        with urllib.request.urlopen(request) as answer:
            said = json.load(answer)
        if "error" in said:
            raise RuntimeError(f"{method}: {said['error']}")
        return said["result"]

    def deploy(self, deploy_file: Path, addresses_file: Path) -> None:
        """Runs the deploy script, as for any network."""
        environment = os.environ | {"DEPLOY_FILE": str(deploy_file), "ADDRESSES_FILE": str(addresses_file)}
        command = [CONTRACTS_FOLDER / "node_modules/.bin/forge", "script", "script/Deploy.s.sol", "--broadcast"]
        command += ["--rpc-url", self.url, "--private-key", f"0x{DEPLOYER_KEY}", "--slow", "--legacy"]
        command += ["--with-gas-price", str(GAS_PRICE), "--quiet"]
        subprocess.run(command, cwd=CONTRACTS_FOLDER, env=environment, check=True)
        self.ask("evm_setAutomine", False)

    def mine(self, time_s: int, raw: list[bytes]) -> Mined:
        """One block at that time with these transactions, in this order."""
        for transaction in raw:
            self.ask("eth_sendRawTransaction", "0x" + transaction.hex())
        self.ask("evm_setNextBlockTimestamp", time_s)
        self.ask("evm_mine")
        return self.block("latest")

    def block(self, number) -> Mined:
        block = self.ask("eth_getBlockByNumber", number, False)
        receipts = self.ask("eth_getBlockReceipts", block["number"])
        return Mined(int(block["number"], 16), data(block["hash"]), int(block["timestamp"], 16), receipts)


def data(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def signed(key: eth.PrivateKey, nonce: int, to: bytes, value: int, call: bytes) -> bytes:
    """A transaction of the oldest kind (EIP-155), as bytes."""
    fields = [nonce, GAS_PRICE, GAS_MAX, to, value, call]
    digest = eth.keccak(rlp.encode(fields + [eth.CHAIN_ID, 0, 0]))
    signature = key.sign_recoverable(digest, hasher=None)
    r, s = (int.from_bytes(signature[at : at + 32], "big") for at in (0, 32))
    return rlp.encode(fields + [eth.CHAIN_ID * 2 + 35 + signature[64], r, s])
