#!/usr/bin/env bash
# Makes src/openbooks_client/wire/*_pb2.py(i) from ingest/proto. The compiler's version is the oldest protobuf runtime
# that the package works with: raise it together with the bound in pyproject.toml.
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q grpcio-tools==1.73.1

# Inside the package, so that the generated files import each other from there; a dot in a file's name would be a folder.
package=openbooks_client/wire
mkdir -p "$work/$package"
for name in close receipts; do
  sed "s#import \"close.v1.proto\"#import \"$package/close_v1.proto\"#" "../../ingest/proto/$name.v1.proto" \
    >"$work/$package/${name}_v1.proto"
done
"$work/venv/bin/python" -m grpc_tools.protoc -I "$work" --python_out=src --pyi_out=src "$work/$package/"*.proto
