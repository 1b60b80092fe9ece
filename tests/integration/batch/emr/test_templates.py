"""cloud/emr's templates, made in moto's server, as far as it knows their resources.

It knows neither EMR Serverless' application, nor bucket policies, nor rules for what leaves a security group,
and drops a cluster's nodes and steps and a bucket's versions. `make lint` checks those against
CloudFormation's own definitions.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import boto3
import pytest
import yaml
from moto.server import ThreadedMotoServer

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

pytestmark = pytest.mark.integration

TEMPLATES = Path(__file__).parents[4] / "cloud" / "emr"
# The server takes EMR's region from the host's name, and for one that says none this.
REGION = "us-east-1"


class Aws(NamedTuple):
    """The emulator."""

    endpoint: str

    def client(self, service: str) -> Any:
        """Any credentials do, but a client signs with some."""
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id="covid",
            aws_secret_access_key="covid",
        )


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield Aws(f"http://{host}:{port}")
    server.stop()


def created(aws: Aws, name: str, **parameters: str) -> dict[str, str]:
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
def cluster(aws: Aws) -> dict[str, Any]:
    ec2 = aws.client("ec2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    outputs = created(aws, "cluster", DataBucket="covid-data", Vpc=vpc, Subnet=subnet)
    emr = aws.client("emr")
    described = emr.describe_cluster(ClusterId=outputs["ClusterId"])["Cluster"]
    return {"outputs": outputs, "described": described}


def test_a_cluster_is_of_a_pinned_release_in_the_groups_made_for_it(
    aws: Aws, cluster: dict[str, Any]
) -> None:
    assert cluster["described"]["ReleaseLabel"] == "emr-7.13.0"
    assert cluster["described"]["LogUri"] == cluster["outputs"]["Logs"]
    attributes = cluster["described"]["Ec2InstanceAttributes"]
    managed = [f"EmrManaged{role}SecurityGroup" for role in ("Master", "Slave")]
    used = [attributes[name] for name in (*managed, "ServiceAccessSecurityGroup")]
    assert len(set(used)) == 3
    for group in aws.client("ec2").describe_security_groups(GroupIds=used)["SecurityGroups"]:
        sources = [source for rule in group["IpPermissions"] for source in rule["IpRanges"]]
        assert not sources, "open to addresses, not only to the cluster and EMR"


def test_nodes_may_read_data_and_write_outputs_and_nothing_else(aws: Aws, cluster: dict[str, Any]) -> None:
    iam = aws.client("iam")
    profile = cluster["described"]["Ec2InstanceAttributes"]["IamInstanceProfile"]
    (role,) = iam.get_instance_profile(InstanceProfileName=profile)["InstanceProfile"]["Roles"]
    (name,) = iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]
    document = iam.get_role_policy(RoleName=role["RoleName"], PolicyName=name)["PolicyDocument"]
    policy = yaml.safe_load(str(document))  # the emulator hands on Python's notation, which is YAML too
    for statement in policy["Statement"]:
        actions, places = _list(statement["Action"]), _list(statement["Resource"])
        assert all(action.startswith("s3:") and "*" not in action for action in actions)
        assert all(place not in ("*", "arn:aws:s3:::*") for place in places)
        if {"s3:PutObject", "s3:DeleteObject"} & set(actions):
            assert all(place.endswith(("/covid/out/*", "/emr/*")) for place in places)
    assert not iam.list_attached_role_policies(RoleName=role["RoleName"])["AttachedPolicies"]


def test_logs_are_encrypted(aws: Aws, cluster: dict[str, Any]) -> None:
    s3 = aws.client("s3")
    bucket = cluster["outputs"]["Logs"].removeprefix("s3://").split("/")[0]
    (rule,) = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"


def test_serverless_has_a_role_for_its_jobs_and_logs(aws: Aws) -> None:
    outputs = created(aws, "serverless", DataBucket="covid-data")
    role = aws.client("iam").get_role(RoleName=outputs["JobRoleArn"].split("/")[-1])["Role"]
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "emr-serverless.amazonaws.com"}
    assert "aws:SourceAccount" in statement["Condition"]["StringEquals"]


def _list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
