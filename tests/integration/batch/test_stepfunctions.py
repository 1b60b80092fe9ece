"""`cloud/stepfunctions/`: created, and run by the emulator's interpreter of state machines."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import httpx
import pytest
from cfnlint.decode import decode

from covid_cli.batch.checkout import cloud

pytestmark = pytest.mark.integration

REGION = "ca-central-1"
SECONDS = 30
NOT_EMULATED = {
    "AWS::CloudWatch::Alarm",
    "AWS::SNS::Subscription",
    "AWS::SNS::TopicPolicy",
    "AWS::Scheduler::Schedule",
    "AWS::Scheduler::ScheduleGroup",
}
"""What the emulator's CloudFormation passes over."""


@dataclass(frozen=True)
class World:
    """A stack in the emulator."""

    endpoint: str
    name: str
    template: dict[str, Any]

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id="covid",
            aws_secret_access_key="covid",
        )

    def resources(self) -> dict[str, dict[str, str]]:
        found = self.client("cloudformation").describe_stack_resources(StackName=self.name)
        return {
            one["LogicalResourceId"]: one
            for one in found["StackResources"]
            if one.get("LogicalResourceId") is not None
        }

    def interpret(self, yes: bool) -> None:
        """Whether state machines are run, or only kept as CloudFormation makes them."""
        config = {"stepfunctions": {"execute_state_machine": yes}}
        httpx.post(f"{self.endpoint}/moto-api/config", json=config, trust_env=False).raise_for_status()


@pytest.fixture
def world(emulator: str, unique: str) -> Iterator[World]:
    content, problems = decode(str(cloud("stepfunctions") / "template.yaml"))
    assert not problems
    template = json.loads(json.dumps(content))
    machine = template["Resources"]["Machine"]["Properties"]
    # The emulator knows a definition as text only.
    machine["DefinitionString"] = {
        "Fn::Sub": [json.dumps(machine.pop("Definition")), machine.pop("DefinitionSubstitutions")]
    }
    made = World(emulator, unique, template)
    made.interpret(False)
    given = {"Bucket": "lake", "Subnet": "subnet-12345678", "AlarmEmail": "alarms@example.org"}
    made.client("cloudformation").create_stack(
        StackName=unique,
        TemplateBody=json.dumps(template),
        Capabilities=["CAPABILITY_IAM"],
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()],
    )
    try:
        yield made
    finally:
        made.interpret(False)


@pytest.fixture
def machine(world: World) -> dict[str, Any]:
    """The definition as CloudFormation made it, but for its patience; from now on the emulator interprets."""
    kept = world.client("stepfunctions")
    arn = world.resources()["Machine"]["PhysicalResourceId"]
    definition: dict[str, Any] = json.loads(kept.describe_state_machine(stateMachineArn=arn)["definition"])
    definition["States"]["Wait"]["Seconds"] = 0
    world.interpret(True)
    return definition


@pytest.fixture
def heard(world: World) -> Any:
    """A queue that hears the alarms; called, the messages in it."""
    sqs = world.client("sqs")
    queue = sqs.create_queue(QueueName=world.name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = world.resources()["Alarms"]["PhysicalResourceId"]
    world.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)

    def messages() -> list[dict[str, Any]]:
        found = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(one["Body"]) for one in found]

    return messages


def start(world: World, definition: dict[str, Any], name: str) -> str:
    client = world.client("stepfunctions")
    made = client.create_state_machine(
        name=f"{world.name}-{name}",
        definition=json.dumps(definition),
        roleArn=f"arn:aws:iam::123456789012:role/{world.resources()['MachineRole']['PhysicalResourceId']}",
    )
    started = client.start_execution(stateMachineArn=made["stateMachineArn"], name=name, input="{}")
    arn: str = started["executionArn"]
    return arn


def ended(world: World, execution: str) -> dict[str, Any]:
    client = world.client("stepfunctions")
    deadline = time.monotonic() + SECONDS
    while True:
        found: dict[str, Any] = client.describe_execution(executionArn=execution)
        if found["status"] != "RUNNING":
            return found
        assert time.monotonic() < deadline, client.get_execution_history(executionArn=execution)["events"][
            -5:
        ]
        time.sleep(0.1)


def entered(world: World, execution: str) -> list[str]:
    history = world.client("stepfunctions").get_execution_history(executionArn=execution)["events"]
    return [one["stateEnteredEventDetails"]["name"] for one in history if "stateEnteredEventDetails" in one]


def cluster_of(world: World) -> str:
    """The cluster that was started with this stack's role."""
    emr = world.client("emr")
    role = world.resources()["ClusterRole"]["PhysicalResourceId"]
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        for one in emr.list_clusters()["Clusters"]:
            if emr.describe_cluster(ClusterId=one["Id"])["Cluster"]["ServiceRole"].endswith(role):
                return str(one["Id"])
        time.sleep(0.1)
    raise AssertionError("no cluster was started")


def test_everything_that_the_emulator_knows_is_created(world: World) -> None:
    made = world.resources()
    types = {name: one["Type"] for name, one in world.template["Resources"].items()}
    assert {types[name] for name in set(types) - set(made)} == NOT_EMULATED
    (stack,) = world.client("cloudformation").describe_stacks(StackName=world.name)["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"


def test_it_starts_a_cluster_that_ends_with_its_step_and_says_so_when_it_did_not_end_well(
    world: World, machine: dict[str, Any], heard: Any
) -> None:
    execution = start(world, machine, "terminated")
    cluster = cluster_of(world)
    emr = world.client("emr")
    described = emr.describe_cluster(ClusterId=cluster)["Cluster"]
    assert described["AutoTerminate"] is True
    assert described["TerminationProtected"] is False
    groups = emr.list_instance_groups(ClusterId=cluster)["InstanceGroups"]
    assert {one["InstanceGroupType"]: one["RequestedInstanceCount"] for one in groups} == {
        "MASTER": 1,
        "CORE": 2,
    }
    (step,) = emr.list_steps(ClusterId=cluster)["Steps"]
    assert step["ActionOnFailure"] == "TERMINATE_CLUSTER"
    assert step["Config"]["Args"][:3] == ["spark-submit", "s3://lake/covid/job/job.py", "emr"]
    # It looks again as long as the cluster is there.
    deadline = time.monotonic() + SECONDS
    while entered(world, execution).count("Look") < 2:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    emr.terminate_job_flows(JobFlowIds=[cluster])
    found = ended(world, execution)
    assert (found["status"], found["error"]) == ("FAILED", "BackfillFailed")
    assert entered(world, execution)[-4:] == ["Look", "Ended", "Alarm", "Failed"]
    (alarm,) = heard()
    assert alarm["Subject"] == "COVID-19 backfill failed"
    told = json.loads(alarm["Message"])
    assert told["Started"]["JobFlowId"] == cluster
    assert told["Looked"]["State"] == "TERMINATED"


def test_a_cluster_that_cannot_be_started_is_an_alarm(
    world: World, machine: dict[str, Any], heard: Any
) -> None:
    # EMR wants three primary nodes or one.
    groups = machine["States"]["Start"]["Parameters"]["Instances"]["InstanceGroups"]
    groups[0]["InstanceCount"] = 2
    execution = start(world, machine, "refused")
    assert ended(world, execution)["status"] == "FAILED"
    assert entered(world, execution) == ["Start", "Alarm", "Failed"]
    (alarm,) = heard()
    assert (
        "Master instance group must have exactly 3 instances"
        in json.loads(alarm["Message"])["Error"]["Cause"]
    )


@pytest.mark.parametrize(
    ("status", "then"),
    [
        ({"State": "TERMINATED", "StateChangeReason": {"Code": "ALL_STEPS_COMPLETED"}}, "Done"),
        ({"State": "TERMINATING", "StateChangeReason": {"Code": "ALL_STEPS_COMPLETED"}}, "Done"),
        ({"State": "TERMINATED", "StateChangeReason": {"Code": "USER_REQUEST"}}, "Alarm"),
        ({"State": "TERMINATED_WITH_ERRORS", "StateChangeReason": {"Code": "STEP_FAILURE"}}, "Alarm"),
        ({"State": "TERMINATED_WITH_ERRORS", "StateChangeReason": {"Code": "BOOTSTRAP_FAILURE"}}, "Alarm"),
    ],
)
def test_what_emr_answers_decides(
    world: World, machine: dict[str, Any], status: dict[str, Any], then: str
) -> None:
    """The emulator's clusters never complete a step: EMR's documented answers stand in for the question."""
    look = machine["States"]["Look"]
    machine["States"]["Look"] = {
        "Type": "Pass",
        "Result": {"State": status["State"], "Reason": status["StateChangeReason"]},
        "ResultPath": look["ResultPath"],
        "Next": look["Next"],
    }
    execution = start(world, machine, "answered")
    assert ended(world, execution)["status"] == ("SUCCEEDED" if then == "Done" else "FAILED")
    assert entered(world, execution)[3:5] == ["Ended", then]


def test_the_schedule_starts_the_machine_by_its_own_role(world: World) -> None:
    scheduler, made = world.client("scheduler"), world.resources()
    machine = made["Machine"]["PhysicalResourceId"]
    role = f"arn:aws:iam::123456789012:role/{made['SchedulerRole']['PhysicalResourceId']}"
    properties = world.template["Resources"]["Daily"]["Properties"]
    assert properties["Target"]["Arn"] == {"Ref": "Machine"}
    assert properties["Target"]["RoleArn"] == {"Fn::GetAtt": ["SchedulerRole", "Arn"]}
    scheduler.create_schedule_group(Name=world.name)
    scheduler.create_schedule(
        Name=world.name,
        GroupName=world.name,
        ScheduleExpression=world.template["Parameters"]["When"]["Default"],
        ScheduleExpressionTimezone=properties["ScheduleExpressionTimezone"],
        FlexibleTimeWindow=properties["FlexibleTimeWindow"],
        Target={**properties["Target"], "Arn": machine, "RoleArn": role},
    )
    kept = scheduler.get_schedule(Name=world.name, GroupName=world.name)
    assert kept["ScheduleExpression"] == "cron(30 6 * * ? *)"
    assert kept["Target"]["RetryPolicy"]["MaximumRetryAttempts"] == 5
