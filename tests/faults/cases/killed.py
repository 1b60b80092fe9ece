"""kill -9 of every process."""

from __future__ import annotations

import contextlib
import subprocess

import psutil

from tests.faults.cases.scene import Scene
from tests.faults.rig import SINKS, STREAM


def producer(scene: Scene) -> str:
    process = scene.rig.publishing("--force", str(scene.chance.choice(scene.files)))
    seconds = scene.chance.uniform(0.3, 4)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    process.kill()
    process.wait()
    # Started again like a person would: without --force it publishes what is not listed as finished.
    for path in scene.files:
        scene.rig.publishing(str(path)).wait(120)
    return f"after {seconds:.1f} s"


def stream(scene: Scene) -> str:
    stream = scene.rig.process(STREAM)
    workers = [child for child in stream.children(recursive=True) if _is_worker(child)]
    if workers and scene.chance.random() < 0.5:
        scene.chance.choice(workers).kill()
        return "a Python worker"
    jvms = [child for child in stream.children() if "java" in child.name()]
    if jvms and scene.chance.random() < 0.5:
        jvms[0].kill()
        return "the JVM"
    scene.rig.kill(STREAM)
    return "the driver"


def _is_worker(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.Error):
        return any("covid_stream.daemon" in word or "pyspark" in word for word in process.cmdline()[1:4])
    return False


def sink(scene: Scene) -> str:
    name = scene.chance.choice(SINKS)
    scene.rig.kill(name)
    return name


def broker(scene: Scene) -> str:
    scene.rig.kill("kafka")
    return "killed"


def api(scene: Scene) -> str:
    scene.rig.kill("api")
    return "killed"
