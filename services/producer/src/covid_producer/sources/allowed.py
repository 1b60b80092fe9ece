"""Which hosts and buckets may be asked at all: an address, and where it leads on to, is somebody's wish."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from covid_core import hosts
from covid_core.environment import variable
from covid_core.settings import ProducerSettings, S3Settings
from covid_producer.sources.base import Unavailable

if TYPE_CHECKING:
    import httpx

_HOSTS = variable(ProducerSettings, "hosts")
_BUCKETS = variable(ProducerSettings, "buckets")


class Allowed(NamedTuple):
    """Names of hosts (`*.example.org`: all below it) and of buckets, in lower case."""

    hosts: frozenset[str]
    buckets: frozenset[str]

    @classmethod
    def of(cls, producer: ProducerSettings, s3: S3Settings) -> Allowed:
        """What the settings allow: buckets are the lake's own unless they name others."""
        buckets = s3.bucket if producer.buckets is None else producer.buckets
        return cls(hosts.names(producer.hosts), frozenset(buckets.split()))

    def check_url(self, url: str) -> None:
        """Raise `Unavailable` unless the address may be asked."""
        objection = hosts.objection(url, self.hosts, _HOSTS)
        if objection is not None:
            raise Unavailable(objection)

    def check_bucket(self, bucket: str) -> None:
        """Raise `Unavailable` unless the bucket may be read."""
        if bucket not in self.buckets:
            raise Unavailable(f"the bucket {bucket} may not be read; {_BUCKETS} names those that may")

    async def check_hop(self, request: httpx.Request) -> None:
        """The same for every request of an asynchronous client, redirects among them."""
        self.check_url(str(request.url))
