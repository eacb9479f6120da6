#!/usr/bin/env bash
# A development chain on loopback with the real contracts, as the recording's. Ctrl-C ends it and leaves nothing behind.
set -euo pipefail
cd "$(dirname "$0")/.."
port=${PORT:-8545}
folder=$(mktemp -d)
trap 'kill "${node:-}" 2>/dev/null || true; rm -rf "$folder"' EXIT
trap 'exit 0' INT TERM

# The recording's first block: 40 days before 2026-01-01. The same deployer then deploys to the same addresses.
contracts/node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil --host 127.0.0.1 --port "$port" --silent --order fifo \
  --hardfork cancun --gas-limit 300000000 --timestamp 1763769600 &
node=$!
ask() {
  target/venv/bin/python - "$port" "$@" <<'PYTHON'
import json, sys, urllib.request
port, method, *parameters = sys.argv[1:]
body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": [json.loads(each) for each in parameters]}
head = {"content-type": "application/json"}
with urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{port}", json.dumps(body).encode(), head)) as said:
    answer = json.load(said)
assert "error" not in answer, answer
PYTHON
}
for _ in $(seq 100); do ask eth_chainId 2>/dev/null && break; kill -0 "$node" || exit 1; sleep 0.1; done
ask anvil_setBlockTimestampInterval 12
(cd contracts && FOUNDRY_BROADCAST="$folder/broadcast" FOUNDRY_CACHE_PATH="$folder/cache" \
  DEPLOY_FILE=../demo/deploy.json ADDRESSES_FILE="$folder/network.toml" node_modules/.bin/forge script \
  script/Deploy.s.sol --broadcast --slow --legacy --with-gas-price 10000000000 --quiet \
  --rpc-url "http://127.0.0.1:$port" --private-key 0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80)
cat <<END
a development chain with the contracts: http://127.0.0.1:$port

$(grep -v '^#' "$folder/network.toml" | sed 's/^/  /')

try next, in another terminal:

  openbooks demo --chain http://127.0.0.1:$port

Ctrl-C ends it and leaves nothing behind.
END
wait "$node"
