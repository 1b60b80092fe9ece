"""Our own services as parts of the stack: child processes, configured by the environment alone.

All wait for what the stream sends, so all yield to it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping

from covid_cli.stack.part import Part, answers
from covid_cli.stack.ports import HOST
from covid_cli.stack.process import Command
from covid_core import topics
from covid_core.environment import variable
from covid_core.settings import AlertSettings, SinkSettings, StreamSettings

STREAM = "stream"
_STREAM_SECONDS = 180
_STOP_SECONDS = 5


def _module(name: str, *arguments: str) -> tuple[str, ...]:
    # Unbuffered, so that a log shows what a part said last before it was killed.
    return (sys.executable, "-u", "-m", name, *arguments)


def _ready(port: int) -> str:
    return f"http://{HOST}:{port}/readyz"


def stream(environment: Mapping[str, str], ports: Mapping[str, int]) -> Part:
    """The Spark job. `SPARK_LOCAL_IP` keeps it off the machine's other addresses."""
    own = {
        variable(StreamSettings, "http_port"): str(ports["stream"]),
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_LOCAL_IP": HOST,
    }
    command = Command(_module("covid_stream"), {**environment, **own})
    return Part(
        STREAM,
        command,
        answers(_ready(ports["stream"])),
        start_seconds=_STREAM_SECONDS,
        stop_seconds=_STOP_SECONDS,
    )


def sink(name: str, environment: Mapping[str, str], ports: Mapping[str, int]) -> Part:
    """One sink's process."""
    port = ports[f"sink-{name}"]
    own = {variable(SinkSettings, "http_port"): str(port)}
    command = Command(_module("covid_sinks", name), {**environment, **own}, yields=True)
    return Part(f"sink-{name}", command, answers(_ready(port)), stop_seconds=_STOP_SECONDS)


def alerts(environment: Mapping[str, str], ports: Mapping[str, int]) -> Part:
    """The alerts: the rules of the package, unless COVID_ALERTS_… of this process say otherwise."""
    own = {variable(AlertSettings, "http_port"): str(ports["alerts"])}
    command = Command(_module("covid_alerts"), {**environment, **own}, yields=True)
    return Part("alerts", command, answers(_ready(ports["alerts"])), stop_seconds=_STOP_SECONDS)


def api(environment: Mapping[str, str], ports: Mapping[str, int]) -> Part:
    """The HTTP service."""
    command = Command(_module("covid_api"), dict(environment), yields=True)
    return Part("api", command, answers(_ready(ports["api"])), stop_seconds=_STOP_SECONDS)


def services(environment: Mapping[str, str], ports: Mapping[str, int]) -> list[Part]:
    """Every service that runs all the time."""
    sinks = [sink(name, environment, ports) for name in topics.SINKS]
    return [stream(environment, ports), *sinks, alerts(environment, ports), api(environment, ports)]


def healthy(ports: Mapping[str, int]) -> dict[str, Callable[[], bool]]:
    """A check of each service, by the name of its part."""
    names = (STREAM, *(f"sink-{name}" for name in topics.SINKS), "alerts", "api")
    return {name: answers(_ready(ports[name])) for name in names}
