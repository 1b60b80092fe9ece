"""The function that draws, as a process of AWS's runtime client over DynamoDB Local and S3."""

from __future__ import annotations

import base64
import datetime as dt
import json
import struct
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from covid_cli.batch import templates
from covid_cli.batch.functions import Function, FunctionError
from covid_core.environment import load
from covid_core.rows import Row
from covid_core.settings import DynamoSettings
from covid_sinks.dynamodb import DynamoSink

pytestmark = pytest.mark.integration
DAYS = [dt.date(2021, 1, 1) + dt.timedelta(i) for i in range(90)]
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(scope="module")
def function(stack: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Function]:
    environ = {**stack.settings, "COVID_DYNAMODB_TABLE": f"covid_charts_{uuid.uuid4().hex[:8]}"}
    settings = load(DynamoSettings, environ, lambda path: Path(path).read_text())
    sink = DynamoSink(settings, lambda: dt.datetime.now(dt.UTC))
    sink.open()
    rows = [
        Row("merged", "CA-ON", day, confirmed=i * i, new_confirmed=2 * i - 1, avg7_confirmed=float(i))
        for i, day in enumerate(DAYS)
    ]
    sink.write([*rows[:-1], Row("merged", "CA-ON", DAYS[-1], deleted=True)])
    sink.close()
    handler = templates.read("lambda/template.yaml")["Resources"]["Charts"]["Properties"]["Handler"]
    with Function(handler, environ, tmp_path_factory.mktemp("charts") / "log", 60) as running:
        yield running


def size(image: bytes) -> tuple[int, int]:
    """Width and height that a PNG's header says."""
    assert image.startswith(PNG)
    width, height = struct.unpack(">II", image[16:24])
    return width, height


def test_asked_directly(function: Function, stack: Any) -> None:
    answer = function.invoke({"region": "CA-ON", "from": "2021-01-11", "metrics": "new_confirmed,confirmed"})
    assert (answer["from"], answer["to"], answer["rows"]) == ("2021-01-11", "2021-03-30", 79)
    found = answer["statistics"]["confirmed"]
    assert (found["count"], found["min"], found["max"], found["peak"]) == (79, 100, 88**2, "2021-03-30")
    assert [chart["metric"] for chart in answer["charts"]] == ["new_confirmed", "confirmed"]
    s3 = boto3.client(
        "s3",
        endpoint_url=stack.s3.endpoint,
        aws_access_key_id=stack.s3.key,
        aws_secret_access_key=stack.s3.secret,
        region_name=stack.s3.region,
    )
    for chart in answer["charts"]:
        image = base64.b64decode(chart["png"])
        assert size(image) == (1440, 810)
        bucket, _, key = chart["object"].removeprefix("s3://").partition("/")
        assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == image


def asked(**parameters: str) -> Any:
    return {
        "version": "2.0",
        "rawPath": "/",
        "requestContext": {"http": {"method": "GET", "path": "/"}},
        **({"queryStringParameters": parameters} if parameters else {}),
    }


def test_asked_over_http(function: Function) -> None:
    answer = function.invoke(asked(region="CA-ON", to="2021-02-28", metrics="confirmed", language="fr"))
    assert (answer["statusCode"], answer["headers"]) == (200, {"Content-Type": "application/json"})
    content = json.loads(answer["body"])
    assert content["rows"] == 59
    image = function.invoke(
        asked(region="CA-ON", to="2021-02-28", metrics="confirmed", language="fr", format="png")
    )
    assert (image["headers"], image["isBase64Encoded"]) == ({"Content-Type": "image/png"}, True)
    assert image["body"] == content["charts"][0]["png"]


def test_what_cannot_be_answered(function: Function) -> None:
    for event, status, says in (
        (asked(), 400, "missing required field `region`"),
        (asked(region="Ontario"), 400, "not a known ISO 3166 code"),
        (asked(region="CA-QC"), 404, "there are no rows of merged for CA-QC in this range"),
        ({"requestContext": {"elb": {}}}, 400, "not a request of a function URL"),
    ):
        answer = function.invoke(event)
        assert answer["statusCode"] == status
        assert says in json.loads(answer["body"])["message"]
    for event, kind in (
        ({"region": "Ontario"}, "BadEvent"),
        ({"Records": []}, "BadEvent"),
        ({"region": "CA-QC"}, "NoRows"),
    ):
        with pytest.raises(FunctionError) as caught:
            function.invoke(event)
        assert caught.value.kind == kind
