"""Every setting of every service: its environment variable, type, default and meaning, in one place.

A composition root calls `covid_core.environment.load(KafkaSettings, os.environ, read_file)`, which says how a
variable is named; nothing else reads the environment.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from covid_core import databases, mssql
from covid_core.environment import SECRET, SettingsError
from covid_core.rt import DEFAULT_INTERVAL, SerialInterval

MSK_IAM: Final = "AWS_MSK_IAM"
"""The SASL mechanism of Amazon MSK with IAM, by the name that its Java client gives it."""

Sign = Callable[[str], tuple[str, float]]
"""Makes a token for Amazon MSK in a region; with it, when it ends, in seconds since the epoch."""

_JAVA_IAM: Final = "software.amazon.msk.auth.iam"

_Endpoint = Annotated[str | None, Meta(description="URL of a stand-in; absent: AWS")]
_AccessKey = Annotated[
    str | None, Meta(description="of a stand-in, or of an account; absent: AWS's ordinary credential chain")
]
_SecretKey = Annotated[str | None, Meta(description="belongs to the access key", extra=SECRET)]
_Region = Annotated[str, Meta(description="AWS region")]
_Host = Annotated[str, Meta(description="address that /healthz, /readyz and /metrics are served on")]


class LogSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The log of a process, on standard error."""

    prefix = "COVID_LOG_"

    format: Annotated[
        Literal["text", "json"],
        Meta(description="lines for people, or JSON with the names of OpenTelemetry's log data model"),
    ] = "text"


class KafkaSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The broker, and how the topics are made."""

    prefix = "COVID_KAFKA_"

    bootstrap: Annotated[str, Meta(description="host:port of one or more brokers")] = "localhost:9092"
    security_protocol: Annotated[
        Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"],
        Meta(description="how to talk to the brokers, in Kafka's words"),
    ] = "PLAINTEXT"
    sasl_mechanism: Annotated[
        Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "AWS_MSK_IAM"] | None,
        Meta(description="how to log in, where the protocol is one of SASL"),
    ] = None
    sasl_username: Annotated[str | None, Meta(description="user of PLAIN and SCRAM")] = None
    sasl_password: Annotated[str | None, Meta(description="the user's password", extra=SECRET)] = None
    ssl_ca_location: Annotated[str | None, Meta(description="PEM file of the broker's authority")] = None
    region: Annotated[str, Meta(description="AWS region of an Amazon MSK cluster with IAM")] = "ca-central-1"
    partitions: Annotated[
        int, Meta(ge=1, description="partitions of covid.records and covid.metrics when they are made")
    ] = 4
    replication: Annotated[int, Meta(ge=1, description="replication factor when topics are made")] = 1

    def __post_init__(self) -> None:
        if self.sasl_mechanism == MSK_IAM and self.security_protocol != "SASL_SSL":
            raise SettingsError(
                f"COVID_KAFKA_SECURITY_PROTOCOL: must be SASL_SSL with COVID_KAFKA_SASL_MECHANISM={MSK_IAM}, "
                f"not {self.security_protocol}"
            )

    def librdkafka(self, sign: Sign) -> dict[str, Any]:
        """The connection as properties of librdkafka (confluent-kafka).

        `sign` is asked only where the brokers want IAM. It is no option: a client that was made without it
        would work everywhere but there.
        """
        properties: dict[str, Any] = {
            "bootstrap.servers": self.bootstrap,
            "security.protocol": self.security_protocol,
            # Only emergencies: its lines about each attempt to connect, twenty a second while a broker is
            # away, add nothing to what our own code says of it.
            "log_level": 2,
        }
        iam = self.sasl_mechanism == MSK_IAM
        optional: dict[str, Any] = {
            # Java's client has a mechanism for IAM, librdkafka has none: MSK takes its tokens by OAUTHBEARER.
            "sasl.mechanism": "OAUTHBEARER" if iam else self.sasl_mechanism,
            "oauth_cb": (lambda _: sign(self.region)) if iam else None,
            "sasl.username": self.sasl_username,
            "sasl.password": self.sasl_password,
            "ssl.ca.location": self.ssl_ca_location,
        }
        return properties | {name: value for name, value in optional.items() if value is not None}

    def java(self) -> dict[str, str]:
        """The connection as properties of the Java client, prefixed as Spark wants them."""
        options = {
            "kafka.bootstrap.servers": self.bootstrap,
            "kafka.security.protocol": self.security_protocol,
        }
        if self.sasl_mechanism == MSK_IAM:
            # AWS's library, group `msk` of the pinned jars. It takes the region from the brokers' names.
            options["kafka.sasl.mechanism"] = MSK_IAM
            options["kafka.sasl.jaas.config"] = f"{_JAVA_IAM}.IAMLoginModule required;"
            options["kafka.sasl.client.callback.handler.class"] = f"{_JAVA_IAM}.IAMClientCallbackHandler"
        elif self.sasl_mechanism is not None:
            options["kafka.sasl.mechanism"] = self.sasl_mechanism
            module = "plain.PlainLoginModule" if self.sasl_mechanism == "PLAIN" else "scram.ScramLoginModule"
            options["kafka.sasl.jaas.config"] = (
                f"org.apache.kafka.common.security.{module} required "
                f'username="{_escape(self.sasl_username)}" password="{_escape(self.sasl_password)}";'
            )
        if self.ssl_ca_location is not None:
            options["kafka.ssl.truststore.type"] = "PEM"
            options["kafka.ssl.truststore.location"] = self.ssl_ca_location
        return options


class S3Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Object storage. Without endpoint and keys: AWS and its ordinary credential chain."""

    prefix = "COVID_S3_"

    endpoint: _Endpoint = None
    access_key: _AccessKey = None
    secret_key: _SecretKey = None
    region: _Region = "ca-central-1"
    bucket: Annotated[str, Meta(description="the lake, and what is staged for Redshift")] = "covid-lake"

    def hadoop(self) -> dict[str, str]:
        """The connection as properties of Hadoop's `s3a://` file system."""
        options = {"fs.s3a.endpoint.region": self.region}
        if self.endpoint is not None:
            options["fs.s3a.endpoint"] = self.endpoint
            options["fs.s3a.path.style.access"] = "true"
            options["fs.s3a.connection.ssl.enabled"] = str(self.endpoint.startswith("https")).lower()
        if self.access_key is not None and self.secret_key is not None:
            options["fs.s3a.access.key"] = self.access_key
            options["fs.s3a.secret.key"] = self.secret_key
        return options


class IcebergSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The Iceberg catalog: a SQL database, or AWS Glue."""

    prefix = "COVID_ICEBERG_"

    catalog: Annotated[Literal["sql", "glue"], Meta(description="a SQL database, or AWS Glue")] = "sql"
    uri: Annotated[str | None, Meta(description="SQLAlchemy URL of the SQL catalog", extra=SECRET)] = None
    namespace: Annotated[str, Meta(description="of the tables `records` and `metrics`")] = "covid"

    def __post_init__(self) -> None:
        # SQLite's names a file, and holds no password.
        if self.uri is not None and not self.uri.startswith("sqlite"):
            databases.check("COVID_ICEBERG_URI", self.uri)

    def properties(self, s3: S3Settings) -> dict[str, str]:
        """What PyIceberg's `load_catalog` wants. Raises `SettingsError` when the catalog has no address."""
        if self.catalog == "sql" and self.uri is None:
            raise SettingsError("COVID_ICEBERG_URI is missing")
        optional = {
            "type": self.catalog,
            "uri": self.uri if self.catalog == "sql" else None,
            "glue.region": s3.region if self.catalog == "glue" else None,
            "warehouse": f"s3://{s3.bucket}/iceberg",
            "s3.endpoint": s3.endpoint,
            "s3.access-key-id": s3.access_key,
            "s3.secret-access-key": s3.secret_key,
            "s3.region": s3.region,
            "s3.force-virtual-addressing": None if s3.endpoint is None else "false",
        }
        return {name: value for name, value in optional.items() if value is not None}


class DynamoSettings(msgspec.Struct, frozen=True, kw_only=True):
    """DynamoDB. Without endpoint and keys: AWS and its ordinary credential chain."""

    prefix = "COVID_DYNAMODB_"

    endpoint: _Endpoint = None
    access_key: _AccessKey = None
    secret_key: _SecretKey = None
    region: _Region = "ca-central-1"
    table: Annotated[str, Meta(description="the sink makes it where it is missing")] = "covid_metrics"


class InboxSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What people write beside the API: a DynamoDB table, and CSV files in COVID_S3_BUCKET that fill it."""

    prefix = "COVID_INBOX_"

    table: Annotated[str, Meta(description="of corrections, one item an id")] = "covid_inbox"
    uploads: Annotated[str, Meta(description="key prefix of the CSV files")] = "inbox/"
    reports: Annotated[str, Meta(description="key prefix of what became of each")] = "inbox-reports/"


class RdsSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The relational store: SQL Server, or PostgreSQL, by the scheme of the URL."""

    prefix = "COVID_RDS_"

    url: Annotated[
        str | None, Meta(description="mssql://user:password@host:port/db or postgresql://…", extra=SECRET)
    ] = None
    table: Annotated[str, Meta(description="the sink makes it where it is missing")] = "covid_metrics"

    def __post_init__(self) -> None:
        if self.url is not None:
            databases.check("COVID_RDS_URL", self.url, mssql.SCHEMES, databases.POSTGRESQL)


class RedshiftSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The warehouse: Redshift, or PostgreSQL as its stand-in, by the scheme of the URL."""

    prefix = "COVID_REDSHIFT_"

    url: Annotated[
        str | None, Meta(description="redshift://user:password@host:port/db or postgresql://…", extra=SECRET)
    ] = None
    table: Annotated[str, Meta(description="the sink makes it where it is missing")] = "covid_metrics"
    staging: Annotated[str, Meta(description="S3 key prefix, in COVID_S3_BUCKET, that COPY reads from")] = (
        "redshift-staging"
    )
    iam_role: Annotated[str | None, Meta(description="role that Redshift assumes for COPY")] = None

    def __post_init__(self) -> None:
        if self.url is not None:
            databases.check("COVID_REDSHIFT_URL", self.url, databases.REDSHIFT, databases.POSTGRESQL)


class SinkSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The sinks' runner."""

    prefix = "COVID_SINK_"

    batch_messages: Annotated[int, Meta(ge=1, description="most messages in one write")] = 50
    batch_seconds: Annotated[float, Meta(gt=0, description="longest wait for a batch to fill")] = 0.1
    refusal_limit: Annotated[
        float,
        Meta(
            ge=0,
            le=1,
            description="greatest share of refused rows among the last 10,000: beyond it, and 100 of them, "
            "the sink waits instead of emptying the topic into the dead letters; 1 never waits",
        ),
    ] = 0.5
    group_suffix: Annotated[
        str,
        Meta(
            description="ends the consumer group's name, e.g. -green for a second store; the API and `covid` "
            "tell of, and wait for, the groups with the suffix that they are given themselves"
        ),
    ] = ""
    instance: Annotated[str, Meta(description="member id in the group; replicas need their own")] = "0"
    http_host: _Host = "127.0.0.1"
    http_port: Annotated[int, Meta(ge=0, description="/healthz, /readyz and /metrics; 0 picks one")] = 0


class StreamSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The Spark job."""

    prefix = "COVID_STREAM_"

    checkpoint: Annotated[str, Meta(description="folder or URI; a folder a generation is made in it")] = (
        "checkpoint"
    )
    jars: Annotated[str | None, Meta(description="folder of the jars of spark-sql-kafka")] = None
    master: Annotated[str | None, Meta(description="absent: what spark-submit says, else local[2]")] = None
    driver_memory: Annotated[str, Meta(description="heap of the driver's JVM, in Java's words")] = "1g"
    shuffle_partitions: Annotated[
        int, Meta(ge=1, description="tasks that hold the regions' state; fixed by the checkpoint")
    ] = 1
    trigger: Annotated[str, Meta(description="processing time between micro-batches")] = "0 seconds"
    max_records: Annotated[int, Meta(ge=1, description="most records in one micro-batch")] = 10_000
    local_dir: Annotated[str | None, Meta(description="scratch folder of Spark and the state store")] = None
    http_host: _Host = "127.0.0.1"
    http_port: Annotated[int, Meta(ge=0, description="/healthz, /readyz and /metrics; 0 picks one")] = 0


class SerialIntervalSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The serial interval that Rt is computed with: the same for the stream, the API, batch jobs and `covid
    verify`. With another one the stream computes all rows again, as a new generation."""

    prefix = "COVID_SERIAL_INTERVAL_"

    mean: Annotated[
        float, Meta(gt=1, description="days from a case to those whom it infects, by onset of symptoms")
    ] = DEFAULT_INTERVAL.mean
    sd: Annotated[float, Meta(gt=0, description="their standard deviation, in days")] = DEFAULT_INTERVAL.sd

    def __post_init__(self) -> None:
        try:
            _ = self.interval
        except ValueError as error:
            raise SettingsError(f"COVID_SERIAL_INTERVAL_MEAN and _SD: {error}") from None

    @property
    def interval(self) -> SerialInterval:
        """As the estimator takes it."""
        return SerialInterval(self.mean, self.sd)


class PipelineSettings(msgspec.Struct, frozen=True, kw_only=True):
    """AWS Data Pipeline. Without endpoint and keys: AWS and its ordinary credential chain."""

    prefix = "COVID_PIPELINE_"

    endpoint: _Endpoint = None
    access_key: _AccessKey = None
    secret_key: _SecretKey = None
    region: Annotated[
        str,
        Meta(description="one of the service's five; none is in Canada, but its clusters run in any region"),
    ] = "us-east-1"
    name: Annotated[str, Meta(description="name and unique id of the pipeline")] = "covid-backfill"


class GlueSettings(msgspec.Struct, frozen=True, kw_only=True):
    """AWS Glue. Without endpoint and keys: AWS and its ordinary credential chain."""

    prefix = "COVID_GLUE_"

    endpoint: _Endpoint = None
    access_key: _AccessKey = None
    secret_key: _SecretKey = None
    region: _Region = "ca-central-1"
    database: Annotated[str, Meta(description="database of the crawled tables and of the job's own")] = (
        "covid_batch"
    )
    job: Annotated[str, Meta(description="name of the job")] = "covid-glue"


class ApiSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The HTTP service."""

    prefix = "COVID_API_"

    host: Annotated[str, Meta(description="address to listen on")] = "127.0.0.1"
    port: Annotated[int, Meta(description="port to listen on")] = 8000
    streams: Annotated[int, Meta(ge=0, description="most open streams (/v1/stream) of a process")] = 500
    write_keys: Annotated[
        str | None,
        Meta(description="comma-separated keys that may write, beside those of the list", extra=SECRET),
    ] = None
    keys: Annotated[
        str | None, Meta(description="file of the keys that `covid keys` makes; read again when it changes")
    ] = None
    reads: Annotated[Literal["open", "keyed"], Meta(description="whether reading needs a key too")] = "open"
    rate: Annotated[float, Meta(ge=0, description="requests a second of one key or address; 0: no limit")] = (
        200
    )
    burst: Annotated[int, Meta(ge=1, description="requests that may come at once before `rate` counts")] = (
        2000
    )
    proxies: Annotated[
        str | None,
        Meta(description="comma-separated addresses or networks whose X-Forwarded-For is believed"),
    ] = None
    cors_origins: Annotated[
        str | None, Meta(description="space-separated origins whose pages may read, e.g. https://example.org")
    ] = None


class ProducerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The producer service."""

    prefix = "COVID_PRODUCER_"

    watch: Annotated[str, Meta(description="what `--watch` polls when it names nothing")] = "phac jhu"
    hosts: Annotated[
        str,
        Meta(description="space-separated hosts whose files may be fetched; *.example.org: all below it"),
    ] = "health-infobase.canada.ca raw.githubusercontent.com"
    buckets: Annotated[
        str | None, Meta(description="space-separated buckets that may be read; absent: COVID_S3_BUCKET")
    ] = None
    every: Annotated[str, Meta(description="time between two polls, e.g. 30s, 10m, 1h or 1d")] = "1h"
    http_host: _Host = "127.0.0.1"
    http_port: Annotated[int, Meta(ge=0, description="/healthz, /readyz and /metrics; 0 picks one")] = 0


class AlertSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The alerts: their rules, and who is told."""

    prefix = "COVID_ALERTS_"

    rules: Annotated[
        str | None, Meta(description="file of the rules (TOML); absent: those of the package, for Canada")
    ] = None
    webhook_url: Annotated[
        str | None,
        Meta(description="address that is told of alerts; absent: nobody is", extra=SECRET),
    ] = None
    webhook_secret: Annotated[
        str | None,
        Meta(description="what messages are signed with (HMAC-SHA256); whsec_…: base64", extra=SECRET),
    ] = None
    webhook_hosts: Annotated[
        str, Meta(description="space-separated hosts that may be told; *.example.org: all below it")
    ] = ""
    news_days: Annotated[
        int,
        Meta(ge=1, description="days of event time after which the webhook is not told of an alert any more"),
    ] = 14
    http_host: _Host = "127.0.0.1"
    http_port: Annotated[int, Meta(ge=0, description="/healthz, /readyz and /metrics; 0 picks one")] = 0

    def __post_init__(self) -> None:
        if self.webhook_url is not None and not self.webhook_secret:
            raise SettingsError("COVID_ALERTS_WEBHOOK_SECRET is missing: what is sent is signed with it")


ALL: Final = (
    LogSettings,
    SerialIntervalSettings,
    KafkaSettings,
    S3Settings,
    IcebergSettings,
    DynamoSettings,
    InboxSettings,
    RdsSettings,
    RedshiftSettings,
    SinkSettings,
    StreamSettings,
    PipelineSettings,
    GlueSettings,
    ApiSettings,
    ProducerSettings,
    AlertSettings,
)


def _escape(text: str | None) -> str:
    return (text or "").replace("\\", "\\\\").replace('"', '\\"')
