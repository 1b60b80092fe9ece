"""AWS Data Pipeline through its API: find, put, activate and look at one pipeline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from covid_cli.batch.pipeline.definition import Definition
from covid_cli.errors import UserError
from covid_core.settings import PipelineSettings

if TYPE_CHECKING:
    from mypy_boto3_datapipeline import DataPipelineClient

_REFUSED: Final = {
    "403",
    "AccessDeniedException",
    "IncompleteSignature",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
# AWS names every error. A bare status is an emulator's; these are for a call that it does not have.
_NOT_OFFERED: Final = {"404", "500", "501"}
_MOST_OBJECTS: Final = 25
"""`DescribeObjects` takes no more ids at once."""


@dataclass(frozen=True)
class Put:
    """What became of a definition."""

    pipeline_id: str
    created: bool
    validated: bool
    """Whether the service looked at it before it was stored: an emulator may not."""
    warnings: Sequence[str]

    def __str__(self) -> str:
        """For people."""
        lines = [
            f"{self.pipeline_id} {'made' if self.created else 'found'}, definition stored; "
            + ("validated by the service" if self.validated else "validated here only: the service does not")
        ]
        return "\n".join([*lines, *(f"warning: {warning}" for warning in self.warnings)])


@dataclass(frozen=True)
class Run:
    """One object of the definition at one time of the schedule."""

    name: str
    status: str
    scheduled: str
    started: str
    ended: str


@dataclass(frozen=True)
class Status:
    """A pipeline: its state, its health where it is told, and its runs, None where they are not told."""

    pipeline_id: str
    state: str
    health: str | None
    runs: Sequence[Run] | None

    def __str__(self) -> str:
        """For people: a line for the pipeline, and one for each run."""
        health = f", {self.health}" if self.health else ""
        lines = [f"{self.pipeline_id} is {self.state}{health}"]
        if self.runs is None:
            lines.append("runs: not told by this service")
        else:
            lines.append(f"runs: {len(self.runs)}")
            lines += [
                f"  {one.scheduled}  {one.name}  {one.status}  {one.started}  {one.ended}"
                for one in self.runs
            ]
        return "\n".join(line.rstrip() for line in lines)


def connect(settings: PipelineSettings) -> Pipelines:
    """The service that the settings name."""
    client = boto3.client(
        "datapipeline",
        endpoint_url=settings.endpoint,
        aws_access_key_id=settings.access_key,
        aws_secret_access_key=settings.secret_key,
        region_name=settings.region,
        config=Config(retries={"max_attempts": 3, "mode": "standard"}),
    )
    return Pipelines(client, settings.name)


class Pipelines:
    """One pipeline of the service. Methods raise `UserError` where it refuses or cannot be reached."""

    def __init__(self, client: DataPipelineClient, name: str) -> None:
        self._client = client
        self._name = name

    def put(self, definition: Definition) -> Put:
        """Make the pipeline where it is missing, and store the definition unless it has errors.

        The name is also the unique id: however often this is repeated, and by whom, there is one pipeline.
        """
        with self._explained():
            found = self._find()
            pipeline_id = found or self._create()
            given: Any = {
                "pipelineId": pipeline_id,
                "pipelineObjects": definition.objects,
                "parameterObjects": definition.parameters,
                "parameterValues": [
                    {"id": name, "stringValue": value} for name, value in definition.values.items()
                ],
            }
            looked_at = self._validate(given)
            stored = self._client.put_pipeline_definition(**given)
            _refuse_errors(stored)
            warnings = [*_said(looked_at or {}, "validationWarnings"), *_said(stored, "validationWarnings")]
            return Put(pipeline_id, found is None, looked_at is not None, list(dict.fromkeys(warnings)))

    def activate(self) -> str:
        """Let the schedule begin; returns the pipeline's id."""
        with self._explained():
            pipeline_id = self._existing()
            self._client.activate_pipeline(pipelineId=pipeline_id)
            return pipeline_id

    def objects(self) -> Sequence[Mapping[str, Any]]:
        """The objects of the stored definition."""
        with self._explained():
            answer = self._client.get_pipeline_definition(pipelineId=self._existing())
            return answer["pipelineObjects"]

    def status(self) -> Status:
        """The pipeline's state and its runs."""
        with self._explained():
            pipeline_id = self._existing()
            fields = self._fields(pipeline_id)
            return Status(
                pipeline_id,
                fields.get("@pipelineState", "unknown"),
                fields.get("@healthStatus"),
                self._runs(pipeline_id),
            )

    def _find(self) -> str | None:
        for page in self._client.get_paginator("list_pipelines").paginate():
            for one in page["pipelineIdList"]:
                if one["name"] == self._name:
                    pipeline_id = one["id"]
                    if self._fields(pipeline_id).get("uniqueId") == self._name:
                        return pipeline_id
        return None

    def _create(self) -> str:
        name = self._name
        created = self._client.create_pipeline(
            name=name,
            uniqueId=name,
            description="COVID-19 tracker: publishers' files to one table, every day",
            # Handed on to the clusters; the policy that EMR's own role follows goes by it.
            tags=[{"key": "for-use-with-amazon-emr-managed-policies", "value": "true"}],
        )
        return created["pipelineId"]

    def _existing(self) -> str:
        found = self._find()
        if found is None:
            raise UserError(
                f"There is no pipeline {self._name} in {self._client.meta.region_name}: "
                "`covid batch pipeline put` makes it, COVID_PIPELINE_NAME names another."
            )
        return found

    def _fields(self, pipeline_id: str) -> dict[str, str]:
        (one,) = self._client.describe_pipelines(pipelineIds=[pipeline_id])["pipelineDescriptionList"]
        return _texts(one)

    def _validate(self, given: Any) -> Mapping[str, Any] | None:
        """What the service says of the definition; None where it does not look. Raises on errors."""
        try:
            answer = self._client.validate_pipeline_definition(**given)
        except ClientError as error:
            if error.response["Error"]["Code"] in _NOT_OFFERED:
                return None
            raise
        _refuse_errors(answer)
        return answer

    def _runs(self, pipeline_id: str) -> list[Run] | None:
        pages = self._client.get_paginator("query_objects").paginate(
            pipelineId=pipeline_id, sphere="INSTANCE"
        )
        try:
            ids = [one for page in pages for one in page["ids"]]
        except ClientError as error:
            if error.response["Error"]["Code"] in _NOT_OFFERED:
                return None
            raise
        runs = []
        for start in range(0, len(ids), _MOST_OBJECTS):
            some = ids[start : start + _MOST_OBJECTS]
            for page in self._client.get_paginator("describe_objects").paginate(
                pipelineId=pipeline_id, objectIds=some
            ):
                runs += [_run(one) for one in page["pipelineObjects"]]
        return sorted(runs, key=lambda run: (run.scheduled, run.name))

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Errors of the service as sentences that say what to do."""
        try:
            yield
        except ClientError as error:
            code = error.response["Error"]["Code"]
            message = " ".join(error.response["Error"]["Message"].split())
            if code in _REFUSED:
                raise UserError(
                    f"AWS Data Pipeline refuses the credentials ({code}): set COVID_PIPELINE_ACCESS_KEY and "
                    "COVID_PIPELINE_SECRET_KEY, or what AWS's own tools read, to a user who may use it."
                ) from error
            raise UserError(
                f"AWS Data Pipeline answered {code} to {error.operation_name}: {message}"
            ) from error
        except BotoCoreError as error:
            raise UserError(
                f"AWS Data Pipeline cannot be asked ({error}): check COVID_PIPELINE_ENDPOINT, "
                "COVID_PIPELINE_REGION and the credentials."
            ) from error


def _refuse_errors(answer: Mapping[str, Any]) -> None:
    errors = _said(answer, "validationErrors")
    if answer.get("errored") or errors:
        raise UserError(f"The service refuses the definition: {'; '.join(errors) or 'it does not say why'}.")


def _said(answer: Mapping[str, Any], kind: str) -> list[str]:
    word = kind.removeprefix("validation").lower()
    return [f"{one['id']}: {sentence}" for one in answer.get(kind, []) for sentence in one.get(word, [])]


def _texts(one: Mapping[str, Any]) -> dict[str, str]:
    return {field["key"]: field["stringValue"] for field in one["fields"] if "stringValue" in field}


def _run(one: Mapping[str, Any]) -> Run:
    fields = _texts(one)
    return Run(
        one["name"],
        fields.get("@status", "unknown"),
        *(fields.get(key, "") for key in ("@scheduledStartTime", "@actualStartTime", "@actualEndTime")),
    )
