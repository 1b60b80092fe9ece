"""What is written into files of properties, read back by the rule of `java.util.Properties`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from covid_cli.stack.ports import DEFAULTS
from covid_cli.stack.servers.kafka import kafka
from covid_cli.stack.servers.properties import escaped

BLANK = " \t\f"
ESCAPED = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
NAMED = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}


def lines(text: str) -> Iterator[str]:
    """Logical lines: those that end with an odd number of backslashes go on in the next."""
    begun = ""
    for natural in re.split(r"\r\n|\r|\n", text):
        line = natural.lstrip(BLANK)
        if not begun and (not line or line[0] in "#!"):
            continue
        begun += line
        if (len(line) - len(line.rstrip("\\"))) % 2:
            begun = begun[:-1]
            continue
        yield begun
        begun = ""


def unescaped(text: str) -> str:
    plain = ESCAPED.sub(
        lambda found: chr(int(found[1], 16)) if found[1] else NAMED.get(found[2], found[2]), text
    )
    return plain.encode("utf-16-be", "surrogatepass").decode("utf-16-be", "surrogatepass")


def loaded(content: bytes) -> dict[str, str]:
    """The properties of a file whose keys hold no escapes."""
    found = {}
    for line in lines(content.decode("iso-8859-1")):
        key, _, value = line.partition("=")
        found[key.rstrip(BLANK)] = unescaped(value.lstrip(BLANK))
    return found


@pytest.mark.parametrize(
    "value",
    [
        "/home/ann/.covid-tracker",
        "/home/josé x",
        "/home/岳/😀",
        r"/home/a\b\u0041\\",
        " begins and ends with blanks\t",
        "two\nlines",
        "#=:!",
        "/home/\udce9",
    ],
)
def test_a_value_reads_back_as_it_was(value: str) -> None:
    written = f"a=1\nvalue={escaped(value)}\nb=2\n".encode("ascii")
    assert loaded(written) == {"a": "1", "value": value, "b": "2"}


@pytest.mark.parametrize("name", ["home", "josé 岳", "a\\b"])
def test_the_broker_keeps_its_data_in_a_home_of_any_name(tmp_path: Path, name: str) -> None:
    java = tmp_path / "java"
    java.write_text("#!/bin/sh\n")
    java.chmod(0o755)
    home = tmp_path / name
    kafka(java, tmp_path / "jars", home, DEFAULTS).prepare()
    config = loaded((home / "kafka" / "server.properties").read_bytes())
    assert config["log.dirs"] == str(home / "kafka" / "data")
    assert config["node.id"] == "1"
