"""What becomes of a recording of archives that is not waited for."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from covid_cli import warm


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_recording_like_ctrl_c(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    """By an exception, so that whoever records stops the broker and the stream."""
    stopped = False

    def record(*_: object) -> list[str]:
        nonlocal stopped
        try:
            os.kill(os.getpid(), number)
        finally:
            stopped = True
        return []

    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    monkeypatch.setattr(warm, "find_java", lambda: tmp_path / "java")
    monkeypatch.setattr(warm.jars, "present", lambda *_: {})
    monkeypatch.setattr(warm.classes, "archives", lambda *_: {"kafka": tmp_path / "absent.jsa"})
    monkeypatch.setattr(warm.training, "record", record)
    try:
        with pytest.raises(KeyboardInterrupt):
            warm.command()
    finally:
        signal.signal(signal.SIGHUP, before)
    assert stopped
