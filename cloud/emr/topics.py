"""What spark-submit starts before the streaming job: makes the topics that are missing.

Settings come from the environment (COVID_KAFKA_…), as the job's do. May be repeated.
"""

import os
import sys
from pathlib import Path

from confluent_kafka import KafkaException

from covid_core.environment import SettingsError, load
from covid_core.settings import KafkaSettings
from covid_core.topics import TOPICS
from covid_process.creation import create
from covid_process.signer import Signer

try:
    kafka = load(KafkaSettings, os.environ, lambda path: Path(path).read_text(encoding="utf-8"))
    create(kafka.librdkafka(Signer()), TOPICS, partitions=kafka.partitions, replication=kafka.replication)
except (KafkaException, SettingsError) as error:
    sys.exit(f"error: the topics could not be made at {os.environ.get('COVID_KAFKA_BOOTSTRAP')}: {error}")
print(f"topics: there, at {kafka.bootstrap}")
