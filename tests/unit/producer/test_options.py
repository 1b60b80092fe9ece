"""The command line of the producer."""

from __future__ import annotations

import datetime as dt

import pytest

from covid_producer.options import Options, parse


def options(*arguments: str, watched: str = "phac jhu", every: str = "1h") -> Options:
    return parse(["publish", *arguments], watched=watched, every=every)


def test_canada_once_is_the_default() -> None:
    assert options("a", "b") == Options(("a", "b"), False, 3600.0, frozenset({"CA"}), None, False, False)


@pytest.mark.parametrize(
    ("text", "codes"),
    [("all", None), ("ALL", None), ("CA", {"CA"}), ("CA, US", {"CA", "US"}), ("XK", {"XK"}), ("XD", {"XD"})],
)
def test_countries(text: str, codes: set[str] | None) -> None:
    assert options("a", "--countries", text).countries == codes


@pytest.mark.parametrize(
    ("text", "seconds"), [("500ms", 0.5), ("30s", 30), ("1.5m", 90), ("1h", 3600), ("2d", 172_800)]
)
def test_durations(text: str, seconds: float) -> None:
    assert options("a", "--every", text).every == seconds


def test_what_is_watched_may_come_from_the_settings() -> None:
    watching = options("--watch", watched="jhu phac", every="10m")
    assert (watching.targets, watching.watch, watching.every) == (("jhu", "phac"), True, 600.0)
    assert options("--watch", "folder", watched="jhu").targets == ("folder",)


def test_reported_at_is_told_in_any_zone() -> None:
    expected = dt.datetime(2021, 1, 15, 4, 0, tzinfo=dt.UTC)
    assert options("a", "--reported-at", "2021-01-14T23:00:00-05:00").reported_at == expected


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give a PATH"),
        (["a", "--every", "hourly"], "'hourly' is not a duration"),
        (["a", "--every", "0s"], "not a duration"),
        (["a", "--countries", "CA-ON"], "'CA-ON' is no country's code"),
        (["a", "--countries", "ca"], "no country's code"),
        (["a", "--countries", ","], "no country's code"),
        (["a", "--reported-at", "2021-01-14T23:59:59"], "not a time with its zone"),
        (["a", "--reported-at", "yesterday"], "not a time with its zone"),
    ],
)
def test_a_wrong_command_line_exits_with_2_and_says_why(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        options(*arguments)
    assert caught.value.code == 2
    assert message in capsys.readouterr().err
