"""Definitions of AWS Data Pipeline: what is wrong with them, their shape in the API, their steps."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from covid_cli.batch.checkout import cloud
from covid_cli.batch.pipeline import definition
from covid_cli.errors import UserError

DEFINITION = cloud("datapipeline") / "definition.json"
VALUES = {
    "myBucket": "lake",
    "mySubnet": "subnet-1",
    "myTopicArn": "arn:aws:sns:us-east-1:1:t",
    "myPipelineRole": "pipeline",
    "myResourceRole": "nodes",
}
SMALL: dict[str, Any] = {
    "objects": [
        {"id": "Default", "schedule": {"ref": "Daily"}},
        {"id": "Daily", "name": "Every day", "type": "Schedule", "period": "#{myPeriod}"},
    ],
    "parameters": [{"id": "myPeriod", "type": "String"}],
    "values": {"myPeriod": "1 day"},
}


def written(folder: Path, **changes: Any) -> Path:
    path = folder / "definition.json"
    path.write_text(json.dumps({**SMALL, **changes}), encoding="utf-8")
    return path


def fields(objects: list[dict[str, Any]], name: str) -> dict[str, list[str]]:
    (one,) = (one for one in objects if one["id"] == name)
    found: dict[str, list[str]] = {}
    for field in one["fields"]:
        found.setdefault(field["key"], []).append(field.get("stringValue") or f"-> {field['refValue']}")
    return found


def test_the_repositorys_definition_is_a_scheduled_spark_step_with_alarms() -> None:
    objects = list(definition.read(DEFINITION, VALUES).objects)
    assert fields(objects, "Default")["schedule"] == ["-> Daily"]
    assert fields(objects, "Cluster")["type"] == ["EmrCluster"]
    assert fields(objects, "Cluster")["applications"] == ["spark"]
    assert fields(objects, "Cluster")["configuration"] == ["-> SparkEnvironment", "-> SparkDefaults"]
    assert fields(objects, "Backfill")["runsOn"] == ["-> Cluster"]
    assert fields(objects, fields(objects, "Backfill")["onFail"][0][3:])["type"] == ["SnsAlarm"]


def test_the_step_of_the_pipeline_is_that_of_the_state_machine() -> None:
    read = definition.read(DEFINITION, VALUES)
    (step,) = definition.steps(read.objects, read.values)
    template = yaml.load((cloud("stepfunctions") / "template.yaml").read_text(), Loader=_Template)
    start = template["Resources"]["Machine"]["Properties"]["Definition"]["States"]["Start"]["Parameters"]
    arguments = start["Steps"][0]["HadoopJarStep"]["Args"]
    substituted = [text.replace("${Bucket}", "lake").replace("${Countries}", "CA") for text in arguments]
    assert step == substituted
    bootstrap = start["BootstrapActions"][0]["ScriptBootstrapAction"]
    action = ",".join([bootstrap["Path"], *bootstrap["Args"]]).replace("${Bucket}", "#{myBucket}")
    assert fields(list(read.objects), "Cluster")["bootstrapAction"] == [action]


class _Template(yaml.SafeLoader):
    """CloudFormation's short forms as what they are applied to."""


_Template.add_multi_constructor("!", lambda loader, _, node: getattr(loader, f"construct_{node.id}")(node))


def test_the_shape_in_the_api(tmp_path: Path) -> None:
    read = definition.read(written(tmp_path), {"myPeriod": "2 days"})
    assert read.objects == [
        {"id": "Default", "name": "Default", "fields": [{"key": "schedule", "refValue": "Daily"}]},
        {
            "id": "Daily",
            "name": "Every day",
            "fields": [
                {"key": "type", "stringValue": "Schedule"},
                {"key": "period", "stringValue": "#{myPeriod}"},
            ],
        },
    ]
    assert read.parameters == [{"id": "myPeriod", "attributes": [{"key": "type", "stringValue": "String"}]}]
    assert read.values == {"myPeriod": "2 days"}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"objects": [{"id": "A", "runsOn": {"ref": "B"}}]}, "A.runsOn refers to B, which is not there"),
        (
            {"objects": [{"id": "A", "runsOn": {"ref": ["A"]}}]},
            r"A.runsOn refers to \['A'\], which is not there",
        ),
        ({"objects": [{"id": "A", "all": [{"ref": "A"}, {"ref": "B"}]}]}, "A.all refers to B"),
        ({"objects": [{"id": "A"}, {"id": "A"}]}, "the id A stands twice"),
        ({"objects": [{"id": "A", "count": 3}]}, "A.count is neither a text nor a reference"),
        ({"objects": [{"id": "A", "type": ""}]}, "A.type is neither a text nor a reference"),
        ({"objects": [{"id": "A", "x": "#{myNothing}"}]}, "#{myNothing} is no parameter"),
        ({"objects": [{"name": "A"}]}, "number 1 of its objects has no id"),
        ({"objects": {}}, "it has no list of objects"),
        ({"parameters": "all"}, "its parameters are not a list"),
        ({"values": []}, "its values are not an object"),
        ({"values": {"myPeriod": 1}}, "the value of myPeriod is not a text"),
        ({"values": {}}, "myPeriod has no value: give it by --set myPeriod=VALUE"),
        (
            {"values": {"myPeriod": "1 day", "myOther": "1"}},
            "a value is given for myOther, which is no parameter",
        ),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        definition.read(written(tmp_path, **changes), {})


def test_every_problem_is_said_at_once(tmp_path: Path) -> None:
    objects = [{"id": "A", "a": {"ref": "B"}, "c": {"ref": "D"}}]
    with pytest.raises(UserError, match=r"2 problems: A\.a refers to B.*; A\.c refers to D"):
        definition.read(written(tmp_path, objects=objects), {})


def test_no_file_and_no_json(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cannot be read .*name another by --definition"):
        definition.read(tmp_path / "none.json", {})
    (tmp_path / "half.json").write_text('{"objects": [')
    with pytest.raises(UserError, match=r"is not JSON: .*line 1"):
        definition.read(tmp_path / "half.json", {})


def activity(*steps: str) -> list[dict[str, Any]]:
    kind = {"key": "type", "stringValue": "EmrActivity"}
    return [{"id": "A", "fields": [kind, *({"key": "step", "stringValue": step} for step in steps)]}]


def test_steps_are_split_at_commas_that_are_not_escaped() -> None:
    objects = activity(r"command-runner.jar,spark-submit,#{myA},x\\,y", "command-runner.jar,true")
    assert definition.steps(objects, {"myA": "s3://b/a.py"}) == [
        ["spark-submit", "s3://b/a.py", "x,y"],
        ["true"],
    ]


def test_an_argument_with_commas_stays_one() -> None:
    objects = activity("command-runner.jar,x,#{myA},y")
    assert definition.steps(objects, {"myA": definition.escaped("CA,US")}) == [["x", "CA,US", "y"]]


def test_steps_that_only_aws_can_run() -> None:
    with pytest.raises(UserError, match=r"only those of command-runner\.jar"):
        definition.steps(activity("s3://b/own.jar,1"), {})
    with pytest.raises(UserError, match="completed by the service"):
        definition.steps(activity("command-runner.jar,x,#{@scheduledStartTime}"), {})
