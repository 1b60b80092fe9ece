"""Publishing once: what is appended, and what is not appended again."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path
from typing import Any, cast

import pytest

from covid_core import dlq, records, topics
from covid_core.partitioning import partition_of
from covid_producer.kafka import Headers, Log
from covid_producer.plan import Plan, Scope
from covid_producer.publish import Publisher, Stopped
from covid_producer.sources.folder import Folder
from tests.integration.producer.files import new_number, phac
from tests.integration.producer.processes import Publish
from tests.integration.producer.tap import Tap

pytestmark = pytest.mark.integration


CANADA = Scope(frozenset({"CA"}), None, False)


def test_a_folder_is_published_whole(tmp_path: Path, tap: Tap, publish: Publish) -> None:
    bad = "36,Nowhere,Nulle part,2021-01-14,0,0,1,5,0\n35,Ontario,Ontario,2021-01-15,0,0,1,-5,0\n"
    text = phac("2021-01-13", "2021-01-14", bad=bad)
    (tmp_path / "covid19.csv").write_text(text)
    (tmp_path / "README.md").write_text("# about\n")
    head = "Province/State,Country/Region,Lat,Long,1/22/20,1/23/20\n"
    number = new_number()
    for n, field in enumerate(("confirmed", "deaths", "recovered")):
        rows = ",Canada,,,3,4\n" if field == "recovered" else f"Ontario,Canada,,,{number},{number + n}\n"
        (tmp_path / f"time_series_covid19_{field}_global.csv").write_text(head + rows)
    result = publish(tmp_path)
    assert result.returncode == 3, result.stdout + result.stderr
    tap.read()

    ids = [(record.id, record.confirmed, record.deaths, record.recovered) for record in tap.records()]
    confirmed = int(text.splitlines()[1].split(",")[7])
    # A record's order in the log is by file and day; partitions come one after the other here.
    assert sorted(ids, key=str) == sorted(
        [
            ("phac:CA-ON:2021-01-13", confirmed, 1, None),
            ("phac:CA-ON:2021-01-14", confirmed, 1, None),
            ("jhu:CA-ON:2020-01-22", number, number, None),
            ("jhu:CA-ON:2020-01-23", number, number + 1, None),
            ("jhu:CA:2020-01-22", number, number, 3),
            ("jhu:CA:2020-01-23", number, number + 1, 4),
        ],
        key=str,
    )
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    partitions = 1 + max(message.partition() or 0 for message in tap.of(topics.RECORDS))
    for message in tap.of(topics.RECORDS):
        record = records.decode(message.value(), dt.datetime.now(dt.UTC))
        assert message.key() == record.region.encode()
        assert message.partition() == partition_of(record.region, 4), partitions
        headers = {name: bytes(value or b"").decode() for name, value in cast(Headers, message.headers())}
        assert headers["actor"] == "producer"
        if record.source == "phac":
            assert headers["file"] == f"covid19.csv {sha256}"
            assert record.reported_at == dt.datetime(2021, 1, 14, 23, 59, 59, tzinfo=dt.UTC)
        else:
            assert headers["file"].count("; ") == 2

    letters = tap.letters()
    assert [(letter.code, letter.origin) for letter in letters] == [
        ("unknown_region", dlq.FileOrigin("covid19.csv", sha256, 4, "pruid")),
        ("negative", dlq.FileOrigin("covid19.csv", sha256, 5, "numtotal")),
    ]
    assert letters[0].raw.decode() == bad.splitlines(keepends=True)[0]
    assert [message.key() for message in tap.of(topics.RECORDS_DLQ)] == [
        dlq.key(letter) for letter in letters
    ]

    entries = tap.finished()
    assert len(entries) == 4
    entry = entries[sha256]
    assert entry is not None
    assert (entry.name, entry.records, entry.refused, entry.countries) == ("covid19.csv", 2, 2, ("CA",))
    assert "covid19.csv, line 5, column numtotal: -5 is negative" in result.stdout
    assert "README.md: not a publisher's file" in result.stdout
    assert "phac-daily" in result.stdout
    assert "jhu-series" in result.stdout


def test_publishing_again_appends_nothing(tmp_path: Path, tap: Tap, publish: Publish) -> None:
    (tmp_path / "a.csv").write_text(phac("2021-01-13", bad="short,line\n"))
    assert publish(tmp_path).returncode == 3
    tap.read()
    before = len(tap.messages)
    again = publish(tmp_path)
    tap.read()
    assert (again.returncode, len(tap.messages)) == (0, before)
    assert "published already" in again.stdout

    forced = publish(tmp_path, "--force")
    tap.read()
    assert forced.returncode == 3
    assert len(tap.messages) == 2 * before
    assert len({dlq.key(letter) for letter in tap.letters()}) == 1, "the same refusal, told twice"


def test_more_countries_are_not_skipped(tmp_path: Path, tap: Tap, publish: Publish) -> None:
    path = tmp_path / "time_series_covid19_confirmed_global.csv"
    path.write_text(
        f"Province/State,Country/Region,Lat,Long,1/22/20\nOntario,Canada,,,{new_number()}\n,Italy,,,2\n"
    )
    for countries, regions in (("CA", {"CA", "CA-ON"}), ("all", {"CA", "CA-ON", "IT"}), ("IT", set())):
        tap.messages.clear()
        assert publish(path, "--countries", countries).returncode == 0
        tap.read()
        assert {record.region for record in tap.records()} == regions


def test_reported_at_may_be_given(tmp_path: Path, tap: Tap, publish: Publish) -> None:
    (tmp_path / "a.csv").write_text(phac("2021-01-13"))
    assert publish(tmp_path, "--reported-at", "2021-02-01T12:00:00Z").returncode == 0
    tap.read()
    assert [record.reported_at for record in tap.records()] == [dt.datetime(2021, 2, 1, 12, tzinfo=dt.UTC)]


class Quiet:
    """Nobody looks at the progress."""

    def planned(self, plan: Plan) -> None: ...
    def started(self, batch: object, records: int) -> None: ...
    def advanced(self, records: int) -> None: ...


def test_a_file_that_was_interrupted_is_published_again(stack: Any, tmp_path: Path, tap: Tap) -> None:
    first = dt.date(2020, 1, 1)
    days = [(first + dt.timedelta(days=n)).isoformat() for n in range(1500)]
    text = phac(*days)
    (tmp_path / "a.csv").write_text(text)
    log = Log({"bootstrap.servers": stack.kafka_bootstrap})
    stops = iter([False, True])
    publisher = Publisher(log, Quiet(), lambda: dt.datetime.now(dt.UTC), lambda: next(stops, False))
    with pytest.raises(Stopped):
        publisher.publish(Folder(tmp_path).poll(), CANADA)
    log.flush()
    tap.read()
    assert len(tap.records()) == 1000
    assert tap.finished() == {}
    publisher.publish(Folder(tmp_path).poll(), CANADA)
    tap.read()
    assert {record.date.isoformat() for record in tap.records()[1000:]} == set(days)
    assert set(tap.finished()) == {hashlib.sha256(text.encode()).hexdigest()}


def test_a_place_that_does_not_answer_keeps_no_other_from_being_published(
    tmp_path: Path, publish: Publish, tap: Tap
) -> None:
    (tmp_path / "a.csv").write_text(phac("2021-01-11"))
    away = "http://127.0.0.1:9/covid19-download.csv"
    allowed = {"COVID_PRODUCER_HOSTS": "127.0.0.1"}
    done = publish(away, tmp_path / "a.csv", "--or-invent", **allowed)
    assert done.returncode == 0, done.stderr
    assert f"{away} cannot be reached" in done.stdout
    tap.read()
    assert [record.date for record in tap.records()] == [dt.date(2021, 1, 11)]
    plain = publish(away, tmp_path / "a.csv", **allowed)
    assert plain.returncode == 1
    assert f"{away} cannot be reached" in plain.stderr


def test_where_no_place_answers_what_was_published_stays(tmp_path: Path, publish: Publish, tap: Tap) -> None:
    (tmp_path / "a.csv").write_text(phac("2021-01-12"))
    assert publish(tmp_path / "a.csv").returncode == 0
    tap.read()
    before = len(tap.messages)
    done = publish("http://127.0.0.1:9/covid19-download.csv", "--or-invent", COVID_PRODUCER_HOSTS="127.0.0.1")
    assert done.returncode == 0, done.stderr
    assert "stays as it is" in done.stdout
    tap.read()
    assert len(tap.messages) == before > 0
