"""Files in object storage: everything below `s3://bucket/prefix`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from covid_core.settings import S3Settings
from covid_producer.sources.allowed import Allowed
from covid_producer.sources.base import Candidate, Unavailable
from covid_producer.sources.listing import Listed, Seen
from covid_producer.sources.spool import Spool

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class Bucket:
    """The objects of a bucket whose keys start with a prefix."""

    def __init__(self, url: str, settings: S3Settings, allowed: Allowed) -> None:
        """`url`: `s3://bucket` or `s3://bucket/prefix`. Nothing is contacted before the first poll. Raises
        `Unavailable` for a bucket that may not be read."""
        parts = urlsplit(url)
        allowed.check_bucket(parts.netloc)
        self._url = url
        self._bucket = parts.netloc
        self._prefix = parts.path.lstrip("/")
        self._client = _client(settings)
        self._seen: Seen[str] = Seen()

    @property
    def name(self) -> str:
        """The URL as given."""
        return self._url

    def poll(self) -> list[Candidate]:
        """New and changed objects, told by their ETags."""
        try:
            return self._seen.changed(self._list())
        except (BotoCoreError, ClientError) as error:
            raise Unavailable(f"{self._url} cannot be listed: {error}; check bucket and keys") from error

    def again(self, candidate: Candidate) -> None:
        """Give the object once more."""
        self._seen.forget(candidate.name)

    def unsettled(self) -> bool:
        """Never: an object appears whole."""
        return False

    def _list(self) -> Iterator[Listed[str]]:
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=self._prefix
        )
        for page in pages:
            for entry in page.get("Contents", []):
                key = entry["Key"]
                if key.endswith("/"):
                    continue
                name = f"s3://{self._bucket}/{key}"
                explicit = key == self._prefix
                folder = name.rpartition("/")[0]
                yield Listed(Candidate(name, folder, explicit, self._opener(name, key)), entry["ETag"])

    def _opener(self, name: str, key: str) -> _Opener:
        return _Opener(self._client, self._bucket, key, name)


class _Opener:
    """Fetches an object when it is first opened."""

    def __init__(self, client: S3Client, bucket: str, key: str, name: str) -> None:
        self._client = client
        self._bucket = bucket
        self._key = key
        self._name = name
        self._spool: Spool | None = None

    def __call__(self) -> AbstractContextManager[BinaryIO]:
        if self._spool is None:
            try:
                body = self._client.get_object(Bucket=self._bucket, Key=self._key)["Body"]
                spool = Spool(self._name)
                for chunk in body.iter_chunks(1024 * 1024):
                    spool.add(chunk)
                self._spool = spool
            except (BotoCoreError, ClientError) as error:
                raise Unavailable(f"{self._name} cannot be fetched: {error}") from error
        return self._spool.open()


def _client(settings: S3Settings) -> S3Client:
    limits = Config(connect_timeout=10, read_timeout=30, retries={"max_attempts": 3})
    # Path style is what servers other than AWS understand; AWS has its own endpoints.
    style = Config(s3={"addressing_style": "path"}) if settings.endpoint else Config()
    return boto3.client(
        "s3",
        region_name=settings.region,
        endpoint_url=settings.endpoint,
        aws_access_key_id=settings.access_key,
        aws_secret_access_key=settings.secret_key,
        config=limits.merge(style),
    )
