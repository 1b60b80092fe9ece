"""The embedded stack with the broker of the manifests: TLS, a password for each service, and its rights.

The users and what they may do are read from `k8s/overlays/local/kafka/users.yaml`, and made by an
administrator with a certificate, as Strimzi's operator makes them. Everything else is the embedded stack's.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import ipaddress
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml
from confluent_kafka import KafkaException
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from covid_cli import settings
from covid_cli.stack.config import variables
from covid_cli.stack.part import Part, accepts
from covid_cli.stack.ports import DEFAULTS, HOST, fresh
from covid_cli.stack.process import Command
from covid_cli.stack.stack import Stack
from covid_core.settings import KafkaSettings

_USERS: Final = Path(__file__).parents[2] / "k8s" / "overlays" / "local" / "kafka" / "users.yaml"
_OPERATOR: Final = "kafka-operator"
"""Name of the port of the listener that only a certificate opens."""

_AUDIT: Final = re.compile(
    r"Principal = User:(?P<user>\S+) is (?P<verdict>Allowed|Denied) operation = (?P<operation>\w+) "
    r"from host = \S+ on resource = (?P<kind>\w+):LITERAL:(?P<name>\S+)"
)


class Right(NamedTuple):
    """One line of a user's rights; `prefix`: for all resources whose names begin so."""

    kind: str
    name: str
    prefix: bool
    operation: str

    def covers(self, asked: Asked) -> bool:
        """Whether it is the right to just that. (To Kafka whoever may read or write may also describe.)"""
        named = asked.name.startswith(self.name) if self.prefix else asked.name == self.name
        return named and self.kind == asked.kind and self.operation == asked.operation


class Asked(NamedTuple):
    """What the broker was asked for, as its authorizer logs it."""

    kind: str
    name: str
    operation: str


def rights() -> dict[str, list[Right]]:
    """What the manifests allow, by user."""
    return {
        user["metadata"]["name"]: [
            Right(acl["resource"]["type"], acl["resource"]["name"],
                  acl["resource"].get("patternType") == "prefix", operation)
            for acl in user["spec"]["authorization"]["acls"]
            for operation in acl["operations"]
        ]
        for user in yaml.safe_load_all(_USERS.read_text(encoding="utf-8"))
    }  # fmt: skip


class Certificates:
    """An authority of this test, and what it has signed, as PEM files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority")])
        self.authority = folder / "ca.pem"
        self.authority.write_bytes(_pem(self._signed(self._name, self._key, authority=True)))

    def make(self, name: str) -> Path:
        """A key and a certificate for a name, on this machine's loopback address, in one file."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        file = self._folder / f"{name}.pem"
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        file.write_bytes(private + _pem(self._signed(subject, key)))
        return file

    def _signed(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, *, authority: bool = False
    ) -> x509.Certificate:
        now = dt.datetime.now(dt.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(hours=1))
            .not_valid_after(now + dt.timedelta(hours=6))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        )
        if not authority:
            address = x509.IPAddress(ipaddress.ip_address(HOST))
            builder = builder.add_extension(x509.SubjectAlternativeName([address]), critical=False)
        return builder.sign(self._key, hashes.SHA256())


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


class Secured:
    """A stack whose servers run, with users and rights, and none of our services yet."""

    def __init__(self, home: Path) -> None:
        self.home = home
        home.mkdir(parents=True, exist_ok=True)
        self._certificates = Certificates(home)
        # As hard for a configuration in Java's words as a password can be.
        self.passwords = {user: secrets.token_urlsafe(18) + '"\\' for user in rights()}
        self.stack = Stack(home, settings.read(), fresh((*DEFAULTS, _OPERATOR)))

    @cached_property
    def operator(self) -> dict[str, Any]:
        """The administrator's connection: librdkafka's properties."""
        file = str(self._certificates.make("operator"))
        return {
            "bootstrap.servers": f"{HOST}:{self.stack.state.ports[_OPERATOR]}",
            "security.protocol": "SSL",
            "ssl.ca.location": str(self._certificates.authority),
            "ssl.certificate.location": file,
            "ssl.key.location": file,
            "log_level": 0,
        }

    def environment(self, user: str, **changes: Any) -> dict[str, str]:
        """What a service is started with that logs in as this user; `changes` are of its Kafka settings."""
        given = {
            "bootstrap": f"{HOST}:{self.stack.state.ports['kafka']}",
            "security_protocol": "SASL_SSL",
            "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_username": user,
            "sasl_password": self.passwords[user],
            "ssl_ca_location": str(self._certificates.authority),
        }
        return {**self.stack.state.environment, **variables(KafkaSettings(**{**given, **changes}))}

    def connection(self, user: str, **changes: Any) -> dict[str, Any]:
        """The same as librdkafka's properties."""
        found = {
            name.removeprefix(KafkaSettings.prefix).lower(): value
            for name, value in self.environment(user, **changes).items()
            if name.startswith(KafkaSettings.prefix)
        }
        return {**KafkaSettings(**found).librdkafka(_unsigned), "log_level": 0}

    def start(self) -> None:
        """Start the servers, then make users and rights."""
        self.stack.prepare(lambda size: lambda received: None)
        self.stack.servers = [
            self._secured(part) if part.name == "kafka" else part for part in self.stack.servers
        ]
        self.stack.supervisor.add(self.stack.servers)
        self.stack.supervisor.start(part.name for part in self.stack.servers)
        admin = AdminClient(self.operator)
        credentials = [
            UserScramCredentialUpsertion(
                user, ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096), password.encode()
            )
            for user, password in self.passwords.items()
        ]
        bindings = [_binding(user, right) for user, given in rights().items() for right in given]
        for future in (
            *admin.alter_user_scram_credentials(credentials).values(),
            *admin.create_acls(bindings).values(),
        ):
            future.result(20)

    def _secured(self, part: Part) -> Part:
        config = self.home / "kafka" / "server.properties"
        logging = self.home / "log4j2.properties"

        def prepare() -> None:
            logging.write_text(_LOGGING.format(audit=self._audit), encoding="utf-8")
            part.prepare()
            # Of two lines with one name the later counts.
            config.write_text(config.read_text(encoding="utf-8") + self._properties(), encoding="utf-8")

        def healthy() -> bool:
            try:
                return accepts(self.stack.state.ports[_OPERATOR]) and bool(
                    AdminClient(self.operator).list_topics(timeout=2).brokers
                )
            except KafkaException:
                return False

        java, *others = part.command.argv
        command = Command((java, f"-Dlog4j2.configurationFile={logging}", *others))
        return dataclasses.replace(part, command=command, prepare=prepare, healthy=healthy)

    def _properties(self) -> str:
        ports = self.stack.state.ports
        scram, operator = f"SCRAM://{HOST}:{ports['kafka']}", f"OPERATOR://{HOST}:{ports[_OPERATOR]}"
        return f"""
listeners={scram},{operator},CONTROLLER://{HOST}:{ports["kafka-controller"]}
advertised.listeners={scram},{operator}
listener.security.protocol.map=SCRAM:SASL_SSL,OPERATOR:SSL,CONTROLLER:SSL
inter.broker.listener.name=OPERATOR
sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.scram.scram-sha-512.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required;
ssl.keystore.type=PEM
ssl.keystore.location={self._certificates.make("broker")}
ssl.truststore.type=PEM
ssl.truststore.location={self._certificates.authority}
listener.name.operator.ssl.client.auth=required
listener.name.controller.ssl.client.auth=required
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:CN=broker;User:CN=operator
"""

    @property
    def _audit(self) -> Path:
        return self.home / "audit.log"

    def asked(self, user: str, since: int = 0) -> dict[str, set[Asked]]:
        """What a user has asked the broker for, since the audit had so many bytes: `Allowed` and `Denied`."""
        found: dict[str, set[Asked]] = {"Allowed": set(), "Denied": set()}
        for line in self._audit.read_bytes()[since:].decode().splitlines():
            entry = _AUDIT.search(line)
            if entry and entry["user"] == user:
                operation = entry["operation"].title().replace("_", "")
                found[entry["verdict"]].add(Asked(entry["kind"].lower(), entry["name"], operation))
        return found

    def audited(self) -> int:
        """How many bytes the audit has."""
        return self._audit.stat().st_size


_LOGGING: Final = """\
status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d %p %c %m%n
appender.audit.type = File
appender.audit.name = audit
appender.audit.fileName = {audit}
appender.audit.layout.type = PatternLayout
appender.audit.layout.pattern = %m%n
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
logger.authorizer.name = kafka.authorizer.logger
logger.authorizer.level = debug
logger.authorizer.additivity = false
logger.authorizer.appenderRef.audit.ref = audit
"""


def _binding(user: str, right: Right) -> AclBinding:
    operation = re.sub(r"(?<!^)(?=[A-Z])", "_", right.operation).upper()
    return AclBinding(
        ResourceType[right.kind.upper()],
        right.name,
        ResourcePatternType.PREFIXED if right.prefix else ResourcePatternType.LITERAL,
        f"User:{user}",
        "*",
        AclOperation[operation],
        AclPermissionType.ALLOW,
    )


def _unsigned(region: str) -> tuple[str, float]:
    raise AssertionError(f"no token is wanted here, of {region}")


@contextmanager
def secured(home: Path) -> Iterator[Secured]:
    """Started, and stopped in the end."""
    running = Secured(home)
    try:
        running.start()
        yield running
    finally:
        running.stack.stop()
