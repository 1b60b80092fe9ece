"""Databricks' bundle and roles: valid, of one piece with the notebook, and no more than is needed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

import boto3
import pytest
import yaml
from databricks.bundles.jobs import Job
from moto import mock_aws

from covid_batch.databricks.source import cells
from covid_cli.batch import templates

CLOUD: Final = Path(__file__).parents[2] / "cloud" / "databricks"
NAME: Final = "databricks/role.yaml"
REGION: Final = "ca-central-1"
ACCOUNT: Final = "01234567-89ab-cdef-0123-456789abcdef"
LOOKS: Final = re.compile(r"ec2:(Describe|Get)\w+")


@pytest.fixture(scope="module")
def bundle() -> Any:
    return yaml.safe_load((CLOUD / "databricks.yml").read_text(encoding="utf-8"))


def test_databricks_own_library_takes_the_job(bundle: Any) -> None:
    given = bundle["resources"]["jobs"]["covid_rows"]
    assert Job.from_dict(given).name == "covid-rows"
    with pytest.raises(ValueError, match="Unexpected field"):
        Job.from_dict({**given, "cluster": 1})


def test_the_job_sets_the_notebooks_widgets_and_brings_its_packages(bundle: Any) -> None:
    (task,) = bundle["resources"]["jobs"]["covid_rows"]["tasks"]
    text = (CLOUD / task["notebook_task"]["notebook_path"]).read_text(encoding="utf-8")
    widgets = set(re.findall(r'widgets\.text\("(\w+)"', text))
    assert set(task["notebook_task"]["base_parameters"]) <= widgets
    assert set(re.findall(r'widgets\.get\(["\'](\w+)', text)) <= widgets
    wheels = {Path(one["whl"]).parts[2] for one in task["libraries"] if "whl" in one}
    assert {f"covid_{name}" for name in wheels} >= set(re.findall(r"from (covid_\w+)", text))
    assert wheels == set(bundle["artifacts"])
    lock = (CLOUD.parents[1] / "requirements.lock").read_text(encoding="utf-8")
    for one in task["libraries"]:
        if "pypi" in one:
            assert f"\n{one['pypi']['package']} " in lock
    assert {cell.language for cell in cells(text)} == {"python", "sql", "md"}


def test_the_table_is_the_catalogs_own_and_replaced_at_once() -> None:
    text = (CLOUD / "covid.py").read_text(encoding="utf-8")
    assert '.saveAsTable("batch_covid")' in text
    assert not re.search(r"\b(LOCATION|DROP TABLE|CREATE TABLE)\b", text)


def test_variables_are_declared_and_the_schedule_is_off_unless_it_is_production(bundle: Any) -> None:
    used = set(re.findall(r"\$\{var\.(\w+)\}", json.dumps(bundle)))
    assert used == set(bundle["variables"])
    assert bundle["resources"]["jobs"]["covid_rows"]["schedule"]["pause_status"] == "PAUSED"
    assert bundle["targets"]["dev"]["default"] is True


def statements() -> list[dict[str, Any]]:
    resources = templates.read(NAME)["Resources"].values()
    roles = [one["Properties"] for one in resources if one["Type"] == "AWS::IAM::Role"]
    assert not any("ManagedPolicyArns" in role for role in roles)
    policies = [policy for role in roles for policy in role["Policies"]]
    return [one for policy in policies for one in policy["PolicyDocument"]["Statement"]]


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_roles_name_their_actions_and_resources() -> None:
    for one in statements():
        assert one["Effect"] == "Allow"
        assert not [action for action in listed(one["Action"]) if "*" in action]
        if "*" in listed(one["Resource"]):
            assert all(LOOKS.fullmatch(action) for action in listed(one["Action"]))
        for resource in listed(one["Resource"]):
            assert not re.search(r":s3:::[^/]*\*|:s3:::[^/]+/\*", str(resource))


def test_databricks_may_start_tagged_nodes_in_one_vpc_only() -> None:
    running = [one for one in statements() if "ec2:RunInstances" in listed(one["Action"])]
    assert len(running) == 3
    assert all(one["Condition"]["StringEquals"] for one in running)
    (role,) = (
        one["Properties"]
        for name, one in templates.read(NAME)["Resources"].items()
        if name == "CrossAccountRole"
    )
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Condition"] == {"StringEquals": {"sts:ExternalId": {"Ref": "DatabricksAccountId"}}}


@mock_aws
def test_the_emulator_makes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
    template = templates.read(NAME)
    # Not known to moto's CloudFormation.
    del template["Resources"]["RootBucketPolicy"]
    given = {
        "DatabricksAccountId": ACCOUNT,
        "Vpc": "vpc-1",
        "SecurityGroup": "sg-1",
        "DataBucket": "covid-lake",
    }
    formation = boto3.client("cloudformation", region_name=REGION)
    formation.create_stack(
        StackName="databricks",
        TemplateBody=json.dumps(template),
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in given.items()],
        Capabilities=["CAPABILITY_IAM"],
    )
    found = formation.describe_stack_resources(StackName="databricks")["StackResources"]
    made = {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in found}
    assert set(made) == set(template["Resources"])
    role = boto3.client("iam", region_name=REGION).get_role(RoleName=made["CrossAccountRole"])["Role"]
    assert "arn:aws:iam::414351767826:root" in str(role["AssumeRolePolicyDocument"])
    rules = boto3.client("s3", region_name=REGION).get_bucket_encryption(Bucket=made["RootBucket"])
    assert rules["ServerSideEncryptionConfiguration"]["Rules"]


def test_the_workspaces_bucket_is_private_encrypted_and_versioned() -> None:
    bucket = templates.read(NAME)["Resources"]["RootBucket"]["Properties"]
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
