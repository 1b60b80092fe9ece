"""Charts over HTTP. What they show is tested in `tests/unit/charts`."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

import httpx
import pytest

from covid_api.routes.charts import MEDIA_TYPES
from covid_charts.chart import Format
from covid_core.rows import Row

pytestmark = pytest.mark.integration

PNG = b"\x89PNG\r\n\x1a\n"


def texts(answer: httpx.Response) -> str:
    return "\n".join(ET.fromstring(answer.content).itertext())


def test_a_png_unless_told_of_the_merged_new_cases(client: httpx.Client, stored: list[Row]) -> None:
    answer = client.get("/v1/charts/CA-ON.png")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "image/png"
    assert answer.content.startswith(PNG)
    named = client.get("/v1/charts/CA-ON.png", params={"metric": "new_confirmed", "source": "merged"})
    assert named.content == answer.content
    other = client.get("/v1/charts/CA-ON.png", params={"metric": "deaths"})
    assert other.content != answer.content


def test_an_svg_in_french_of_some_days_and_another_source(client: httpx.Client, stored: list[Row]) -> None:
    parameters = {"source": "phac", "metric": "tests", "lang": "fr", "from": "2020-01-24", "to": "2020-02-03"}
    answer = client.get("/v1/charts/CA-ON.svg", params=parameters)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "image/svg+xml"
    assert answer.headers["content-language"] == "fr"
    said = texts(answer)
    assert "Ontario (CA-ON)\u00a0: tests effectués, cumul" in said
    assert "Agence de la santé publique du Canada" in said
    assert "Données jusqu’au 3 févr. 2020" in said


def test_an_unchanged_image_is_not_sent_again(client: httpx.Client, stored: list[Row]) -> None:
    first = client.get("/v1/charts/CA-QC.svg")
    etag = first.headers["etag"]
    assert first.headers["cache-control"] == "public, no-cache"
    for condition in (etag, f'"other", W/{etag}', "*"):
        again = client.get("/v1/charts/CA-QC.svg", headers={"If-None-Match": condition})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    changed = client.get("/v1/charts/CA-QC.svg?metric=deaths", headers={"If-None-Match": etag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != etag


def test_a_correction_shows_at_once(live: httpx.Client, source: str) -> None:
    item: dict[str, Any] = {"source": source, "region": "CA-PE", "date": "2021-01-02", "confirmed": 5}
    path = f"/v1/charts/CA-PE.svg?metric=confirmed&source={source}"
    etags = []
    for count in (5, 7):
        answer = live.post("/v1/records", params={"wait": 20}, json={**item, "confirmed": count})
        assert answer.status_code == 201, answer.text
        etags.append(live.get(path).headers["etag"])
    assert etags[0] != etags[1]
    deleted = live.delete("/v1/records", params={"id": f"{source}:CA-PE:2021-01-02", "wait": 20})
    assert deleted.status_code == 200, deleted.text
    assert live.get(path).status_code == 404


@pytest.mark.parametrize(
    ("path", "status", "code", "words"),
    [
        ("CA-ZZ.png", 404, "unknown-region", "'CA-ZZ'"),
        ("CA-NL.png", 404, "no-rows", "no rows of CA-NL from merged"),
        ("CA-ON.png?from=2030-01-01", 404, "no-rows", "in this period"),
        ("CA-ON.png?metric=lineage", 422, "unknown-metric", "there are confirmed, deaths"),
        ("CA-ON.png?lang=de", 422, "invalid-parameter", "lang"),
        ("CA-ON.png?from=2021-01-02&to=2021-01-01", 422, "invalid-parameter", "2021-01-02 is after"),
        ("CA-ON.png?metrics=deaths", 422, "invalid-parameter", "metrics"),
        ("CA-ON.pdf", 422, "invalid-parameter", "'png' or 'svg'"),
    ],
)
def test_what_cannot_be_drawn(client: httpx.Client, path: str, status: int, code: str, words: str) -> None:
    answer = client.get(f"/v1/charts/{path}")
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, problem["type"]) == (status, f"urn:covid-tracker:problem:{code}")
    assert words in problem["detail"]


def test_the_formats_are_those_that_can_be_drawn(client: httpx.Client) -> None:
    operation = client.get("/openapi.json").json()["paths"]["/v1/charts/{region}.{form}"]["get"]
    (form,) = [entry for entry in operation["parameters"] if entry["name"] == "form"]
    assert set(form["schema"]["enum"]) == set(MEDIA_TYPES) == set(Format)
