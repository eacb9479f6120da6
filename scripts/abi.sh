#!/usr/bin/env bash
# Writes NAME.json, which the Rust build reads, from what forge compiled; into contracts/abi or the folder that is given.
set -euo pipefail
folder=$(realpath -m "${1:-$(dirname "$0")/../contracts/abi}")
cd "$(dirname "$0")/../contracts"
node_modules/.bin/forge build --quiet
mkdir -p "$folder"
for name in OpenToken OpenGovernor Vault DatanetRegistry ModelRegistry OperatorRegistry SplitRegistry; do
  # Ids are bytes32 to the outside; the names of their Solidity types would be looked up where they are not.
  node -e '
    const plain = (key, value) =>
      key === "internalType" && !/^(struct|enum|contract) /.test(value) ? undefined : value;
    const { abi } = JSON.parse(require("fs").readFileSync(0, "utf8"));
    console.log(JSON.stringify(abi, plain, 1));
  ' < "out/$name.sol/$name.json" > "$folder/$name.json"
done
