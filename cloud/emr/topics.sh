#!/bin/bash
# A step, run on the primary node: makes the topics of covid_core on the broker that kafka.sh started.
#
#   topics.sh KAFKA-FOLDER
#
# May be repeated: topics that are there stay as they are. PARTITIONS is that of covid.records and covid.metrics.
set -euo pipefail

[ $# = 1 ] || { echo "usage: topics.sh KAFKA-FOLDER" >&2; exit 2; }
folder=${1%/} python=${PYSPARK_PYTHON:-/usr/bin/python3.11}

# A line a topic: name, partitions, settings.
listed=$(PYTHONPATH=${PYTHONPATH:-/opt/covid/lib} "$python" -c '
import sys
from covid_core.topics import TOPICS
for topic in TOPICS:
    settings = [word for item in topic.config.items() for word in ("--config", "=".join(item))]
    print(topic.name, topic.partitions or sys.argv[1], *settings)
' "${PARTITIONS:-4}") || { echo "error: covid_core is not in /opt/covid/lib: see the bootstrap action's log" >&2; exit 1; }

while read -r name partitions settings; do
    # shellcheck disable=SC2086  # a list of words
    "$folder/bin/kafka-topics.sh" --bootstrap-server "${BOOTSTRAP:-$(hostname -f):9092}" --create --if-not-exists \
        --topic "$name" --partitions "$partitions" --replication-factor 1 $settings ||
        { echo "error: $name could not be made: see journalctl -u covid-kafka, then run this step again" >&2; exit 1; }
done <<<"$listed"
