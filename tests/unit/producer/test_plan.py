"""Which of the files at hand are published together, and in which order."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from covid_core.formats import Kind
from covid_core.ledger import Finished, Ledger
from covid_producer.plan import Plan, Scope, digest, plan
from covid_producer.sources.base import Candidate
from covid_producer.sources.folder import Folder

NOW = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
CANADA = Scope(frozenset({"CA"}), None, False)


def phac(path: Path, day: str, weekly: bool = False) -> None:
    total = "totalcases" if weekly else "numtotal"
    path.write_text(f"pruid,prname,date,{total},numdeaths\n1,Canada,{day},5,1\n")


def jhu(folder: Path, day: str, *fields: str, prefix: str = "", value: int = 1) -> None:
    folder.mkdir(exist_ok=True)
    for n, field in enumerate(fields or ("confirmed", "deaths", "recovered")):
        path = folder / f"{prefix}time_series_{field}_global.csv"
        path.write_text(f"Province/State,Country/Region,Lat,Long,{day}\n,Italy,,,{value + n}\n")


def planned(folder: Path, finished: Ledger | None = None, scope: Scope = CANADA) -> Plan:
    return plan(Folder(folder).poll(), finished or {}, scope, NOW)


def names(result: Plan) -> list[tuple[str, ...]]:
    return [tuple(file.candidate.basename for file in batch.files) for batch in result.batches]


def listed(candidate: Candidate, *countries: str) -> dict[str, Finished]:
    entry = Finished(
        name="x", kind="phac-daily", countries=countries, records=1, refused=0, newest=None, reported_at=NOW
    )
    sha256 = digest(candidate)
    field = next((f for f in ("confirmed", "deaths", "recovered") if f in candidate.basename), None)
    return {f"{sha256}:{field}" if field else sha256: entry}


def test_the_newest_of_each_kind_comes_first(tmp_path: Path) -> None:
    phac(tmp_path / "daily-old.csv", "2020-04-14")
    phac(tmp_path / "daily-new.csv", "2022-06-05")
    phac(tmp_path / "daily-middle.csv", "2021-01-14")
    phac(tmp_path / "weekly.csv", "2023-09-21", weekly=True)
    jhu(tmp_path / "jhu", "3/9/23")
    jhu(tmp_path / "older", "1/22/21", value=5)
    report = "Province/State,Country/Region,Last Update,Confirmed,Deaths,Recovered\n,Italy,x,1,1,{}\n"
    for n, day in enumerate(("02-01-2020", "03-09-2020")):
        (tmp_path / f"{day}.csv").write_text(report.format(n))
    series = ("confirmed", "deaths", "recovered")
    three = tuple(f"time_series_{field}_global.csv" for field in series)
    assert names(planned(tmp_path)) == [
        ("daily-new.csv",),
        ("weekly.csv",),
        three,
        ("03-09-2020.csv",),
        ("daily-middle.csv",),
        ("daily-old.csv",),
        three,
        ("02-01-2020.csv",),
    ]


def test_a_folder_with_two_vintages_gives_two_groups(tmp_path: Path) -> None:
    jhu(tmp_path, "3/9/23", prefix="new_")
    jhu(tmp_path, "1/22/21", prefix="old_", value=5)
    jhu(tmp_path, "1/22/21", "confirmed", prefix="second_", value=9)
    groups = names(planned(tmp_path))
    origins = sorted((sorted({name.split("_")[0] for name in group}), len(group)) for group in groups)
    assert origins == [(["new"], 3), (["old"], 3), (["second"], 1)]


def test_what_is_no_publishers_file_is_skipped_in_a_folder_and_an_error_by_name(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("# hello\n")
    (tmp_path / "population.csv").write_text("region,population\nCA,38\n")
    phac(tmp_path / "a.csv", "2022-06-05")
    result = planned(tmp_path)
    assert {(Path(s.name).name, s.reason) for s in result.skipped} == {
        ("README.md", "not a publisher's file"),
        ("population.csv", "not a publisher's file"),
    }
    assert not any(s.is_publishers for s in result.skipped)
    assert len(result.batches) == 1
    (failed,) = planned(readme).failed
    assert "none of PHAC's or JHU's" in failed.reason


def test_a_publishers_file_that_cannot_be_used_fails_in_a_folder_too(tmp_path: Path) -> None:
    (tmp_path / "mixed.csv").write_text(
        "pruid,prname,date,numtotal,numdeaths\n1,Canada,2020-04-05,5,1\n1,Canada,06-04-2020,5,1\n"
    )
    (failed,) = planned(tmp_path).failed
    assert failed.error is not None
    assert (failed.error.code, failed.error.line) == ("mixed_dates", 3)


def test_the_same_content_under_another_name_is_published_once(tmp_path: Path) -> None:
    phac(tmp_path / "a.csv", "2022-06-05")
    phac(tmp_path / "b.csv", "2022-06-05")
    result = planned(tmp_path)
    assert names(result) == [("a.csv",)]
    assert [Path(s.name).name for s in result.skipped] == ["b.csv"]


def test_finished_files_are_skipped_unless_forced(tmp_path: Path) -> None:
    phac(tmp_path / "a.csv", "2022-06-05")
    (candidate,) = Folder(tmp_path).poll()
    done = listed(candidate, "CA")
    result = planned(tmp_path, done)
    assert (names(result), [s.reason for s in result.skipped]) == ([], ["published already"])
    assert result.skipped[0].is_publishers
    assert len(planned(tmp_path, done, Scope(frozenset({"CA"}), None, True)).batches) == 1
    assert len(planned(tmp_path, done, Scope(None, None, False)).batches) == 1
    assert len(planned(tmp_path, done, Scope(frozenset({"CA"}), NOW, False)).batches) == 0
    later = NOW + dt.timedelta(seconds=1)
    assert len(planned(tmp_path, done, Scope(frozenset({"CA"}), later, False)).batches) == 1


def test_a_group_is_published_again_when_one_of_its_files_changed(tmp_path: Path) -> None:
    jhu(tmp_path, "3/9/23")
    done: dict[str, Finished] = {}
    for candidate in Folder(tmp_path).poll():
        done |= listed(candidate, "CA")
    assert names(planned(tmp_path, done)) == []
    jhu(tmp_path, "3/9/23", "deaths", value=7)
    (batch,) = planned(tmp_path, done).batches
    assert (batch.kind, len(batch.files)) == (Kind.JHU_SERIES, 3)


def test_series_of_the_same_content_do_not_mean_the_same(tmp_path: Path) -> None:
    for field in ("confirmed", "deaths"):
        path = tmp_path / f"time_series_{field}_global.csv"
        path.write_text("Province/State,Country/Region,Lat,Long,3/9/23\n,Italy,,,1\n")
    confirmed, _ = Folder(tmp_path).poll()
    (batch,) = planned(tmp_path, listed(confirmed, "CA")).batches
    assert [file.meaning for file in batch.files] == ["confirmed", "deaths"]
