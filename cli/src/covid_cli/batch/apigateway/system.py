"""The parts of `cloud/apigateway/template.yaml` together: its table, its two functions, its API."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import boto3
from botocore.config import Config

from covid_cli.batch import templates
from covid_cli.batch.apigateway.gateway import Gateway
from covid_cli.batch.apigateway.sources import BucketNotifications, TableStream
from covid_cli.batch.functions import Function
from covid_cli.errors import UserError
from covid_core.environment import load
from covid_core.settings import DynamoSettings, InboxSettings, S3Settings

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

TEMPLATE: Final = "apigateway/template.yaml"
_CALLER: Final = "arn:aws:iam::000000000000:user/local"
_MADE: Final = ("TableName", "AttributeDefinitions", "KeySchema", "BillingMode")


class Inbox(NamedTuple):
    """What a person uses: the API and the bucket; the table to look into."""

    api: Gateway
    s3: S3Client
    bucket: str
    dynamodb: DynamoDBClient
    settings: InboxSettings

    def drop(self, name: str, content: bytes) -> str:
        """Put a CSV file into the bucket; its key."""
        key = f"{self.settings.uploads}{name}"
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=content, ContentType="text/csv")
        return key


@contextmanager
def inbox(environ: Mapping[str, str], logs: Path, told: Callable[[str], None]) -> Iterator[Inbox]:
    """Everything, over the servers that the environment names; what is left afterwards is the table.

    `logs`: folder of the functions' output. `told` hears what a function could not do.
    """
    template = templates.read(TEMPLATE)
    settings = load(InboxSettings, environ, _read)
    dynamo, lake = load(DynamoSettings, environ, _read), load(S3Settings, environ, _read)
    names = {**templates.defaults(template), "InboxTable": settings.table, "MetricsTable": dynamo.table}
    names |= {"AWS::Partition": "aws", "AWS::Region": dynamo.region}
    resources = templates.resolve(template["Resources"], names)
    with ExitStack() as parts:
        dynamodb: DynamoDBClient = _client("dynamodb", dynamo)
        parts.callback(dynamodb.close)
        s3: S3Client = _client("s3", lake)
        parts.callback(s3.close)
        stream = _make_table(dynamodb, resources["Inbox"]["Properties"])
        functions = {
            name: parts.enter_context(_function(resources[name]["Properties"], environ, logs / f"{name}.log"))
            for name in ("Uploads", "Changes")
        }
        sources = (
            BucketNotifications(s3, lake.bucket, settings.uploads, functions["Uploads"], told),
            TableStream(_client("dynamodbstreams", dynamo), stream, functions["Changes"], told),
        )
        for source in sources:
            source.start()
            parts.callback(source.close)
        api = Gateway(resources["Api"]["Properties"]["DefinitionBody"], dynamo, _CALLER)
        parts.callback(api.close)
        yield Inbox(api, s3, lake.bucket, dynamodb, settings)


def _read(path: str) -> str:
    return Path(path).read_text(encoding="utf-8")


def _client(service: Any, settings: DynamoSettings | S3Settings) -> Any:
    return boto3.session.Session().client(
        service,
        endpoint_url=settings.endpoint,
        region_name=settings.region,
        aws_access_key_id=settings.access_key,
        aws_secret_access_key=settings.secret_key,
        config=Config(s3={"addressing_style": "path"}, retries={"mode": "standard"}),
    )


def _make_table(client: DynamoDBClient, properties: Any) -> str:
    """The table as the template has it, where it is missing; the ARN of its stream."""
    name = properties["TableName"]
    stream: Any = {**properties["StreamSpecification"], "StreamEnabled": True}
    try:
        client.describe_table(TableName=name)
    except client.exceptions.ResourceNotFoundException:
        client.create_table(**{each: properties[each] for each in _MADE}, StreamSpecification=stream)
    client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    arn = client.describe_table(TableName=name)["Table"].get("LatestStreamArn")
    if arn is None:
        raise UserError(f"The table {name} has no stream: remove it, and it is made again with one.")
    return arn


def _function(properties: Any, environ: Mapping[str, str], log: Path) -> Function:
    return Function(properties["Handler"], environ, log, properties["Timeout"])
