#!/usr/bin/env bash
# Real servers on free loopback ports: a Kafka broker, an S3 gateway and a development chain with the contracts.
#   services.sh up     starts them, makes topics and a bucket, prints addresses and how to go on
#   services.sh down   stops them by process id and leaves nothing behind
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$PWD/target/services

stop() {
  for file in "$folder"/*.pid; do
    [ -e "$file" ] || continue
    kill "$(cat "$file")" 2>/dev/null || true
  done
  for file in "$folder"/*.pid; do
    [ -e "$file" ] || continue
    for _ in $(seq 100); do kill -0 "$(cat "$file")" 2>/dev/null || break; sleep 0.1; done
    kill -9 "$(cat "$file")" 2>/dev/null || true
  done
  rm -rf "$folder"
}

# free N: so many ports that nobody listens at.
free() {
  target/venv/bin/python - "$1" <<'PYTHON'
import socket, sys
held = [socket.create_server(("127.0.0.1", 0)) for _ in range(int(sys.argv[1]))]
print(*(each.getsockname()[1] for each in held))
PYTHON
}

# ready NAME PORT: waits until something listens there.
ready() {
  for _ in $(seq 300); do
    if (exec 3<> "/dev/tcp/127.0.0.1/$2") 2>/dev/null; then return; fi
    kill -0 "$(cat "$folder/$1.pid")" 2>/dev/null || { echo "$1 ended by itself; its folder is $folder" >&2; exit 1; }
    sleep 0.1
  done
  echo "$1 does not listen at 127.0.0.1:$2 after 30 s" >&2
  exit 1
}

start() {
  if [ -e "$folder" ]; then echo "the services run already, see $folder; \`make services-down\` stops them" >&2; exit 3; fi
  mkdir -p "$folder"/s3/root/books "$folder"/s3/side
  trap 'stop' ERR
  read -r kafka controller s3 chain <<< "$(free 4)"
  setsid scripts/servers/kafka.sh "$folder/kafka" "$kafka" "$controller" & echo $! > "$folder/kafka.pid"
  ROOT_ACCESS_KEY=books ROOT_SECRET_KEY=books-secret setsid target/tools/versitygw --port "127.0.0.1:$s3" posix \
    --sidecar "$folder/s3/side" "$folder/s3/root" > "$folder/s3.log" 2>&1 & echo $! > "$folder/s3.pid"
  PORT=$chain setsid scripts/devnet.sh > "$folder/chain.log" 2>&1 & echo $! > "$folder/chain.pid"
  ready kafka "$kafka"; ready s3 "$s3"; ready chain "$chain"
  for _ in $(seq 600); do grep -q '^try next' "$folder/chain.log" && break; sleep 0.1; done
  sed -n 's/^  \([a-z_]* = .*\)/\1/p' "$folder/chain.log" > "$folder/network.toml"
  cat > "$folder/openbooks.toml" <<END
warehouse = "s3://books/tables"
artifacts = "$PWD/demo/artifacts"
network_file = "network.toml"

[store]
aws_endpoint = "http://127.0.0.1:$s3"
aws_allow_http = "true"
aws_region = "us-east-1"
aws_access_key_id = "books"

[kafka]
"bootstrap.servers" = "127.0.0.1:$kafka"

[chain]
rpc = ["http://127.0.0.1:$chain"]
bundles = "s3://books/bundles"
END
  trap - ERR
  cat <<END
Kafka           127.0.0.1:$kafka
S3              http://127.0.0.1:$s3   (bucket books, key books / books-secret)
chain           http://127.0.0.1:$chain
settings        target/services/openbooks.toml

try next:

  export OPENBOOKS_CONFIG=target/services/openbooks.toml AWS_SECRET_ACCESS_KEY=books-secret
  openbooks ingest topics
  openbooks ingest replay --to-kafka demo/chain-events.rec demo/receipts.rec
  openbooks ingest sink --once
  openbooks epoch run --epoch 1
  openbooks verify --epoch 1

docs/live.md goes on. \`make services-down\` stops them and leaves nothing behind.
END
}

case ${1:-} in
  up) start ;;
  down) stop ;;
  *) echo "usage: services.sh up|down" >&2; exit 2 ;;
esac
