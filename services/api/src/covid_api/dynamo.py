"""The DynamoDB client, with responses left as they come over the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import boto3
import botocore.session
import msgspec
from botocore.config import Config
from botocore.exceptions import ConnectionClosedError
from botocore.parsers import JSONParser, ResponseParserFactory

from covid_core.settings import DynamoSettings

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

THREADS: Final = 8
"""Most requests to DynamoDB at once."""

_CONFIG: Final = Config(
    connect_timeout=1,
    read_timeout=5,
    max_pool_connections=THREADS,
    retries={"mode": "standard", "total_max_attempts": 2},
)


class _WireParser(JSONParser):
    """Skips botocore's walk over every value: DynamoDB's JSON already is what the client returns.

    The walk costs several times the request itself where items are many and small. Only binary
    attributes would need it, and a row has none.
    """

    def _handle_json_body(self, raw_body: bytes, shape: Any) -> Any:
        if not raw_body:
            return {}
        try:
            return msgspec.json.decode(raw_body)
        except msgspec.DecodeError as error:
            # The HTTP layer does not notice when a connection breaks off in the middle of a body.
            raise ConnectionClosedError(endpoint_url="DynamoDB", error=error) from error


class _WireParserFactory(ResponseParserFactory):
    def create_parser(self, protocol_name: str) -> Any:
        return _WireParser() if protocol_name == "json" else super().create_parser(protocol_name)


def make_client(settings: DynamoSettings) -> DynamoDBClient:
    """A client; nothing is contacted yet. Without endpoint and keys: AWS and its ordinary credentials."""
    session = botocore.session.Session()
    session.register_component("response_parser_factory", _WireParserFactory())
    return boto3.session.Session(botocore_session=session).client(
        "dynamodb",
        region_name=settings.region,
        endpoint_url=settings.endpoint,
        aws_access_key_id=settings.access_key,
        aws_secret_access_key=settings.secret_key,
        config=_CONFIG,
    )
