"""cloud/emr's templates, made in moto's server, as far as it knows their resources.

It knows neither EMR Serverless' application, nor bucket policies, nor rules for what leaves a security group.
The lint of `make lint` checks those against CloudFormation's own definitions.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

pytestmark = pytest.mark.integration

TEMPLATES = Path(__file__).parents[4] / "cloud" / "emr"
REGION = "ca-central-1"


@pytest.fixture(scope="module")
def aws() -> Iterator[boto3.Session]:
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    session = boto3.Session("covid", "covid", region_name=REGION)
    session._session.set_config_variable("endpoint_url", f"http://{host}:{port}")
    yield session
    server.stop()


def created(aws: boto3.Session, name: str, **parameters: str) -> dict[str, str]:
    """The outputs of a template's stack."""
    client: CloudFormationClient = aws.client("cloudformation")
    client.create_stack(
        StackName=name,
        TemplateBody=(TEMPLATES / f"{name}.yaml").read_text(encoding="utf-8"),
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        Capabilities=["CAPABILITY_IAM"],
    )
    (stack,) = client.describe_stacks(StackName=name)["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    return {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", [])}


@pytest.fixture(scope="module")
def cluster(aws: boto3.Session) -> dict[str, Any]:
    ec2 = aws.client("ec2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    outputs = created(aws, "cluster", DataBucket="covid-data", Vpc=vpc, Subnet=subnet)
    emr = aws.client("emr")
    described = emr.describe_cluster(ClusterId=outputs["ClusterId"])["Cluster"]
    groups = emr.list_instance_groups(ClusterId=outputs["ClusterId"])["InstanceGroups"]
    return {"outputs": outputs, "described": described, "groups": groups}


def test_a_cluster_has_one_primary_and_two_core_nodes_of_a_pinned_release(cluster: dict[str, Any]) -> None:
    assert cluster["described"]["ReleaseLabel"] == "emr-7.13.0"
    assert cluster["described"]["LogUri"] == cluster["outputs"]["Logs"]
    sizes = {group["InstanceGroupType"]: group["RequestedInstanceCount"] for group in cluster["groups"]}
    assert sizes == {"MASTER": 1, "CORE": 2}


def test_nodes_may_read_data_and_write_outputs_and_nothing_else(
    aws: boto3.Session, cluster: dict[str, Any]
) -> None:
    iam = aws.client("iam")
    profile = cluster["described"]["Ec2InstanceAttributes"]["IamInstanceProfile"]
    (role,) = iam.get_instance_profile(InstanceProfileName=profile)["InstanceProfile"]["Roles"]
    (name,) = iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]
    policy = iam.get_role_policy(RoleName=role["RoleName"], PolicyName=name)["PolicyDocument"]
    for statement in policy["Statement"]:
        actions, places = _list(statement["Action"]), _list(statement["Resource"])
        assert all(action.startswith("s3:") and "*" not in action for action in actions)
        assert all(place not in ("*", "arn:aws:s3:::*") for place in places)
        if {"s3:PutObject", "s3:DeleteObject"} & set(actions):
            assert all(place.endswith(("/covid/out/*", "/emr/*")) for place in places)
    assert not iam.list_attached_role_policies(RoleName=role["RoleName"])["AttachedPolicies"]


def test_logs_are_encrypted_private_and_versioned(aws: boto3.Session, cluster: dict[str, Any]) -> None:
    s3 = aws.client("s3")
    bucket = cluster["outputs"]["Logs"].removeprefix("s3://").split("/")[0]
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    (rule,) = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"


def test_serverless_has_a_role_for_its_jobs_and_logs(aws: boto3.Session) -> None:
    outputs = created(aws, "serverless", DataBucket="covid-data")
    role = aws.client("iam").get_role(RoleName=outputs["JobRoleArn"].split("/")[-1])["Role"]
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "emr-serverless.amazonaws.com"}
    assert "aws:SourceAccount" in statement["Condition"]["StringEquals"]


def _list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
