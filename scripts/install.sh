#!/usr/bin/env bash
# Installs what building (`build`) or testing (`tests`) needs, from package registries only. Quick when all is there.
set -euo pipefail
cd "$(dirname "$0")/.."

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

# need PACKAGE:PROOF...: installs the Debian packages whose proof (a command or a file) is missing.
need() {
  local missing=()
  for pair in "$@"; do
    local package=${pair%%:*} proof=${pair#*:}
    command -v "$proof" >/dev/null || [ -e "$proof" ] || missing+=("$package")
  done
  [ ${#missing[@]} = 0 ] && return
  echo "installing ${missing[*]}" >&2
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

command -v cargo >/dev/null || { echo "openbooks needs Rust: install it with rustup, then run this again" >&2; exit 2; }
need gcc:cc g++:c++ libc6-dev:/usr/include/stdio.h make:make pkg-config:pkg-config libssl-dev:/usr/include/openssl/ssl.h \
  zlib1g-dev:/usr/include/zlib.h
[ "${1:-build}" = build ] && exit 0

need python3:python3 nodejs:node npm:npm mesa-vulkan-drivers:/usr/share/vulkan/icd.d/lvp_icd.x86_64.json \
  libvulkan1:/usr/lib/x86_64-linux-gnu/libvulkan.so.1 default-jre-headless:java maven:mvn
python3 -c 'import ensurepip' 2>/dev/null || need python3-venv:/usr/share/doc/python3-venv/copyright

# stamp FILE... DONE: whether DONE was made after all FILEs.
fresh() { local done=${*: -1}; [ -e "$done" ] && for f in "${@:1:$#-1}"; do [ "$done" -nt "$f" ] || return 1; done; }

mkdir -p target
if ! fresh verify/requirements.txt tests/python/requirements.txt target/venv/done; then
  python3 -m venv --clear target/venv
  target/venv/bin/pip install -q --require-hashes -r verify/requirements.txt
  target/venv/bin/pip install -q --require-hashes -r tests/python/requirements.txt
  touch target/venv/done
fi
# The client that serving nodes embed has dependencies of its own.
if ! fresh clients/python/requirements.txt target/client-venv/done; then
  python3 -m venv --clear target/client-venv
  target/client-venv/bin/pip install -q --require-hashes -r clients/python/requirements.txt
  touch target/client-venv/done
fi
for folder in tests/js contracts; do
  if ! fresh $folder/package-lock.json $folder/node_modules/done; then
    (cd $folder && npm ci --silent --no-audit --no-fund)
    touch $folder/node_modules/done
  fi
done

# The S3 gateway that the tests write to. Go itself comes from PyPI where the machine's is missing or too old.
if ! fresh scripts/servers/go.sum target/tools/versitygw; then
  wanted=$(awk '$1 == "go" { print $2 }' scripts/servers/go.mod)
  found=$(go env GOVERSION 2>/dev/null || true)
  if [ "$(printf '%s\n' "$wanted" "${found#go}" | sort -V | head -n 1)" != "$wanted" ]; then
    target/venv/bin/pip install -q --require-hashes -r scripts/servers/requirements.txt
    export PATH="$PWD/target/venv/bin:$PATH"
  fi
  (cd scripts/servers && GOTOOLCHAIN=local go build -trimpath -o ../../target/tools/versitygw github.com/versity/versitygw/cmd/versitygw)
  touch target/tools/versitygw
fi

# The broker that the tests and `make services-up` start.
if ! fresh scripts/servers/kafka/pom.xml target/tools/kafka/done; then
  rm -rf target/tools/kafka
  mvn -q -B -f scripts/servers/kafka/pom.xml dependency:copy-dependencies -DoutputDirectory="$PWD/target/tools/kafka" \
    -DincludeScope=runtime
  touch target/tools/kafka/done
fi
