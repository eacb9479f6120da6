#!/usr/bin/env bash
# Every test, with the time of each part. A part over its budget fails the whole.
set -euo pipefail
cd "$(dirname "$0")/.."
export VK_ICD_FILENAMES=${VK_ICD_FILENAMES:-/usr/share/vulkan/icd.d/lvp_icd.x86_64.json}

times=()
# part NAME SECONDS COMMAND...
part() {
  local name=$1 budget=$2 began=$SECONDS
  shift 2
  echo "== $name"
  "$@"
  local took=$((SECONDS - began))
  times+=("$(printf '%-24s%6d s of %d' "$name" "$took" "$budget")")
  if [ "$took" -gt "$budget" ]; then echo "$name took $took s, its budget is $budget s" >&2; exit 1; fi
}

part "build" 1200 cargo build --locked --workspace --all-targets -q
part "lint and tidiness" 900 scripts/check.sh
part "contracts" 480 scripts/contracts.sh
part "tests" 2200 cargo test --locked --workspace -q
part "independent verifier" 120 target/venv/bin/python -m pytest -q verify/tests
part "Python client" 120 target/client-venv/bin/python -m pytest -q clients/python/tests
echo
printf '%s\n' "${times[@]}"
