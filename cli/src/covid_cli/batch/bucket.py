"""The part of a bucket that one batch job works in: files up, results down."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from covid_cli.errors import UserError
from covid_cli.provision import s3_client
from covid_core.settings import S3Settings


class Bucket:
    """The bucket of the settings. Every method raises `UserError`."""

    def __init__(self, settings: S3Settings) -> None:
        """Raises `UserError` where the bucket is missing or closed to these credentials."""
        self._name = settings.bucket
        self._client = s3_client(settings)
        with self._explained():
            self._client.head_bucket(Bucket=self._name)

    def replace(self, prefix: str, files: Mapping[str, Path]) -> None:
        """Have just these files, by their names, under a prefix that ends with a slash."""
        with self._explained():
            for key in set(self._keys(prefix)) - {prefix + name for name in files}:
                self._client.delete_object(Bucket=self._name, Key=key)
            for name, path in files.items():
                self._client.upload_file(str(path), self._name, prefix + name)

    def download(self, prefix: str, folder: Path) -> None:
        """What lies under a prefix that ends with a slash into a folder.

        Each file and folder directly under it appears whole or not at all, in place of what was there.
        """
        folder.mkdir(parents=True, exist_ok=True)
        with self._explained(), tempfile.TemporaryDirectory(dir=folder, prefix=".unfinished-") as name:
            new, old = Path(name, "new"), Path(name, "old")
            for key in self._keys(prefix):
                target = new / key.removeprefix(prefix)
                target.parent.mkdir(parents=True, exist_ok=True)
                self._client.download_file(self._name, key, str(target))
            old.mkdir()
            for one in new.iterdir():
                place = folder / one.name
                if place.exists():
                    place.rename(old / one.name)
                one.rename(place)

    def _keys(self, prefix: str) -> Iterator[str]:
        for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self._name, Prefix=prefix):
            for one in page.get("Contents", []):
                if not one["Key"].endswith("/"):
                    yield one["Key"]

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except ClientError as error:
            code = str(error.response["Error"]["Code"])
            if code in ("404", "NoSuchBucket"):
                raise UserError(
                    f"There is no bucket {self._name}: `covid init` makes it, COVID_S3_BUCKET names another."
                ) from error
            if code in ("403", "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch"):
                raise UserError(
                    f"The bucket {self._name} is closed to these credentials ({code}): set "
                    "COVID_S3_ACCESS_KEY and COVID_S3_SECRET_KEY to a user's who may read and write it."
                ) from error
            raise UserError(f"The bucket {self._name} answered: {error}") from error
        except BotoCoreError as error:
            raise UserError(
                f"The bucket {self._name} cannot be reached ({error}): check COVID_S3_ENDPOINT."
            ) from error
