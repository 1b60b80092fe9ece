"""Glue's jobs through its API: one job as the template has it, and its runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from covid_cli.batch import templates
from covid_cli.errors import UserError
from covid_core.settings import GlueSettings

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient

_TEMPLATE = "glue/template.yaml"
_ROLE = "arn:aws:iam::000000000000:role/covid-glue"


class Run(NamedTuple):
    """A run: its id, the script, and the arguments that Glue gives it."""

    run_id: str
    script: str
    arguments: Mapping[str, str]


def connect(settings: GlueSettings) -> Jobs:
    """The service that the settings name."""
    client = boto3.client(
        "glue",
        endpoint_url=settings.endpoint,
        aws_access_key_id=settings.access_key,
        aws_secret_access_key=settings.secret_key,
        region_name=settings.region,
    )
    return Jobs(client, settings)


class Jobs:
    """One job of the service. Methods raise `UserError` where it refuses or cannot be reached."""

    def __init__(self, client: GlueClient, settings: GlueSettings) -> None:
        self._client = client
        self._settings = settings

    def put(self, bucket: str) -> None:
        """Have the job as the template's, with its defaults, for a bucket."""
        template = templates.read(_TEMPLATE)
        names = {
            **templates.defaults(template),
            "DataBucket": bucket,
            "Database": self._settings.database,
            "Role.Arn": _ROLE,
            "AWS::Region": self._settings.region,
        }
        job: Any = templates.resolve(template["Resources"]["Job"]["Properties"], names)
        job["Name"] = self._settings.job
        with self._explained():
            self._client.delete_job(JobName=self._settings.job)
            self._client.create_job(**job)

    def start(self, countries: str) -> Run:
        """Start a run; it is told as it is stored, not as it was sent."""
        name = self._settings.job
        with self._explained():
            started = self._client.start_job_run(JobName=name, Arguments={"--COUNTRIES": countries})
            run = self._client.get_job_run(JobName=name, RunId=started["JobRunId"])["JobRun"]
            job = self._client.get_job(JobName=name)["Job"]
        # Glue adds the name itself.
        arguments = {**run["Arguments"], "--JOB_NAME": name}
        return Run(started["JobRunId"], job["Command"]["ScriptLocation"], arguments)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except ClientError as error:
            said = error.response["Error"]
            raise UserError(
                f"Glue answered {said['Code']} to {error.operation_name}: {said['Message']}"
            ) from error
        except BotoCoreError as error:
            raise UserError(f"Glue cannot be asked ({error}): check COVID_GLUE_ENDPOINT.") from error
