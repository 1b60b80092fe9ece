"""The templates of the Lambda functions: what they deploy is there, may do what it needs, and can be made.

cfn-lint (`make lint`) checks the rest.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from importlib import import_module
from typing import Any, Final

import boto3
import msgspec
import pytest
from moto.server import ThreadedMotoServer
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from covid_cli.batch import templates
from covid_cli.batch.apigateway.vtl import render
from covid_core import inbox
from covid_core.environment import load, variable
from covid_core.records import MAX_COUNT
from covid_core.settings import ALL

NAMES: Final = ("apigateway/template.yaml", "lambda/template.yaml")
REGION: Final = "ca-central-1"
ACCOUNT: Final = "123456789012"
SETTINGS: Final = {variable(group, field.name) for group in ALL for field in msgspec.structs.fields(group)}
WITHOUT_RESOURCES: Final = {"dynamodb:ListStreams"}
"""Actions that IAM has no resource for."""
GIVEN: Final = {
    "KafkaBootstrap": "b-1.example:9098",
    "KafkaCluster": f"arn:aws:kafka:{REGION}:{ACCOUNT}:cluster/log/uuid",
    "Subnets": "subnet-1",
    "SecurityGroups": "sg-1",
    "PandasLayer": f"arn:aws:lambda:{REGION}:336392948345:layer:AWSSDKPandas-Python313-Arm64:11",
}


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def of_type(name: str, kind: str) -> dict[str, Any]:
    """The properties of a template's resources of one type, by their names."""
    resources = templates.read(name)["Resources"]
    return {key: each["Properties"] for key, each in resources.items() if each["Type"] == kind}


def test_handlers_are_there_and_their_variables_are_settings(name: str) -> None:
    functions = of_type(name, "AWS::Serverless::Function")
    assert functions
    for properties in functions.values():
        module, _, function = properties["Handler"].rpartition(".")
        assert callable(getattr(import_module(module), function))
        variables = properties["Environment"]["Variables"]
        assert {each for each in variables if each.startswith("COVID_")} <= SETTINGS
        for group in ALL:
            load(group, {key: value for key, value in variables.items() if isinstance(value, str)}, str)


def test_handlers_start_without_spark_and_those_of_the_inbox_without_numpy() -> None:
    code = (
        "import sys; from covid_batch.aws_lambda import changes, uploads;"
        "assert not {'numpy', 'pandas', 'pyarrow'} & set(sys.modules);"
        "from covid_batch.aws_lambda import charts; assert 'pyspark' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def statements(name: str) -> Iterator[tuple[set[str], list[Any]]]:
    for role in of_type(name, "AWS::IAM::Role").values():
        for policy in role["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                actions, resources = statement["Action"], statement["Resource"]
                yield (
                    {actions} if isinstance(actions, str) else set(actions),
                    resources if isinstance(resources, list) else [resources],
                )


def test_roles_name_their_actions_and_resources(name: str) -> None:
    found = list(statements(name))
    assert found
    for actions, resources in found:
        assert not [action for action in actions if "*" in action]
        if "*" in resources:
            assert actions <= WITHOUT_RESOURCES


def test_the_upload_function_may_read_the_reports_by_which_it_knows_what_is_done() -> None:
    (reports,) = (
        actions
        for actions, resources in statements(NAMES[0])
        if any("/inbox-reports/" in str(resource) for resource in resources)
    )
    assert reports == {"s3:GetObject", "s3:PutObject"}


def test_a_post_stores_when_it_was_said_as_uploads_do() -> None:
    api = of_type(NAMES[0], "AWS::Serverless::Api")["Api"]["DefinitionBody"]
    asked = api["paths"]["/records"]["post"]["x-amazon-apigateway-integration"]["requestTemplates"]
    template = asked["application/json"]["Fn::Sub"]
    context = {"identity": {"userArn": "somebody"}, "requestId": "r1", "requestTimeEpoch": 1614600000007}
    body = {"id": "phac:CA-ON:2021-01-02", "confirmed": 5}
    item = json.loads(render(template, json.dumps(body), {}, context).text)["Item"]
    now = dt.datetime.fromtimestamp(1614600000.007, dt.UTC)
    assert item["said_at"] == inbox.item_of(inbox.correction(item, now), "somebody", now)["said_at"]


def test_buckets_are_private_encrypted_and_versioned(name: str) -> None:
    buckets = of_type(name, "AWS::S3::Bucket")
    assert buckets
    for bucket in buckets.values():
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    guarded = [each["Bucket"]["Ref"] for each in of_type(name, "AWS::S3::BucketPolicy").values()]
    assert sorted(guarded) == sorted(buckets)


def test_writes_need_a_signature() -> None:
    api = of_type(NAMES[0], "AWS::Serverless::Api")["Api"]["DefinitionBody"]
    for path, methods in api["paths"].items():
        for method, operation in methods.items():
            signed = operation.get("security") == [{"sigv4": []}]
            assert signed == (path == "/records"), (method, path)


def test_the_gateway_checks_ids_as_its_mapping_templates_do() -> None:
    api = of_type(NAMES[0], "AWS::Serverless::Api")["Api"]["DefinitionBody"]
    pattern = api["components"]["schemas"]["Correction"]["properties"]["id"]["pattern"]
    for method in ("get", "delete"):
        integration = api["paths"]["/records"][method]["x-amazon-apigateway-integration"]
        asked = integration["requestTemplates"]["application/json"]["Fn::Sub"]
        assert f"$id.matches('{pattern.strip('^$')}')" in asked
    known = re.compile(pattern)
    assert known.fullmatch("phac-weekly:CA-ON:2021-01-02")
    assert not known.fullmatch("CA-ON")


def test_the_gateway_takes_no_count_that_the_log_refuses() -> None:
    api = of_type(NAMES[0], "AWS::Serverless::Api")["Api"]["DefinitionBody"]
    count = api["components"]["schemas"]["Count"]
    assert (count["type"], count["minimum"], count["maximum"]) == ("integer", 0, MAX_COUNT)


@pytest.mark.parametrize(("method", "followed"), [("post", True), ("delete", False)])
def test_a_request_id_is_answered_where_the_record_in_the_log_carries_it(method: str, followed: bool) -> None:
    api = of_type(NAMES[0], "AWS::Serverless::Api")["Api"]["DefinitionBody"]
    integration = api["paths"]["/records"][method]["x-amazon-apigateway-integration"]
    stored = integration["requestTemplates"]["application/json"]["Fn::Sub"]
    answered = integration["responses"]["200"]["responseTemplates"]["application/json"]
    assert ("$context.requestId" in stored, "$context.requestId" in answered) == (followed, followed)


@pytest.mark.parametrize("method", ["post", "delete"])
def test_who_writes_an_item_that_a_file_is_writing_is_told_to_try_again(method: str) -> None:
    api = of_type(NAMES[0], "AWS::Serverless::Api")["Api"]["DefinitionBody"]
    responses = api["paths"]["/records"][method]["x-amazon-apigateway-integration"]["responses"]
    template = responses["400"]["responseTemplates"]["application/json"]
    conflict = json.dumps({"__type": "com.amazonaws.dynamodb.v20120810#TransactionConflictException"})
    shown = render(template, conflict, {}, {})
    assert shown.status == 503
    assert json.loads(shown.text)["message"].endswith("try again later.")


def made_plain(name: str) -> Any:
    """The template without SAM, as CloudFormation would see it after its transform."""
    template = templates.read(name)
    for each in template["Resources"].values():
        # As `sam package` leaves it: where the code lies in S3.
        for key in ("CodeUri", "ContentUri"):
            if key in each["Properties"]:
                each["Properties"][key] = "s3://packaged/code.zip"
    template["Globals"] = {**template.get("Globals", {})}
    if "Function" in template["Globals"]:
        template["Globals"]["Function"]["CodeUri"] = "s3://packaged/code.zip"
    parameters = {key: GIVEN[key] for key in template["Parameters"] if key in GIVEN}
    translator = Translator({}, Parser(), boto_session=boto3.Session(region_name=REGION))
    return translator.translate(template, parameters)


@pytest.fixture(scope="module")
def emulator() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def client(service: Any, endpoint: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id="x",
        aws_secret_access_key="x",
    )


UNKNOWN_TO_THE_EMULATOR: Final = {
    "AWS::ApiGateway::Deployment",
    "AWS::ApiGateway::Stage",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::Url",
    "AWS::S3::BucketPolicy",
}
"""What moto does not make from a template, or not from an API's OpenAPI body."""


@pytest.fixture(scope="module")
def stacks(emulator: str) -> dict[str, list[Any]]:
    """What the emulator has made of each template."""
    s3 = client("s3", emulator)
    s3.create_bucket(Bucket="packaged", CreateBucketConfiguration={"LocationConstraint": REGION})
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("code.py", "")
    s3.put_object(Bucket="packaged", Key="code.zip", Body=archive.getvalue())
    return {name: stack_in(emulator, name) for name in NAMES}


def stack_in(endpoint: str, name: str) -> list[Any]:
    """Create what the emulator can of a template; the resources."""
    plain = made_plain(name)
    plain.pop("Outputs")
    resources = plain["Resources"].items()
    plain["Resources"] = {k: each for k, each in resources if each["Type"] not in UNKNOWN_TO_THE_EMULATOR}
    stack = name.partition("/")[0]
    cloudformation = client("cloudformation", endpoint)
    cloudformation.create_stack(
        StackName=stack,
        TemplateBody=json.dumps(plain),
        Parameters=[
            {"ParameterKey": key, "ParameterValue": GIVEN[key]} for key in plain["Parameters"] if key in GIVEN
        ],
        Capabilities=["CAPABILITY_IAM"],
    )
    found: list[Any] = cloudformation.describe_stack_resources(StackName=stack)["StackResources"]
    return found


def test_the_emulator_makes_what_it_knows(name: str, emulator: str, stacks: dict[str, list[Any]]) -> None:
    found = stacks[name]
    assert {each["ResourceStatus"] for each in found} == {"CREATE_COMPLETE"}
    plain = made_plain(name)["Resources"].items()
    assert {each["LogicalResourceId"] for each in found} == {
        key for key, each in plain if each["Type"] not in UNKNOWN_TO_THE_EMULATOR
    }
    made = {each["LogicalResourceId"]: each.get("PhysicalResourceId") for each in found}
    s3 = client("s3", emulator)
    rules = s3.get_bucket_encryption(Bucket=made["Bucket"])["ServerSideEncryptionConfiguration"]["Rules"]
    assert rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"


def test_the_table_of_the_inbox_in_the_emulator(emulator: str, stacks: dict[str, list[Any]]) -> None:
    found = client("dynamodb", emulator).describe_table(TableName="covid_inbox")["Table"]
    assert found["KeySchema"] == [{"AttributeName": "id", "KeyType": "HASH"}]
    assert found["StreamSpecification"] == {
        "StreamEnabled": True,
        "StreamViewType": "NEW_AND_OLD_IMAGES",
    }
    (source,) = client("lambda", emulator).list_event_source_mappings()["EventSourceMappings"]
    assert source["EventSourceArn"] == found["LatestStreamArn"]
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_the_emulator_imports_the_api(emulator: str) -> None:
    template = templates.read(NAMES[0])
    names = {**templates.defaults(template), "AWS::Partition": "aws", "AWS::Region": REGION}
    names["ApiRole.Arn"] = f"arn:aws:iam::{ACCOUNT}:role/api"
    body = templates.resolve(template["Resources"]["Api"]["Properties"]["DefinitionBody"], names)
    gateway = client("apigateway", emulator)
    api = gateway.import_rest_api(body=json.dumps(body).encode())["id"]
    found = {}
    for resource in gateway.get_resources(restApiId=api)["items"]:
        for method in resource.get("resourceMethods", ()):
            place = {"restApiId": api, "resourceId": resource["id"], "httpMethod": method}
            found[method, resource["path"]] = gateway.get_integration(**place)["uri"].rpartition("/")[2]
    assert found == {
        ("POST", "/records"): "PutItem",
        ("GET", "/records"): "GetItem",
        ("DELETE", "/records"): "DeleteItem",
        ("GET", "/metrics"): "Query",
    }
