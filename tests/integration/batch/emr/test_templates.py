"""cloud/emr's templates and cloud/hive's, made in moto's server, as far as it knows their resources.

It knows neither EMR Serverless' application, nor MSK, nor bucket policies, nor rules for what leaves a
security group, and drops a cluster's applications, nodes and steps and a bucket's versions. `make lint`
checks those against CloudFormation's own definitions.
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

CLOUD = Path(__file__).parents[4] / "cloud"
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


def created(aws: Aws, name: str, template: str, **parameters: str) -> dict[str, str]:
    """The outputs of a template's stack."""
    client: CloudFormationClient = aws.client("cloudformation")
    client.create_stack(
        StackName=name,
        TemplateBody=(CLOUD / f"{template}.yaml").read_text(encoding="utf-8"),
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        Capabilities=["CAPABILITY_IAM"],
    )
    (stack,) = client.describe_stacks(StackName=name)["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    return {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", [])}


class Network(NamedTuple):
    """What an account has already."""

    vpc: str
    subnet: str


@pytest.fixture(scope="module")
def network(aws: Aws) -> Network:
    ec2 = aws.client("ec2")
    return Network(ec2.describe_vpcs()["Vpcs"][0]["VpcId"], ec2.describe_subnets()["Subnets"][0]["SubnetId"])


def described(aws: Aws, outputs: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = aws.client("emr").describe_cluster(ClusterId=outputs["ClusterId"])["Cluster"]
    return found


@pytest.fixture(scope="module")
def cluster(aws: Aws, network: Network) -> dict[str, Any]:
    shared = nodes(aws, network, "covid-emr-nodes")
    outputs = created(aws, "cluster", "emr/cluster", DataBucket="covid-data", Subnet=network.subnet)
    return {"nodes": shared, "described": described(aws, outputs)}


def nodes(aws: Aws, network: Network, name: str) -> dict[str, str]:
    """What a cluster imports: outputs of the stack of nodes.yaml."""
    return created(aws, name, "emr/nodes", DataBucket="covid-data", Vpc=network.vpc)


def test_a_cluster_is_of_a_pinned_release_in_the_groups_made_for_it(
    aws: Aws, cluster: dict[str, Any]
) -> None:
    assert cluster["described"]["ReleaseLabel"] == "emr-7.13.0"
    assert cluster["described"]["LogUri"] == cluster["nodes"]["LogUri"]
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
    for statement in statements(aws, role["RoleName"], name):
        actions, places = _list(statement["Action"]), _list(statement["Resource"])
        assert all(action.startswith("s3:") and "*" not in action for action in actions)
        assert all(place not in ("*", "arn:aws:s3:::*") for place in places)
        if {"s3:PutObject", "s3:DeleteObject"} & set(actions):
            assert all(place.endswith(("/covid/out/*", "/emr/*")) for place in places)
    assert not iam.list_attached_role_policies(RoleName=role["RoleName"])["AttachedPolicies"]


def test_logs_are_encrypted(aws: Aws, cluster: dict[str, Any]) -> None:
    s3 = aws.client("s3")
    bucket = cluster["nodes"]["LogUri"].removeprefix("s3://").split("/")[0]
    (rule,) = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"


def test_serverless_has_a_role_for_its_jobs_and_logs(aws: Aws) -> None:
    outputs = created(aws, "serverless", "emr/serverless", DataBucket="covid-data")
    role = aws.client("iam").get_role(RoleName=outputs["JobRoleArn"].split("/")[-1])["Role"]
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "emr-serverless.amazonaws.com"}
    assert "aws:SourceAccount" in statement["Condition"]["StringEquals"]


@pytest.mark.parametrize("msk", [True, False])
def test_a_cluster_that_streams_is_of_a_release_with_spark_4_in_the_groups_of_its_nodes(
    aws: Aws, network: Network, msk: bool
) -> None:
    name = f"stream-{'msk' if msk else 'broker'}"
    shared = nodes(aws, network, f"{name}-nodes")
    given = {"Nodes": f"{name}-nodes", "DataBucket": "covid-data", "Subnet": network.subnet}
    log = {"Bootstrap": "b-1.example:9098", "KafkaClients": "sg-0123"} if msk else {}
    found = described(aws, created(aws, name, "emr/stream", **given, **log))
    assert found["ReleaseLabel"].startswith("emr-spark-8")
    assert found["LogUri"] == shared["LogUri"]
    attributes = found["Ec2InstanceAttributes"]
    assert attributes["EmrManagedMasterSecurityGroup"] == shared["PrimaryGroup"]
    assert attributes["EmrManagedSlaveSecurityGroup"] == shared["CoreGroup"]
    assert attributes["IamInstanceProfile"] == shared["NodeProfile"]
    for role in ("Master", "Slave"):
        assert attributes[f"Additional{role}SecurityGroups"] == (["sg-0123"] if msk else [])


def test_the_stream_may_use_the_topics_of_its_log_only(aws: Aws, network: Network) -> None:
    role = nodes(aws, network, "log-nodes")["NodeRole"]
    outputs = created(aws, "log", "emr/msk", Vpc=network.vpc, Subnets=network.subnet, StreamRoles=role)
    for statement in statements(aws, role, "stream-on-msk"):
        assert all(action.startswith("kafka-cluster:") for action in _list(statement["Action"]))
        assert all("/covid-log/" in place for place in _list(statement["Resource"]))
    (brokers,) = aws.client("ec2").describe_security_groups(GroupIds=[outputs["BrokersGroup"]])[
        "SecurityGroups"
    ]
    (rule,) = brokers["IpPermissions"]
    assert (rule["FromPort"], rule["ToPort"], rule["IpRanges"]) == (9098, 9098, [])
    assert [pair["GroupId"] for pair in rule["UserIdGroupPairs"]] == [outputs["ClientsGroup"]]


def test_a_cluster_with_hive_lets_its_clients_in_and_nobody_else(aws: Aws, network: Network) -> None:
    ec2 = aws.client("ec2")
    clients = ec2.create_security_group(GroupName="clients", Description="of Hive", VpcId=network.vpc)[
        "GroupId"
    ]
    nodes(aws, network, "covid-hive-nodes")
    given = {"DataBucket": "covid-data", "Subnet": network.subnet, "Clients": clients}
    attributes = described(aws, created(aws, "hive", "hive/cluster", **given))["Ec2InstanceAttributes"]
    (added,) = attributes["AdditionalMasterSecurityGroups"]
    used = [added, *(attributes[f"EmrManaged{role}SecurityGroup"] for role in ("Master", "Slave"))]
    opened = []
    for group in ec2.describe_security_groups(GroupIds=used)["SecurityGroups"]:
        for rule in group["IpPermissions"]:
            assert not rule["IpRanges"], "open to addresses, not only to the cluster, EMR and the clients"
            if clients in {pair["GroupId"] for pair in rule["UserIdGroupPairs"]}:
                opened.append((group["GroupId"], rule["FromPort"], rule["ToPort"]))
    assert sorted(opened) == [(added, 9443, 9443), (added, 10000, 10000)]


def statements(aws: Aws, role: str, policy: str) -> list[dict[str, Any]]:
    """Those of a role's inline policy."""
    document = aws.client("iam").get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
    # The emulator hands on Python's notation, which is YAML too.
    found: list[dict[str, Any]] = yaml.safe_load(str(document))["Statement"]
    return found


def _list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
