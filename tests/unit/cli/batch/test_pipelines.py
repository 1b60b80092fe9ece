"""What AWS Data Pipeline answers, as botocore's model of the service has it, and what people are told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from covid_cli.batch.pipeline.definition import Definition
from covid_cli.batch.pipeline.service import Pipelines
from covid_cli.errors import UserError

NAME = "covid-test"
SMALL = Definition([{"id": "Default", "name": "Default", "fields": []}], [], {"myBucket": "lake"})
GIVEN = {
    "pipelineId": "df-1",
    "pipelineObjects": SMALL.objects,
    "parameterObjects": [],
    "parameterValues": [{"id": "myBucket", "stringValue": "lake"}],
}


@pytest.fixture
def aws() -> Iterator[tuple[Stubber, Pipelines]]:
    client = boto3.client(
        "datapipeline", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    with Stubber(client) as stubber:
        yield stubber, Pipelines(client, NAME)
        stubber.assert_no_pending_responses()


def listed(stubber: Stubber, *named: tuple[str, str, str], state: str = "PENDING") -> None:
    """Pipelines as (id, name, unique id)."""
    every = [{"id": one, "name": name} for one, name, _ in named]
    stubber.add_response("list_pipelines", {"pipelineIdList": every, "hasMoreResults": False}, {})
    for one, name, unique in named:
        if name == NAME:
            described(stubber, one, {"uniqueId": unique, "@pipelineState": state})


def described(stubber: Stubber, one: str, fields: dict[str, str]) -> None:
    texts = [{"key": key, "stringValue": value} for key, value in fields.items()]
    answer = {"pipelineDescriptionList": [{"pipelineId": one, "name": NAME, "fields": texts}]}
    stubber.add_response("describe_pipelines", answer, {"pipelineIds": [one]})


def said(kind: str, *sentences: str) -> list[dict[str, Any]]:
    return [{"id": "Backfill", kind: list(sentences)}]


def test_a_pipeline_is_made_once_under_its_unique_id(aws: tuple[Stubber, Pipelines]) -> None:
    stubber, pipelines = aws
    listed(stubber, ("df-0", "another", "another"), ("df-7", NAME, "somebody-elses"))
    asked = {"name": NAME, "uniqueId": NAME, "description": ANY, "tags": ANY}
    stubber.add_response("create_pipeline", {"pipelineId": "df-1"}, asked)
    stubber.add_response("validate_pipeline_definition", {"errored": False}, GIVEN)
    stubber.add_response("put_pipeline_definition", {"errored": False}, GIVEN)
    put = pipelines.put(SMALL)
    assert str(put) == "df-1 made, definition stored; validated by the service"
    listed(stubber, ("df-1", NAME, NAME))
    stubber.add_response("validate_pipeline_definition", {"errored": False}, GIVEN)
    warned = {"errored": False, "validationWarnings": said("warnings", "no pipelineLogUri")}
    stubber.add_response("put_pipeline_definition", warned, GIVEN)
    assert str(pipelines.put(SMALL)).splitlines() == [
        "df-1 found, definition stored; validated by the service",
        "warning: Backfill: no pipelineLogUri",
    ]


def test_errors_of_the_validation_are_said_and_nothing_is_stored(aws: tuple[Stubber, Pipelines]) -> None:
    stubber, pipelines = aws
    listed(stubber, ("df-1", NAME, NAME))
    answer = {
        "errored": True,
        "validationErrors": said("errors", "'step' must not be empty", "no 'schedule'"),
    }
    stubber.add_response("validate_pipeline_definition", answer, GIVEN)
    with pytest.raises(UserError, match=r"Backfill: 'step' must not be empty; Backfill: no 'schedule'\."):
        pipelines.put(SMALL)


def test_errors_found_at_storing_are_said(aws: tuple[Stubber, Pipelines]) -> None:
    stubber, pipelines = aws
    listed(stubber, ("df-1", NAME, NAME))
    stubber.add_response("validate_pipeline_definition", {"errored": False}, GIVEN)
    stubber.add_response("put_pipeline_definition", {"errored": True}, GIVEN)
    with pytest.raises(UserError, match="refuses the definition: it does not say why"):
        pipelines.put(SMALL)


def test_runs_are_listed_by_their_time(aws: tuple[Stubber, Pipelines]) -> None:
    stubber, pipelines = aws
    listed(stubber, ("df-1", NAME, NAME))
    described(stubber, "df-1", {"@pipelineState": "SCHEDULED", "@healthStatus": "ERROR"})
    ids = [f"@Backfill_{number}" for number in range(26)]
    asked = {"pipelineId": "df-1", "sphere": "INSTANCE"}
    stubber.add_response("query_objects", {"ids": ids, "hasMoreResults": False}, asked)
    for some in (ids[:25], ids[25:]):
        objects = [
            {
                "id": one,
                "name": one,
                "fields": [
                    {"key": "@status", "stringValue": "FAILED" if one.endswith("_25") else "FINISHED"},
                    {
                        "key": "@scheduledStartTime",
                        "stringValue": f"2026-11-{26 - int(one[10:]):02}T06:30:00",
                    },
                ],
            }
            for one in some
        ]
        stubber.add_response(
            "describe_objects",
            {"pipelineObjects": objects, "hasMoreResults": False},
            {"pipelineId": "df-1", "objectIds": some},
        )
    lines = str(pipelines.status()).splitlines()
    assert lines[:3] == [
        "df-1 is SCHEDULED, ERROR",
        "runs: 26",
        "  2026-11-01T06:30:00  @Backfill_25  FAILED",
    ]


def test_there_is_no_such_pipeline(aws: tuple[Stubber, Pipelines]) -> None:
    stubber, pipelines = aws
    for ask in (pipelines.activate, pipelines.status, pipelines.objects):
        listed(stubber)
        with pytest.raises(UserError, match=r"no pipeline covid-test in us-east-1: .*pipeline put` makes it"):
            ask()


@pytest.mark.parametrize("code", ["UnrecognizedClientException", "AccessDeniedException"])
def test_credentials_that_are_refused(aws: tuple[Stubber, Pipelines], code: str) -> None:
    stubber, pipelines = aws
    stubber.add_client_error("list_pipelines", code, "The security token included in the request is invalid.")
    with pytest.raises(UserError, match=f"refuses the credentials .{code}.: set COVID_PIPELINE_ACCESS_KEY"):
        pipelines.status()


def test_another_error_of_the_service(aws: tuple[Stubber, Pipelines]) -> None:
    stubber, pipelines = aws
    listed(stubber, ("df-1", NAME, NAME))
    stubber.add_client_error("activate_pipeline", "InvalidRequestException", "it is FINISHED")
    with pytest.raises(UserError, match="InvalidRequestException to ActivatePipeline: it is FINISHED"):
        pipelines.activate()
