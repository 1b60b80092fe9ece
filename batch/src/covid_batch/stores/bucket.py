"""The bucket, as jobs use it: whole objects in, whole objects out."""

from __future__ import annotations

import hashlib
from typing import IO

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from covid_batch.stores.errors import Unusable
from covid_core.settings import S3Settings


class Bucket:
    """Objects of one bucket. Its methods raise botocore's `ClientError` and `BotoCoreError`."""

    def __init__(self, settings: S3Settings) -> None:
        self.name = settings.bucket
        self._client = boto3.client(
            "s3",
            endpoint_url=settings.endpoint,
            region_name=settings.region,
            aws_access_key_id=settings.access_key,
            aws_secret_access_key=settings.secret_key,
            config=Config(s3={"addressing_style": "path" if settings.endpoint else "auto"}),
        )

    def check(self) -> None:
        """Ask whether it is there: a server may make one that is not at the first write, under any name.

        Raises `Unusable` where it is missing.
        """
        try:
            self._client.head_bucket(Bucket=self.name)
        except ClientError as error:
            if error.response["Error"]["Code"] not in ("404", "NoSuchBucket"):
                raise
            raise Unusable(
                f"there is no bucket {self.name}: `covid init` makes it, COVID_S3_BUCKET names another"
            ) from error

    def url(self, key: str) -> str:
        """A key with its bucket: `s3://covid-lake/batch/…`."""
        return f"s3://{self.name}/{key}"

    def put(self, key: str, body: bytes) -> None:
        """Write an object; it is there whole or not at all."""
        self._client.put_object(Bucket=self.name, Key=key, Body=body)

    def put_once(self, key: str, body: bytes) -> bool:
        """Write an object unless it has these bytes already, so that what is new can be told by its age.

        Returns whether it was written.
        """
        digest = hashlib.sha256(body).hexdigest()
        try:
            found = self._client.head_object(Bucket=self.name, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] != "404":
                raise
        else:
            if found["Metadata"].get("sha256") == digest:
                return False
        self._client.put_object(Bucket=self.name, Key=key, Body=body, Metadata={"sha256": digest})
        return True

    def get(self, key: str) -> bytes:
        """An object's bytes."""
        return self._client.get_object(Bucket=self.name, Key=key)["Body"].read()

    def upload(self, key: str, body: IO[bytes]) -> None:
        """Write an object from a file, part by part; it is there whole or not at all."""
        self._client.upload_fileobj(body, self.name, key)

    def download(self, key: str, into: IO[bytes]) -> None:
        """Write an object's bytes into a file, part by part."""
        self._client.download_fileobj(self.name, key, into)

    def keys(self, prefix: str) -> list[str]:
        """The keys that begin so, in their order."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix)
        return [one["Key"] for page in pages for one in page.get("Contents", [])]

    def rename(self, source: str, target: str) -> None:
        """Give an object another key; what was there is replaced."""
        self._client.copy_object(
            Bucket=self.name, Key=target, CopySource={"Bucket": self.name, "Key": source}
        )
        self.delete(source)

    def delete(self, key: str) -> None:
        """Remove an object; no error where there is none."""
        self._client.delete_object(Bucket=self.name, Key=key)
