#!/usr/bin/env bash
# The contracts: formatting, compiler, freshness of the ABI that Rust reads, every test.
set -euo pipefail
cd "$(dirname "$0")/../contracts"
node_modules/.bin/forge fmt --check
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
../scripts/abi.sh "$fresh"
diff -r "$fresh" abi || { echo "contracts/abi is stale: \`make abi\` makes it again" >&2; exit 1; }
node_modules/.bin/forge test
