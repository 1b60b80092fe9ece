"""The port to DynamoDB: reads rows and the registry of sources. Blocking calls run in a few threads."""

from __future__ import annotations

import asyncio
import datetime as dt
from bisect import bisect_left
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from covid_api import items
from covid_api.dynamo import THREADS
from covid_api.items import Values
from covid_api.problems import Unavailable
from covid_core.records import RecordKey
from covid_core.replay import Moment
from covid_core.rows import KEY, Column, Row

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

T = TypeVar("T")

_BATCH_KEYS: Final = 100
"""DynamoDB's own limit of one BatchGetItem."""

_BATCH_ATTEMPTS: Final = 5

_PAGE_ROWS: Final = 1000
"""Most rows of one Query. DynamoDB's own limit, 1 MB, lets three times as many through, which become 14 MB of
Python objects."""


class Selection(NamedTuple):
    """Which rows: a source's regions (sorted), first to last date, and the columns wanted.

    `everywhere`: the regions are all that the source had when the query came. `moment`: up to when records
    count; None: all of them. `lag`: each day as it was that many days later; None: as it is at the moment.
    """

    source: str
    regions: tuple[str, ...]
    everywhere: bool
    first: dt.date
    last: dt.date
    columns: tuple[Column, ...]
    moment: Moment | None = None
    lag: int | None = None

    @property
    def of_now(self) -> bool:
        """Whether the rows are those that stores hold."""
        return self.moment is None and self.lag is None


class Place(NamedTuple):
    """A row's place in a selection: order is region, then date."""

    region: str
    date: dt.date

    @classmethod
    def of(cls, row: Values) -> Place:
        """The place of a row whose columns start with the key."""
        _, region, day = row[: len(KEY)]
        return cls(region, dt.date.fromisoformat(day))


class _Step(NamedTuple):
    """One request: which region from which day, and DynamoDB's own position within it."""

    at: int
    first: dt.date
    start: dict[str, Any] | None = None


class RowReader:
    """Rows of the table that the DynamoDB sink keeps. Every method raises `Unavailable`."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="dynamodb")

    async def pairs(self, source: str | None = None) -> list[tuple[str, str]]:
        """The registered (source, region) pairs, sorted; of one source or of all."""
        return await self._call(self._pairs, source)

    async def rows(self, keys: Sequence[RecordKey]) -> dict[RecordKey, Row]:
        """The rows of these keys, tombstones included, read consistently. Absent keys are left out."""
        distinct = sorted(set(keys))
        chunks = [distinct[i : i + _BATCH_KEYS] for i in range(0, len(distinct), _BATCH_KEYS)]
        found = await asyncio.gather(*(self._call(self._batch, chunk) for chunk in chunks))
        return {key: row for part in found for key, row in part.items()}

    async def pages(
        self, selection: Selection, after: Place | None = None, page: int | None = None
    ) -> AsyncGenerator[list[Values], None]:
        """The selection's live rows after a place, ordered by region and date, a page at a time.

        `page` is the most rows asked for at once. The next page is read while one is in use, so no more than
        two are in memory.
        """
        page = min(page or _PAGE_ROWS, _PAGE_ROWS)
        step = _first_step(selection, after)
        ahead = self._ahead(selection, step, page)
        try:
            while ahead is not None:
                rows, step = await ahead
                ahead = self._ahead(selection, step, page)
                if rows:
                    yield rows
        finally:
            if ahead is not None:
                ahead.cancel()

    def check(self) -> None:
        """Raise `Unavailable` unless DynamoDB answers and has the table. Blocks."""
        with _translated(self._table):
            self._client.describe_table(TableName=self._table)

    def close(self) -> None:
        """Let no new request start; do not wait for those under way."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _call(self, function: Callable[..., T], *args: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, function, *args)

    def _ahead(
        self, selection: Selection, step: _Step | None, page: int
    ) -> asyncio.Task[tuple[list[Values], _Step | None]] | None:
        if step is None:
            return None
        return asyncio.create_task(self._call(self._page, selection, step, page))

    def _pairs(self, source: str | None) -> list[tuple[str, str]]:
        condition, values = "pk = :pk", {":pk": {"S": items.REGISTRY}}
        if source is not None:
            condition += " AND begins_with(sk, :prefix)"
            values[":prefix"] = {"S": source + "#"}
        found = []
        with _translated(self._table):
            pages = self._client.get_paginator("query").paginate(
                TableName=self._table,
                KeyConditionExpression=condition,
                ExpressionAttributeValues=values,
                ProjectionExpression="sk",
            )
            for page in pages:
                found += [item[items.SORT_KEY]["S"] for item in page["Items"]]
        split = (pair.partition("#") for pair in found)
        return sorted((name, region) for name, _, region in split)

    def _batch(self, keys: Sequence[RecordKey]) -> dict[RecordKey, Row]:
        found: dict[RecordKey, Row] = {}
        request: Any = {self._table: {"Keys": [items.key_of(key) for key in keys], "ConsistentRead": True}}
        with _translated(self._table):
            for _ in range(_BATCH_ATTEMPTS):
                answer = self._client.batch_get_item(RequestItems=request)
                for item in answer["Responses"].get(self._table, []):
                    found[items.record_key(item)] = items.row_of(item)
                request = answer.get("UnprocessedKeys")
                if not request:
                    return found
        raise Unavailable("DynamoDB", "it left keys unread")

    def _page(self, selection: Selection, step: _Step, page: int) -> tuple[list[Values], _Step | None]:
        query: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk AND sk BETWEEN :first AND :last",
            "ExpressionAttributeValues": {
                ":pk": {"S": items.partition_of(selection.source, selection.regions[step.at])},
                ":first": {"S": step.first.isoformat()},
                ":last": {"S": selection.last.isoformat()},
            },
            "Limit": page,
            **_projection(selection.columns),
        }
        if step.start is not None:
            query["ExclusiveStartKey"] = step.start
        with _translated(self._table):
            answer = self._client.query(**query)
        values_of = items.reader_of(selection.columns)
        rows = [values_of(item) for item in answer["Items"] if not items.is_deleted(item)]
        last = answer.get("LastEvaluatedKey")
        if last:
            return rows, _Step(step.at, step.first, last)
        return rows, _step_at(selection, step.at + 1)


def _first_step(selection: Selection, after: Place | None) -> _Step | None:
    if after is None:
        return _step_at(selection, 0)
    index = bisect_left(selection.regions, after.region)
    inside = index < len(selection.regions) and selection.regions[index] == after.region
    if not inside:
        return _step_at(selection, index)
    if after.date >= selection.last:
        return _step_at(selection, index + 1)
    return _Step(index, max(selection.first, after.date + dt.timedelta(days=1)))


def _step_at(selection: Selection, index: int) -> _Step | None:
    return _Step(index, selection.first) if index < len(selection.regions) else None


def _projection(columns: Sequence[Column]) -> dict[str, Any]:
    """Asks for the wanted attributes by alias, since names such as `region` are reserved words."""
    names = [items.PARTITION_KEY, items.SORT_KEY, "deleted", *(c.name for c in columns if c.name not in KEY)]
    aliases = {f"#{i}": name for i, name in enumerate(dict.fromkeys(names))}
    return {"ProjectionExpression": ",".join(aliases), "ExpressionAttributeNames": aliases}


_REFUSED_REQUEST: Final = frozenset({"ValidationException", "SerializationException"})


@contextmanager
def _translated(table: str) -> Iterator[None]:
    """DynamoDB's errors as `Unavailable`, except a request that it finds malformed: that is our fault."""
    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in _REFUSED_REQUEST:
            raise
        reason = f"table {table} does not exist yet" if code == "ResourceNotFoundException" else code
        raise Unavailable("DynamoDB", reason) from error
    except BotoCoreError as error:
        raise Unavailable("DynamoDB", type(error).__name__) from error
