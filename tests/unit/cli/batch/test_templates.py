"""The policies of `cloud/stepfunctions/` and `cloud/datapipeline/` name actions and resources."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from cfnlint.decode import decode

from covid_cli.batch.checkout import cloud

ANYTHING_OF = {
    # What has no resource to name: see AWS's service authorization reference.
    "datapipeline:EvaluateExpression",
    "datapipeline:PollForTask",
    "datapipeline:ReportTaskProgress",
    "datapipeline:ReportTaskRunnerHeartbeat",
    "datapipeline:SetTaskStatus",
    "ec2:DescribeInstances",
    "ec2:DescribeSubnets",
    "elasticmapreduce:ListClusters",
    "elasticmapreduce:RunJobFlow",
    "iam:ListInstanceProfiles",
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
}


def words(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def statements(folder: str) -> Iterator[dict[str, Any]]:
    template, problems = decode(str(cloud(folder) / "template.yaml"))
    assert not problems
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        documents = [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
        if resource["Type"] == "AWS::IAM::RolePolicy":
            documents.append(properties["PolicyDocument"])
        for document in documents:
            yield from document["Statement"]


@pytest.mark.parametrize("folder", ["stepfunctions", "datapipeline"])
def test_roles_name_actions_and_resources(folder: str) -> None:
    found = list(statements(folder))
    assert len(found) > 5
    for statement in found:
        actions = words(statement["Action"])
        assert not [action for action in actions if "*" in action]
        if statement["Resource"] == "*":
            assert set(actions) <= ANYTHING_OF
        if "iam:PassRole" in actions:
            assert "iam:PassedToService" in statement["Condition"]["StringEquals"]
