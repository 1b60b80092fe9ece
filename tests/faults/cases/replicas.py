"""Sinks of which there are two for a while."""

from __future__ import annotations

import signal
import time

from covid_core import topics
from covid_sinks.runner import SESSION_SECONDS
from tests.faults.cases.scene import Scene
from tests.faults.rig import end


def zombie(scene: Scene) -> str:
    name = scene.chance.choice(topics.SINKS)
    other = scene.rig.replica(name)
    try:
        time.sleep(8)  # it has joined
        # Asked for only now: one that lost its session in the fault before may have ended, and begun again.
        scene.rig.until_healthy(f"sink-{name}")
        frozen = scene.rig.process(f"sink-{name}")
        frozen.send_signal(signal.SIGSTOP)
        try:
            time.sleep(SESSION_SECONDS + 10)
        finally:
            frozen.send_signal(signal.SIGCONT)
        time.sleep(5)
    finally:
        end(other)
    return name


def join_and_leave(scene: Scene) -> str:
    name = scene.chance.choice(topics.SINKS)
    other = scene.rig.replica(name)
    try:
        time.sleep(scene.chance.uniform(4, 12))
        kills = scene.chance.random() < 0.5
        if kills:
            other.kill()
    finally:
        end(other)
    return f"{name}, {'killed' if kills else 'left'}"
