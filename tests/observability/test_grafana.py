"""Dashboards and their provisioning."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest

Panel = dict[str, Any]

UNITS = {"none", "string", "s", "bytes", "percentunit", "recps", "rowsps", "reqps", "cps", "ops"}
"""Of Grafana's own list, those in use."""


def test_ids_are_unique(dashboards: dict[str, dict[str, Any]]) -> None:
    assert dashboards
    uids = [dashboard["uid"] for dashboard in dashboards.values()]
    assert len(uids) == len(set(uids))
    for dashboard in dashboards.values():
        ids = [panel["id"] for panel in dashboard["panels"]]
        assert len(ids) == len(set(ids))


def test_every_panel_says_what_it_shows_and_in_which_unit(panels: list[Panel]) -> None:
    for panel in panels:
        assert panel["title"].strip()
        assert panel["description"].strip().endswith(".")
        assert panel["fieldConfig"]["defaults"]["unit"] in UNITS
        assert panel["targets"]
        refs = [target["refId"] for target in panel["targets"]]
        assert len(refs) == len(set(refs))


def test_everything_asks_the_provisioned_datasource(
    dashboards: dict[str, dict[str, Any]], panels: list[Panel], datasource: dict[str, Any]
) -> None:
    expected = {"type": datasource["type"], "uid": datasource["uid"]}
    annotations = [each for dashboard in dashboards.values() for each in dashboard["annotations"]["list"]]
    asked = [*panels, *annotations, *(target for panel in panels for target in panel["targets"])]
    assert all(each["datasource"] == expected for each in asked)


def test_panels_fit_and_do_not_overlap(dashboards: dict[str, dict[str, Any]]) -> None:
    for dashboard in dashboards.values():
        places = [panel["gridPos"] for panel in dashboard["panels"]]
        assert all(place["x"] + place["w"] <= 24 for place in places)
        for one, other in combinations(places, 2):
            beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
            apart = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
            assert beside or apart


def test_what_an_operator_reads_first_fits_on_the_first_line(dashboards: dict[str, dict[str, Any]]) -> None:
    stats = [panel for panel in dashboards["pipeline.json"]["panels"] if panel["type"] == "stat"]
    assert {panel["gridPos"]["y"] for panel in stats} == {0}
    assert sum(panel["gridPos"]["w"] for panel in stats) == 24


def test_the_scrape_interval_is_known_to_grafana(
    datasource: dict[str, Any], prometheus: dict[str, Any]
) -> None:
    assert datasource["jsonData"]["timeInterval"] == prometheus["global"]["scrape_interval"]


def test_compose_mounts_the_files_where_they_are_looked_for(
    compose: dict[str, Any], provider: dict[str, Any]
) -> None:
    if "grafana" not in compose["services"]:
        pytest.skip("docker-compose.yml has no Grafana yet")
    mounts = {}
    for volume in compose["services"]["grafana"]["volumes"]:
        if isinstance(volume, str):
            source, target, *_ = volume.split(":")
        else:
            source, target = volume.get("source", ""), volume["target"]
        mounts[target] = source.removeprefix("./")
    assert mounts[provider["options"]["path"]] == "observability/grafana/dashboards"
    assert mounts["/etc/grafana/provisioning"] == "observability/grafana/provisioning"
