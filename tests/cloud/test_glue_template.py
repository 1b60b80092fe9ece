"""Glue's template says the same as the code that it runs: places, columns, arguments, order."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

import boto3
import pytest
from moto import mock_aws

from covid_batch.glue import layout, tables
from covid_batch.schema import IN_THE_LOG
from covid_batch.stores.rows import METRICS
from covid_cli.batch import templates
from covid_core.settings import GlueSettings

NAME: Final = "glue/template.yaml"
SCRIPT: Final = Path(__file__).parents[2] / "cloud" / "glue" / "job.py"
REGION: Final = "ca-central-1"


def of_type(kind: str) -> dict[str, Any]:
    template = templates.read(NAME)
    names = {**templates.defaults(template), "DataBucket": "lake", "AWS::Region": REGION, "Role.Arn": "arn:r"}
    found = {key: one for key, one in template["Resources"].items() if one["Type"] == kind}
    return {key: templates.resolve(one["Properties"], names) for key, one in found.items()}


def test_crawlers_look_where_files_are_put_and_make_tables_of_those_folders() -> None:
    crawlers = of_type("AWS::Glue::Crawler").values()
    assert {one["TablePrefix"] for one in crawlers} == {f"{name}_" for name in layout.CRAWLERS}
    for one in crawlers:
        (target,) = one["Targets"]["S3Targets"]
        assert target["Path"] == f"s3://lake/{layout.ROOT}/{one['TablePrefix'].rstrip('_')}/"
        level = json.loads(one["Configuration"])["Grouping"]["TableLevelConfiguration"]
        # The bucket is level 1, and a table's folder lies in the target.
        assert level == len(target["Path"].removeprefix("s3://").rstrip("/").split("/")) + 1
        assert one["DatabaseName"] == "Catalog"


def test_the_table_of_rows_has_the_columns_that_the_job_writes() -> None:
    (table,) = of_type("AWS::Glue::Table").values()
    storage = table["TableInput"]["StorageDescriptor"]
    wanted = [part.split() for part in tables.ROWS_DDL.split(", ")]
    assert [[one["Name"], one["Type"]] for one in storage["Columns"]] == wanted
    assert [name for name, _ in wanted] == METRICS.names
    assert not {name for name, _ in wanted} & set(IN_THE_LOG)
    (job,) = of_type("AWS::Glue::Job").values()
    assert storage["Location"] == f"{job['DefaultArguments']['--OUT']}/rows/"


def test_the_job_gets_the_arguments_that_it_asks_for() -> None:
    (job,) = of_type("AWS::Glue::Job").values()
    asked = re.search(r"getResolvedOptions\(arguments, \[(.*?)\]", SCRIPT.read_text(encoding="utf-8"))
    assert asked is not None
    names = {f"--{name}" for name in re.findall(r'"(\w+)"', asked[1])}
    assert names - {"--JOB_NAME"} <= set(job["DefaultArguments"])
    assert job["DefaultArguments"]["--job-bookmark-option"] == "job-bookmark-enable"
    assert job["Command"]["Name"] == "glueetl"
    assert templates.read(NAME)["Parameters"]["Database"]["Default"] == GlueSettings().database


def test_both_crawlers_start_the_workflow_and_the_job_follows_them() -> None:
    triggers = of_type("AWS::Glue::Trigger")
    assert {one["CrawlerName"] for one in triggers["Start"]["Actions"]} == set(of_type("AWS::Glue::Crawler"))
    assert triggers["Start"]["Type"] == "ON_DEMAND"
    conditions = triggers["Crawled"]["Predicate"]["Conditions"]
    assert {one["CrawlerName"] for one in conditions} == set(of_type("AWS::Glue::Crawler"))
    assert triggers["Crawled"]["Actions"] == [{"JobName": "Job"}]


def test_the_schedule_starts_the_workflow_and_is_turned_on_and_off_by_an_update() -> None:
    (schedule,) = of_type("AWS::Scheduler::Schedule").values()
    assert schedule["State"] == {"Fn::If": ["Enabled", "ENABLED", "DISABLED"]}
    assert schedule["Target"]["Arn"].endswith(":aws-sdk:glue:startWorkflowRun")
    assert json.loads(schedule["Target"]["Input"]) == {"Name": "Workflow"}
    role = of_type("AWS::IAM::Role")["SchedulerRole"]
    (allowed,) = role["Policies"][0]["PolicyDocument"]["Statement"]
    assert (allowed["Action"], allowed["Resource"].rpartition(":")[2]) == (
        "glue:StartWorkflowRun",
        "workflow/Workflow",
    )


@pytest.mark.parametrize("name", [NAME, "redshift/glue.yaml"])
def test_no_trigger_is_made_that_an_update_could_not_start(name: str) -> None:
    for one in templates.read(name)["Resources"].values():
        if one["Type"] != "AWS::Glue::Trigger":
            continue
        properties = one["Properties"]
        assert properties.get("StartOnCreation", True) is True
        assert properties["Type"] != "SCHEDULED" or one["Condition"] == "Enabled"


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")


@mock_aws
def test_the_emulator_takes_what_the_template_has(aws: None) -> None:
    # Its CloudFormation knows nothing of Glue, its Glue has the same words.
    glue = boto3.client("glue", region_name=REGION)
    for database in of_type("AWS::Glue::Database").values():
        glue.create_database(DatabaseInput=database["DatabaseInput"])
    for table in of_type("AWS::Glue::Table").values():
        glue.create_table(DatabaseName="covid_batch", TableInput=table["TableInput"])
    for crawler in of_type("AWS::Glue::Crawler").values():
        crawler["DatabaseName"] = "covid_batch"
        glue.create_crawler(**crawler)
    for job in of_type("AWS::Glue::Job").values():
        glue.create_job(**job)
    for workflow in of_type("AWS::Glue::Workflow").values():
        glue.create_workflow(**workflow)
    for trigger in of_type("AWS::Glue::Trigger").values():
        glue.create_trigger(**trigger)
    assert len(glue.get_crawlers()["Crawlers"]) == 2
    assert [one["GlueVersion"] for one in glue.get_jobs()["Jobs"]] == ["5.1"]
    assert {one["Type"] for one in glue.get_triggers()["Triggers"]} == {"ON_DEMAND", "CONDITIONAL"}
