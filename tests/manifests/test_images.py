"""Pods start what their images hold, and ask the ports that it listens on."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from covid_cli.main import COMMANDS
from covid_core import settings
from covid_core.environment import variable
from covid_producer import options
from covid_sinks import maintain
from reference import commands
from tests.manifests import kustomize
from tests.manifests.pods import Pod, environment, of_kind, pods

Resources = list[dict[str, Any]]

STORES: Final = ("dynamodb", "s3", "rds", "redshift")
PORTS: Final = {
    "api": (settings.ApiSettings, "port"),
    "producer": (settings.ProducerSettings, "http_port"),
    "alerts": (settings.AlertSettings, "http_port"),
    "stream-driver": (settings.StreamSettings, "http_port"),
    **{f"sink-{store}": (settings.SinkSettings, "http_port") for store in STORES},
}


def _dockerfile(folder: str) -> str:
    return (Path(kustomize.ROOT.parent) / folder / "Dockerfile").read_text(encoding="utf-8")


def _started(pod: Pod, folder: str) -> Sequence[str]:
    """What an image's entrypoint and a pod's arguments start: module, then arguments."""
    entrypoint = re.search(r"^ENTRYPOINT (\[.*\])$", _dockerfile(folder), re.MULTILINE)
    assert entrypoint
    python, flag, *words = json.loads(entrypoint[1])
    assert (python, flag) == ("python", "-m")
    (container,) = pod.containers
    assert "command" not in container
    return [*words, *container.get("args", ())]


def test_arguments_are_what_the_images_programs_take(resources: Resources) -> None:
    found = {pod.name: pod for pod in pods(resources)}
    assert _started(found["api"], "services/api") == ["covid_api"]
    assert _started(found["alerts"], "services/alerts") == ["covid_alerts"]
    for store in STORES:
        assert _started(found[f"sink-{store}"], "services/sinks") == ["covid_sinks", store]
    module, command = _started(found["init"], "cli")
    assert module == "covid_cli"
    assert command in COMMANDS
    module, command, *arguments = _started(found["verify"], "cli")
    assert (module, command) == ("covid_cli", "verify")
    context = commands.context()
    context.command.get_command(context, command).make_context(command, arguments, parent=context)
    module, command, *arguments = _started(found["maintain"], "services/sinks")
    assert (module, command) == ("covid_sinks", "maintain")
    assert maintain.parser().parse_args(arguments).json
    module, *arguments = _started(found["producer"], "services/producer")
    assert module == "covid_producer"
    given = options.parse(arguments, watched="phac jhu", every="1h")
    assert given.watch
    assert given.targets == ("phac", "jhu")


def test_probes_ask_the_port_that_the_service_listens_on(resources: Resources) -> None:
    found = {pod.name: pod for pod in pods(resources)}
    for name, (group, field) in PORTS.items():
        variables = environment(found[name], resources)
        (container,) = found[name].containers
        (port,) = [each["containerPort"] for each in container["ports"] if each["name"] == "http"]
        assert variables[variable(group, field)] == str(port), name
        host = field.replace("port", "host")
        assert variables[variable(group, host)] == "0.0.0.0", name


def test_the_stream_is_where_its_image_has_it(resources: Resources) -> None:
    (stream,) = of_kind(resources, "SparkApplication")
    script = stream["spec"]["mainApplicationFile"].removeprefix("local://")
    assert f"stream.py {script.rpartition('/')[0]}/" in _dockerfile("services/spark-stream")
    lock = (kustomize.ROOT.parent / "requirements.lock").read_text(encoding="utf-8")
    assert f"pyspark=={stream['spec']['sparkVersion']} " in lock
