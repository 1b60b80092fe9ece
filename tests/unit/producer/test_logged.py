"""The producer's report as entries of a log."""

from __future__ import annotations

import logging

import pytest

from covid_producer.logged import LoggedReport
from covid_producer.plan import Plan
from covid_producer.publish import Outcome


def test_a_colour_says_how_grave_an_entry_is(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    report = LoggedReport()
    report.say("watching")
    report.say("a line was refused", "yellow")
    report.now("no publisher answers", "red")
    report.now()
    assert [(entry.levelname, entry.getMessage()) for entry in caplog.records] == [
        ("INFO", "watching"),
        ("WARNING", "a line was refused"),
        ("ERROR", "no publisher answers"),
    ]


def test_nothing_is_printed(caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]) -> None:
    caplog.set_level(logging.INFO)
    with LoggedReport().bar():
        LoggedReport().summary(Outcome(Plan([], [], [])))
    assert [entry.getMessage() for entry in caplog.records] == ["nothing new to publish"]
    assert capsys.readouterr().out == ""
