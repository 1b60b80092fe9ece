"""What a function reads and writes, from the settings of its environment."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import boto3
import msgspec
from botocore.config import Config

from covid_core.environment import load
from covid_core.settings import DynamoSettings, S3Settings

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

T = TypeVar("T", bound=msgspec.Struct)

_PATIENCE: Final[dict[str, Any]] = {"connect_timeout": 3, "read_timeout": 20, "retries": {"mode": "standard"}}


def settings(kind: type[T]) -> T:
    """One group of settings. Raises `SettingsError`."""
    return load(kind, os.environ, lambda path: Path(path).read_text(encoding="utf-8"))


def dynamodb(given: DynamoSettings) -> DynamoDBClient:
    """A client; nothing is contacted yet."""
    return boto3.session.Session().client(
        "dynamodb",
        endpoint_url=given.endpoint,
        region_name=given.region,
        aws_access_key_id=given.access_key,
        aws_secret_access_key=given.secret_key,
        config=Config(**_PATIENCE),
    )


def s3(given: S3Settings) -> S3Client:
    """A client; nothing is contacted yet."""
    return boto3.session.Session().client(
        "s3",
        endpoint_url=given.endpoint,
        region_name=given.region,
        aws_access_key_id=given.access_key,
        aws_secret_access_key=given.secret_key,
        config=Config(**_PATIENCE, s3={"addressing_style": "path" if given.endpoint else "auto"}),
    )
