"""The function that draws: statistics and charts of a region, as PNG in the bucket and in the answer.

Asked over HTTP (a function URL, or an HTTP API with payload 2.0) or directly, with the same parameters:

    {"region": "CA-ON", "from": "2021-01-01", "to": "2021-06-30", "metrics": "new_confirmed,deaths"}
"""

from __future__ import annotations

import base64
import datetime as dt
import functools
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from covid_batch.aws_lambda import clients, rows
from covid_batch.aws_lambda.events import BadEvent
from covid_batch.aws_lambda.statistics import summary
from covid_charts import chart
from covid_charts.series import METRICS
from covid_charts.words import Language
from covid_core import regions
from covid_core.records import MERGED
from covid_core.settings import DynamoSettings, S3Settings

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

PREFIX: Final = "charts/"
"""Of the keys of the images."""

MOST: Final = 6
"""Most charts of one answer: an answer may have 6 MB."""

_DEFAULT: Final = "new_confirmed,new_deaths,incidence_7d"
_JSON: Final = {"Content-Type": "application/json"}


class NoRows(LookupError):
    """Nothing is known of the region in this range."""


class Wish(NamedTuple):
    """What is asked for."""

    region: str
    source: str
    first: dt.date
    last: dt.date
    metrics: Sequence[str]
    language: Language
    image: bool
    """Over HTTP: the first chart itself instead of JSON."""


class _Asked(msgspec.Struct, forbid_unknown_fields=True, rename={"first": "from", "last": "to"}):
    region: str
    source: str = MERGED
    first: dt.date = dt.date.min
    last: dt.date = dt.date.max
    metrics: str = _DEFAULT
    language: Language = Language.ENGLISH
    format: str = "json"


class _Request(msgspec.Struct, rename="camel"):
    version: str
    request_context: dict[str, Any]
    query_string_parameters: dict[str, str] | None = None


class Charts:
    """Reads rows, computes, draws and stores."""

    def __init__(self, dynamodb: DynamoDBClient, table: str, s3: S3Client, bucket: str) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._s3 = s3
        self._bucket = bucket

    def handle(self, event: Any) -> Any:
        """The answer to an event. Raises `BadEvent` and `NoRows` where it came directly, `ClientError`."""
        if not (isinstance(event, Mapping) and "requestContext" in event):
            return self.answer(wish(event))
        try:
            asked = wish(_parameters(event))
            answer = self.answer(asked)
        except (BadEvent, NoRows) as error:
            status = 400 if isinstance(error, BadEvent) else 404
            return {"statusCode": status, "headers": _JSON, "body": json.dumps({"message": str(error)})}
        if asked.image:
            headers = {"Content-Type": "image/png"}
            body = answer["charts"][0]["png"]
            return {"statusCode": 200, "headers": headers, "isBase64Encoded": True, "body": body}
        return {"statusCode": 200, "headers": _JSON, "body": json.dumps(answer)}

    def answer(self, asked: Wish) -> dict[str, Any]:
        """Statistics, and each chart as base64 and by its place in the bucket. Raises `NoRows`."""
        partition = f"{asked.source}#{asked.region}"
        found = rows.read(self._dynamodb, self._table, partition, asked.first, asked.last)
        if not found:
            raise NoRows(f"there are no rows of {asked.source} for {asked.region} in this range")
        first, last = found[0].date, found[-1].date
        images = {metric: chart.figure(found, metric, language=asked.language) for metric in asked.metrics}
        return {
            "region": asked.region,
            "source": asked.source,
            "from": first.isoformat(),
            "to": last.isoformat(),
            "rows": len(found),
            "statistics": summary(found, asked.metrics),
            "charts": [
                {
                    "metric": metric,
                    "object": self._keep(asked, f"{metric}_{first}_{last}_{asked.language}.png", image),
                    "png": base64.b64encode(image).decode(),
                }
                for metric, image in images.items()
            ],
        }

    def _keep(self, asked: Wish, name: str, image: bytes) -> str:
        key = f"{PREFIX}{asked.source}/{asked.region}/{name}"
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=image, ContentType="image/png")
        return f"s3://{self._bucket}/{key}"


def wish(parameters: Any) -> Wish:
    """What parameters ask for. Raises `BadEvent`."""
    try:
        asked = msgspec.convert(parameters, _Asked, strict=False)
    except msgspec.ValidationError as error:
        raise BadEvent(f"not a question for charts: {error}") from None
    metrics = tuple(dict.fromkeys(asked.metrics.split(",")))
    unknown = sorted(set(metrics) - set(METRICS))
    if unknown:
        raise BadEvent(f"metrics: no {', '.join(unknown)[:80]!r}; there are {', '.join(METRICS)}")
    if len(metrics) > MOST:
        raise BadEvent(f"metrics: {len(metrics)} are too many for one answer; at most {MOST}")
    if not regions.is_known(asked.region):
        raise BadEvent(f"region: {asked.region[:40]!r} is not a known ISO 3166 code such as CA or CA-ON")
    if asked.first > asked.last:
        raise BadEvent(f"from: {asked.first} is after to: {asked.last}")
    if asked.format not in ("json", "png"):
        raise BadEvent(f"format: {asked.format[:20]!r} is neither json nor png")
    image = asked.format == "png"
    return Wish(asked.region, asked.source, asked.first, asked.last, metrics, asked.language, image)


def _parameters(event: Any) -> dict[str, str]:
    try:
        return msgspec.convert(event, _Request).query_string_parameters or {}
    except msgspec.ValidationError as error:
        raise BadEvent(f"the event is not a request of a function URL or an HTTP API: {error}") from None


@functools.cache
def _charts() -> Charts:
    dynamodb, s3 = clients.settings(DynamoSettings), clients.settings(S3Settings)
    return Charts(clients.dynamodb(dynamodb), dynamodb.table, clients.s3(s3), s3.bucket)


def handler(event: Any, context: object) -> Any:
    """The entry point: a question in, statistics and charts out."""
    return _charts().handle(event)
