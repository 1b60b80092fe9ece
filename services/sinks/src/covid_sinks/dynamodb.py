"""DynamoDB: one item a row, `pk` = `source#region`, `sk` = date, put under a condition on its revision.

Rows go in transactions of 100 conditional puts, which on DynamoDB Local are several times as fast as the
same puts one by one (`python -m bench 1`); where one row of a transaction is stale, the others are sent again
without it.
Items with `pk` = `#sources` list every `source#region` there is, so that readers need no scan.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from msgspec.structs import astuple

from covid_core.lake import Positions
from covid_core.rows import COLUMNS, ColumnType, Row
from covid_core.settings import DynamoSettings
from covid_sinks.contract import Rejected, Sink, Transient, WriteReport

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

PARTITION_KEY: Final = "pk"
SORT_KEY: Final = "sk"
EXPIRES: Final = "expires_at"
"""Epoch second at which DynamoDB may remove a tombstone."""
REGISTRY: Final = "#sources"
TOMBSTONE_DAYS: Final = 7
CHUNK: Final = 100
"""Most items in one transaction (a limit of DynamoDB)."""
THREADS: Final = 4

_NEWER: Final = "attribute_not_exists(pk) OR generation < :g OR (generation = :g AND revision {} :r)"
_CONDITION: Final = {False: _NEWER.format("<"), True: _NEWER.format("<=")}
_TRANSIENT: Final = frozenset(
    {
        "InternalServerError",
        "InternalFailure",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ResourceInUseException",
        "ServiceUnavailable",
        "ThrottlingException",
        "TransactionConflictException",
        "TransactionInProgressException",
        "UnrecognizedClientException",
    }
)
_STALE: Final = "ConditionalCheckFailed"

Item = dict[str, Any]
_WRITE: Final[dict[ColumnType, Callable[[Any], Any]]] = {
    ColumnType.STRING: lambda value: {"S": value},
    ColumnType.DATE: lambda value: {"S": value.isoformat()},
    ColumnType.INT64: lambda value: {"N": str(value)},
    # repr is the shortest text that reads back as the same float; DynamoDB keeps 38 digits.
    ColumnType.FLOAT64: lambda value: {"N": repr(value)},
    ColumnType.BOOL: lambda value: {"BOOL": value},
}
_FIELDS: Final = tuple((column.name, _WRITE[column.type]) for column in COLUMNS)


class DynamoSink(Sink):
    """Keeps `settings.table`. `now` gives the time (aware) from which a tombstone's week counts."""

    def __init__(self, settings: DynamoSettings, now: Callable[[], dt.datetime], chunk: int = CHUNK) -> None:
        self._chunk = chunk
        self._settings = settings
        self._now = now
        self._client: DynamoDBClient = _client(settings)
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="dynamodb")
        self._registered: dict[str, int] = {}

    def open(self) -> None:
        try:
            self._make_table()
        except (ClientError, BotoCoreError) as error:
            raise _as_transient(error) from error

    def write(
        self, rows: Sequence[Row], *, repair: bool = False, positions: Positions | None = None
    ) -> WriteReport:
        expires = str(int((self._now() + dt.timedelta(days=TOMBSTONE_DAYS)).timestamp()))
        chunks = [rows[start : start + self._chunk] for start in range(0, len(rows), self._chunk)]
        try:
            self._register(rows)
            results = list(self._pool.map(lambda chunk: self._put(chunk, repair, expires), chunks))
        except (ClientError, BotoCoreError) as error:
            raise _as_transient(error) from error
        refused: dict[str, list[Row]] = {}
        for row, reason in (bad for _, bads in results for bad in bads):
            refused.setdefault(reason, []).append(row)
        if refused:
            raise Rejected(refused)
        applied = sum(count for count, _ in results)
        return WriteReport(applied, len(rows) - applied)

    def drop_before(self, generation: int) -> int:
        try:
            return sum(self._pool.map(lambda key: self._drop(key, generation), self._older(generation)))
        except (ClientError, BotoCoreError) as error:
            raise _as_transient(error) from error

    def close(self) -> None:
        self._client.close()

    # -- rows ---------------------------------------------------------------------------------------------

    def _put(self, rows: Sequence[Row], repair: bool, expires: str) -> tuple[int, list[tuple[Row, str]]]:
        """Put the rows of one transaction.

        Returns how many were newer, and which rows the store can never take, each with the reason.
        """
        puts = [_conditional_put(self._settings.table, row, repair, expires) for row in rows]
        carried = list(zip(rows, puts, strict=True))
        while len(carried) > 1:
            try:
                self._client.transact_write_items(TransactItems=[{"Put": put} for _, put in carried])
                return len(carried), []
            except self._client.exceptions.TransactionCanceledException as error:
                reasons = [reason.get("Code", "None") for reason in error.response["CancellationReasons"]]
                fresh = [pair for pair, code in zip(carried, reasons, strict=True) if code != _STALE]
                if len(fresh) == len(carried):
                    if not {"ValidationError", "ValidationException"} & set(reasons):
                        raise Transient(f"transaction cancelled: {sorted(set(reasons))}") from error
                    break
                carried = fresh
            except ClientError as error:
                if _code(error) != "ValidationException":
                    raise
                break
        applied, refused = 0, []
        for row, put in carried:
            try:
                self._client.put_item(**put)
                applied += 1
            except self._client.exceptions.ConditionalCheckFailedException:
                continue
            except ClientError as error:
                if _code(error) != "ValidationException":
                    raise
                refused.append((row, f"DynamoDB: {error.response['Error'].get('Message', 'not valid')}"))
        return applied, refused

    # -- the list of sources and regions --------------------------------------------------------------------

    def _register(self, rows: Iterable[Row]) -> None:
        pairs: dict[str, int] = {}
        for row in rows:
            if row.generation > self._registered.get(f"{row.source}#{row.region}", 0):
                pair = f"{row.source}#{row.region}"
                pairs[pair] = max(row.generation, pairs.get(pair, 0))
        for pair, generation in pairs.items():
            source, _, region = pair.partition("#")
            values = {SORT_KEY: pair, "source": source, "region": region}
            item: Item = {PARTITION_KEY: {"S": REGISTRY}} | {
                name: {"S": text} for name, text in values.items()
            }
            try:
                self._client.put_item(
                    TableName=self._settings.table,
                    Item=item | {"generation": {"N": str(generation)}},
                    ConditionExpression="attribute_not_exists(pk) OR generation < :g",
                    ExpressionAttributeValues={":g": {"N": str(generation)}},
                )
            except self._client.exceptions.ConditionalCheckFailedException:
                pass
            except ClientError as error:
                if _code(error) != "ValidationException":
                    raise
                continue  # the row itself will be refused, with its reason
            self._registered[pair] = generation

    # -- generations ----------------------------------------------------------------------------------------

    def _older(self, generation: int) -> Iterable[Item]:
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._settings.table,
            ProjectionExpression="pk, sk",
            FilterExpression="generation < :g",
            ExpressionAttributeValues={":g": {"N": str(generation)}},
        )
        return (item for page in pages for item in page["Items"])

    def _drop(self, key: Item, generation: int) -> int:
        try:
            self._client.delete_item(
                TableName=self._settings.table,
                Key=key,
                ConditionExpression="generation < :g",
                ExpressionAttributeValues={":g": {"N": str(generation)}},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return 0
        return int(key[PARTITION_KEY]["S"] != REGISTRY)

    # -- the table -----------------------------------------------------------------------------------------

    def _make_table(self) -> None:
        table = self._settings.table
        try:
            self._client.describe_table(TableName=table)
        except self._client.exceptions.ResourceNotFoundException:
            with contextlib.suppress(self._client.exceptions.ResourceInUseException):  # another was faster
                self._client.create_table(
                    TableName=table,
                    AttributeDefinitions=[
                        {"AttributeName": PARTITION_KEY, "AttributeType": "S"},
                        {"AttributeName": SORT_KEY, "AttributeType": "S"},
                    ],
                    KeySchema=[
                        {"AttributeName": PARTITION_KEY, "KeyType": "HASH"},
                        {"AttributeName": SORT_KEY, "KeyType": "RANGE"},
                    ],
                    BillingMode="PAY_PER_REQUEST",
                )
        waiter = self._client.get_waiter("table_exists")
        waiter.wait(TableName=table, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
        if not self._expires():
            try:
                self._client.update_time_to_live(
                    TableName=table, TimeToLiveSpecification={"Enabled": True, "AttributeName": EXPIRES}
                )
            except ClientError:
                if not self._expires():  # else another process was faster
                    raise

    def _expires(self) -> bool:
        answer = self._client.describe_time_to_live(TableName=self._settings.table)
        return answer["TimeToLiveDescription"].get("TimeToLiveStatus") in ("ENABLED", "ENABLING")


def item_of(row: Row) -> Item:
    """The item of a row in DynamoDB's own form. What is null is left out."""
    item = {
        name: write(value)
        for (name, write), value in zip(_FIELDS, astuple(row), strict=True)
        if value is not None
    }
    item[PARTITION_KEY] = {"S": f"{row.source}#{row.region}"}
    item[SORT_KEY] = {"S": row.date.isoformat()}
    return item


def _conditional_put(table: str, row: Row, repair: bool, expires: str) -> Any:
    item = item_of(row)
    if row.deleted:
        item[EXPIRES] = {"N": expires}
    return {
        "TableName": table,
        "Item": item,
        "ConditionExpression": _CONDITION[repair],
        "ExpressionAttributeValues": {":g": item["generation"], ":r": item["revision"]},
    }


def _code(error: ClientError) -> str:
    return error.response["Error"].get("Code", "")


def _as_transient(error: Exception) -> Exception:
    """`Transient` where trying again may help; else the error itself, which ends the process."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if _code(error) not in _TRANSIENT and status < 500:
            return error
    return Transient(f"DynamoDB: {error}")


def _client(settings: DynamoSettings) -> DynamoDBClient:
    return boto3.session.Session().client(
        "dynamodb",
        endpoint_url=settings.endpoint,
        region_name=settings.region,
        aws_access_key_id=settings.access_key,
        aws_secret_access_key=settings.secret_key,
        config=Config(
            max_pool_connections=THREADS,
            parameter_validation=False,  # a third of the time of a large transaction
            connect_timeout=3,
            read_timeout=15,
            retries={"total_max_attempts": 2, "mode": "standard"},
        ),
    )
