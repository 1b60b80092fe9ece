"""Redshift and RDS: private, encrypted, least privilege; and made in the emulator as far as it knows them.

cfn-lint (`make lint`) has checked types, properties and references.
"""

from __future__ import annotations

import json
import re
import runpy
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import boto3
import pytest
from cfnlint.decode import cfn_yaml
from moto.server import ThreadedMotoServer

CLOUD: Final = Path(__file__).parents[2] / "cloud"
TEMPLATES: Final = sorted(
    [*CLOUD.glob("redshift/*.yaml"), *CLOUD.glob("sqlserver/*.yaml"), CLOUD / "glue/template.yaml"]
)
SECURITY: Final = CLOUD / "glue/security.yaml"
REGION: Final = "ca-central-1"
NAMES: Final = [f"{path.parent.name}/{path.stem}" for path in TEMPLATES]

Client = Callable[[str], Any]

parser = runpy.run_path(str(CLOUD / "redshift" / "load.py"))["_parser"]


def resources(path: Path, kind: str) -> dict[str, Any]:
    """Properties of the template's resources of a type, by name."""
    template = cfn_yaml.load(str(path))
    return {name: one["Properties"] for name, one in template["Resources"].items() if one["Type"] == kind}


def statements(path: Path) -> Iterator[Mapping[str, Any]]:
    """Every statement of a role's policies."""
    for role in resources(path, "AWS::IAM::Role").values():
        assert "ManagedPolicyArns" not in role
        for policy in role["Policies"]:
            yield from policy["PolicyDocument"]["Statement"]


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@pytest.mark.parametrize("path", TEMPLATES, ids=NAMES)
def test_roles_allow_named_actions_on_named_things(path: Path) -> None:
    found = list(statements(path))
    assert found
    for one in found:
        assert one["Effect"] == "Allow"
        for action in listed(one["Action"]):
            assert "*" not in str(action)
        for resource in listed(one["Resource"]):
            # Statements of the Data API and measurements have no ARN; a condition leaves a role its own.
            assert resource != "*" or re.search(
                "redshift-data:statement-owner-iam-userid|{'cloudwatch:namespace': 'Glue'}",
                str(one["Condition"]),
            )
            # In a bucket: below a folder of ours.
            assert not re.search(r":s3:::[^/]*\*|:s3:::[^/]+/\*", str(resource))


@pytest.mark.parametrize("path", TEMPLATES, ids=NAMES)
def test_a_job_that_measures_may_say_what_it_measured(path: Path) -> None:
    measures = any(
        "--enable-metrics" in job["DefaultArguments"] for job in resources(path, "AWS::Glue::Job").values()
    )
    allowed = {str(action) for one in statements(path) for action in listed(one["Action"])}
    assert measures == ("cloudwatch:PutMetricData" in allowed)


@pytest.mark.parametrize("path", TEMPLATES, ids=NAMES)
def test_roles_are_assumed_by_one_service_for_this_account(path: Path) -> None:
    for role in resources(path, "AWS::IAM::Role").values():
        (one,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert set(one["Principal"]) == {"Service"}
        assert one["Condition"]["StringEquals"]["aws:SourceAccount"] == {"Ref": "AWS::AccountId"}


@pytest.mark.parametrize("path", TEMPLATES, ids=NAMES)
def test_nothing_is_open_to_the_world_and_no_password_is_given(path: Path) -> None:
    for group in resources(path, "AWS::EC2::SecurityGroup").values():
        assert group["SecurityGroupIngress"]
        assert not any("CidrIp" in rule or "CidrIpv6" in rule for rule in group["SecurityGroupIngress"])
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\b(MasterUserPassword|AdminUserPassword):|NoEcho", text)
    for name, one in {
        **resources(path, "AWS::Redshift::Cluster"),
        **resources(path, "AWS::RedshiftServerless::Workgroup"),
        **resources(path, "AWS::RDS::DBInstance"),
    }.items():
        assert one["PubliclyAccessible"] is False, name


def test_stores_are_encrypted_with_keys_that_rotate() -> None:
    (cluster,) = resources(CLOUD / "redshift/cluster.yaml", "AWS::Redshift::Cluster").values()
    assert cluster["Encrypted"] is True and cluster["KmsKeyId"]
    (space,) = resources(CLOUD / "redshift/serverless.yaml", "AWS::RedshiftServerless::Namespace").values()
    assert space["KmsKeyId"] and space["AdminPasswordSecretKmsKeyId"]
    (rds,) = resources(CLOUD / "sqlserver/database.yaml", "AWS::RDS::DBInstance").values()
    assert rds["StorageEncrypted"] is True and rds["KmsKeyId"]
    for path in (*TEMPLATES, SECURITY):
        keys = resources(path, "AWS::KMS::Key")
        # Jobs of Glue share one.
        assert bool(keys) != bool(resources(path, "AWS::Glue::Job"))
        assert all(key["EnableKeyRotation"] is True for key in keys.values())


def test_jobs_and_crawlers_of_glue_are_encrypted_by_one_configuration() -> None:
    (made,) = resources(SECURITY, "AWS::Glue::SecurityConfiguration").values()
    modes = made["EncryptionConfiguration"]
    assert modes["CloudWatchEncryption"]["CloudWatchEncryptionMode"] == "SSE-KMS"
    assert modes["JobBookmarksEncryption"]["JobBookmarksEncryptionMode"] == "CSE-KMS"
    name = made["Name"]["Fn::Sub"].replace("${AWS::StackName}", "covid-glue-security")
    for path in TEMPLATES:
        template = cfn_yaml.load(str(path))
        for one in resources(path, "AWS::Glue::Job").values():
            assert one["SecurityConfiguration"] == {"Ref": "SecurityConfiguration"}
            assert template["Parameters"]["SecurityConfiguration"]["Default"] == name
        for one in resources(path, "AWS::Glue::Crawler").values():
            assert one["CrawlerSecurityConfiguration"] == {"Ref": "SecurityConfiguration"}


def test_jobs_of_glue_run_on_one_release_whose_files_the_roles_cover() -> None:
    """From 5.1 on S3A writes, and no marker of a folder beside it."""
    jobs = [one for path in TEMPLATES for one in resources(path, "AWS::Glue::Job").values()]
    assert [one["GlueVersion"] for one in jobs] == ["5.1", "5.1"]


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()

    def make(service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=f"http://{host}:{port}",
            region_name=REGION,
            aws_access_key_id="emulator",
            aws_secret_access_key="emulator",
        )

    yield make
    server.stop()


@pytest.fixture(scope="module")
def network(client: Client) -> dict[str, str]:
    """Parameters that name the emulator's own network."""
    ec2 = client("ec2")
    (vpc,) = ec2.describe_vpcs()["Vpcs"]
    subnets = [one["SubnetId"] for one in ec2.describe_subnets()["Subnets"]]
    (group, *_) = ec2.describe_security_groups()["SecurityGroups"]
    return {
        "DataBucket": "covid-lake",
        "Vpc": vpc["VpcId"],
        "Subnets": ",".join(subnets[:3]),
        "Clients": group["GroupId"],
    }


def make(client: Client, name: str, path: str, parameters: Mapping[str, str]) -> dict[str, str]:
    """Make a stack, as far as the emulator can; the ids of what was made, by type.

    moto 5.2.5 knows few attributes of these resources, so outputs are left out, and fails on a DBInstance
    whose parameter group is a reference.
    """
    template = cfn_yaml.load(str(CLOUD / path))
    template.pop("Outputs")
    for one in template["Resources"].values():
        one["Properties"].pop("DBParameterGroupName", None)
    formation = client("cloudformation")
    formation.create_stack(
        StackName=name,
        TemplateBody=json.dumps(template),
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        Capabilities=["CAPABILITY_IAM"],
    )
    (stack,) = formation.describe_stacks(StackName=name)["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    made = formation.list_stack_resources(StackName=name)["StackResourceSummaries"]
    return {one["ResourceType"]: one.get("PhysicalResourceId", "") for one in made if one.get("ResourceType")}


def test_a_cluster_is_made_as_the_template_says(client: Client, network: dict[str, str]) -> None:
    made = make(client, "warehouse", "redshift/cluster.yaml", {**network, "Nodes": "2"})
    assert {"AWS::KMS::Key", "AWS::IAM::Role", "AWS::EC2::SecurityGroup"} < set(made)
    assert {"AWS::Redshift::ClusterSubnetGroup", "AWS::Redshift::ClusterParameterGroup"} < set(made)
    (cluster,) = client("redshift").describe_clusters()["Clusters"]
    assert (cluster["DBName"], cluster["NodeType"], cluster["NumberOfNodes"]) == ("covid", "ra3.large", 2)
    assert cluster["Encrypted"] is True
    assert cluster["PubliclyAccessible"] is False
    assert cluster["EnhancedVpcRouting"] is True


@pytest.mark.filterwarnings("ignore:Tried to parse AWS..RedshiftServerless")
def test_what_the_emulator_knows_of_serverless_is_made(client: Client, network: dict[str, str]) -> None:
    made = make(client, "serverless", "redshift/serverless.yaml", network)
    assert set(made) == {"AWS::KMS::Key", "AWS::IAM::Role", "AWS::EC2::SecurityGroup"}
    policy = client("iam").get_role_policy(RoleName=made["AWS::IAM::Role"], PolicyName="batch-objects")
    assert "arn:aws:s3:::covid-lake/batch/redshift/*" in str(policy["PolicyDocument"])


@pytest.mark.parametrize(
    ("edition", "engine", "standby"), [("Express", "sqlserver-ex", False), ("Standard", "sqlserver-se", True)]
)
def test_each_edition_is_made_as_the_template_says(
    client: Client, network: dict[str, str], edition: str, engine: str, standby: bool
) -> None:
    parameters = {**network, "Edition": edition, "Standby": str(standby).lower()}
    made = make(client, f"store-{edition.lower()}", "sqlserver/database.yaml", parameters)
    assert {"AWS::RDS::DBInstance", "AWS::RDS::DBSubnetGroup", "AWS::RDS::DBParameterGroup"} < set(made)
    instances = client("rds").describe_db_instances()["DBInstances"]
    (found,) = (one for one in instances if one["Engine"] == engine)
    assert found["MultiAZ"] is standby
    assert found["StorageEncrypted"] is True
    assert found["PubliclyAccessible"] is False


@pytest.mark.parametrize("serverless", [True, False])
def test_the_job_gets_the_arguments_that_it_reads(serverless: bool) -> None:
    (job,) = resources(CLOUD / "redshift/glue.yaml", "AWS::Glue::Job").values()
    values = {"DataBucket": "covid-lake", "Workgroup": "covid", "Cluster": "cluster", "AWS::Region": REGION}
    words = []
    for name, given in job["DefaultArguments"].items():
        chosen = isinstance(given, dict) and given.get("Fn::If")
        value = given if not chosen else chosen[1] if serverless else chosen[2]
        if value == {"Ref": "AWS::NoValue"}:
            continue
        said = next(iter(value.values())) if isinstance(value, dict) else value
        words += [name, values.get(said, re.sub(r"\$\{DataBucket\}", "covid-lake", said))]
    options, others = parser().parse_known_args([*words, "--JOB_NAME", "any"])
    where = ("covid", None) if serverless else (None, "cluster")
    assert where == (options.WORKGROUP, options.CLUSTER)
    assert (options.SOURCE, options.OUT) == (
        "s3://covid-lake/covid/data",
        "s3://covid-lake/covid/out/redshift",
    )
    assert (options.BUCKET, options.REGION, options.DATABASE) == ("covid-lake", REGION, "covid")
    modules = others[others.index("--additional-python-modules") + 1].split(",")
    assert modules[:2] == [f"s3://covid-lake/covid/job/{wheel(name)}" for name in ("core", "batch")]
    template = cfn_yaml.load(str(CLOUD / "redshift/glue.yaml"))
    lock = (CLOUD.parent / "requirements.lock").read_text(encoding="utf-8")
    assert f"\n{template['Parameters']['Modules']['Default']} " in lock


def wheel(folder: str) -> str:
    project = tomllib.loads((CLOUD.parent / folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return f"{project['name'].replace('-', '_')}-{project['version']}-py3-none-any.whl"
