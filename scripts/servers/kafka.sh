#!/usr/bin/env bash
# One Kafka node on loopback: kafka.sh FOLDER PORT CONTROLLER_PORT [PROPERTY...]. Started again on a folder, it goes on.
set -euo pipefail
folder=$1 port=$2 controller=$3
shift 3
jars="$(cd "$(dirname "$0")/../.." && pwd)/target/tools/kafka/*"
if [ ! -e "$folder/server.properties" ]; then
  mkdir -p "$folder"
  cat > "$folder/server.properties" <<END
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_SSL:SASL_SSL
log.dirs=$folder/log
auto.create.topics.enable=false
default.replication.factor=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
END
  printf '%s\n' "$@" >> "$folder/server.properties"
fi
if [ ! -e "$folder/log/meta.properties" ]; then
  # An id that began with a dash would be read as an option.
  id=$(head -c 16 /dev/urandom | base64 | tr '+/' 'xy' | tr -d '=')
  java -cp "$jars" kafka.tools.StorageTool format -t "$id" -c "$folder/server.properties" > "$folder/format.log" 2>&1
fi
exec java -Xmx512m -Xlog:disable -cp "$jars" kafka.Kafka "$folder/server.properties" > "$folder/kafka.log" 2>&1
