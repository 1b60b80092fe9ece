#!/bin/bash
# A bootstrap action: a Kafka broker (KRaft) on the primary node, for a cluster without MSK.
#
#   kafka.sh S3-OBJECT FOLDER primary|msk
#
# unpacks Kafka's distribution (kafka_2.13-4.1.1.tgz, copied to the bucket) and starts it as a service. On other
# nodes, and where the log is on MSK, it does nothing. The log lies on the node's disk and ends with the cluster: for trials, not for keeps.
set -euo pipefail

[ $# = 3 ] || { echo "usage: kafka.sh S3-OBJECT FOLDER primary|msk" >&2; exit 2; }
source=$1 folder=${2%/} place=$3

[ "$place" = primary ] || exit 0
grep -q '"isMaster": *true' /mnt/var/lib/info/instance.json || exit 0

fail() {
    echo "error: $1" >&2
    exit 1
}

archive=$(mktemp)
trap 'rm -f "$archive"' EXIT
aws s3 cp --only-show-errors --no-progress "$source" "$archive" ||
    fail "$source could not be copied, see the line above: copy Kafka's distribution there, then start the cluster again"
sudo install -d -o "$(id -u)" -g "$(id -g)" "$folder" "$folder/data"
tar -xzf "$archive" -C "$folder" --strip-components 1 ||
    fail "$source is damaged: copy it there again, then start the cluster again"

# The nodes' security groups alone may reach it, so it asks for nothing.
host=$(hostname -f)
cat >"$folder/server.properties" <<EOF
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@$host:9093
listeners=PLAINTEXT://0.0.0.0:9092,CONTROLLER://0.0.0.0:9093
advertised.listeners=PLAINTEXT://$host:9092
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$folder/data
auto.create.topics.enable=false
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
EOF
"$folder/bin/kafka-storage.sh" format --cluster-id "$("$folder/bin/kafka-storage.sh" random-uuid)" \
    --config "$folder/server.properties"
sudo systemd-run --unit covid-kafka --uid "$(id -u)" --property Restart=on-failure \
    --setenv KAFKA_HEAP_OPTS=-Xmx1g "$folder/bin/kafka-server-start.sh" "$folder/server.properties" ||
    fail "the broker could not be started: see journalctl -u covid-kafka"
echo "a broker listens at $host:9092"
