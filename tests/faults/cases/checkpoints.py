"""The stream's checkpoint: deleted, or of another release."""

from __future__ import annotations

import shutil
import signal

import msgspec
from confluent_kafka import Producer

from covid_core import control, topics
from covid_core.region_state import STATE_FORMAT
from tests.faults.cases.scene import Scene
from tests.faults.rig import HEALTHY_SECONDS, STREAM, waited
from tests.integration.test_stream import generation_of


def deleted(scene: Scene) -> str:
    checkpoint = scene.rig.home / "checkpoint"
    # One fault may come soon after another: before the stream has begun there is none.
    assert waited(checkpoint.exists, HEALTHY_SECONDS), f"no {checkpoint}"
    with scene.rig.down(STREAM):
        shutil.rmtree(checkpoint)
    return "deleted"


def other_release(scene: Scene) -> str:
    rig, log = scene.rig, scene.rig.log(STREAM)
    kind = scene.chance.choice(("another definition", "another state", "newer offsets", "newer commits"))
    # One fault may come soon after another: only a stream that has begun leaves anything.
    rig.until_healthy(STREAM)
    present = generation_of(rig.connection()["bootstrap.servers"])
    named = f"generation-{present.generation}-*-state-{STATE_FORMAT}"
    folders = (rig.home / "checkpoint").glob
    assert waited(lambda: any(folders(f"{named}/commits/[0-9]*")), HEALTHY_SECONDS), f"no {named}"
    (folder,) = folders(named)
    with rig.down(STREAM, signal.SIGTERM):
        said = log.stat().st_size
        if kind == "another definition":
            later = {"generation": present.generation + 1, "definition": present.definition + 1}
            producer = Producer(rig.connection())
            value = control.encode(msgspec.structs.replace(present, **later))
            producer.produce(topics.CONTROL, value, control.GENERATION)
            assert producer.flush(30) == 0
        elif kind == "another state":
            theirs = folder.with_name(f"{folder.name}9")
            shutil.rmtree(theirs, ignore_errors=True)
            folder.rename(theirs)
        else:
            for file in (folder / kind.split()[1]).glob("[0-9]*"):
                file.write_text(file.read_text().replace("v1", "v9", 1))
    if kind.startswith("newer"):
        sentence = f"this release cannot read the checkpoint {folder}"
        assert waited(lambda: sentence.encode() in log.read_bytes()[said:], HEALTHY_SECONDS), (
            "the stream says nothing"
        )
        # As the sentence wants.
        with rig.down(STREAM):
            shutil.rmtree(folder)
    return kind
