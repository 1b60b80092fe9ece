"""The page and its files: addresses, headers, and words in both languages."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
from importlib.resources import files
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from covid_api import problems
from covid_api.dashboard.assets import PREFIX, load
from covid_api.routes import dashboard

STATIC = Path(str(files("covid_api.dashboard") / "static"))
WEIGHT = 120_000
"""What the page and all its files may weigh, compressed; the rest of 1.5 MB is for rows."""


def get(path: str, **headers: str) -> httpx.Response:
    app = FastAPI(redirect_slashes=False)
    app.include_router(dashboard.router)
    problems.install(app)

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.get(path, headers=headers)

    return asyncio.run(ask())


def addresses(html: str) -> list[str]:
    return re.findall(r'(?:href|src)="(/assets/[^"]+)"', html)


@pytest.mark.parametrize("path", dashboard.PAGES)
def test_every_address_of_a_page_answers_with_the_page(path: str) -> None:
    answer = get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"


def test_the_page_allows_nothing_from_elsewhere_and_nothing_inline() -> None:
    answer = get("/")
    policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert {policy["script-src"], policy["style-src"], policy["connect-src"]} == {"'self'"}
    assert policy["frame-ancestors"] == "'none'"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=", answer.text)


def test_the_page_is_not_sent_again_while_it_is_the_same() -> None:
    tag = get("/").headers["etag"]
    again = get("/", **{"if-none-match": tag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert get("/", **{"if-none-match": 'W/"other"'}).status_code == 200


def test_every_file_that_the_page_names_is_there_and_is_kept_for_long() -> None:
    named = addresses(get("/").text)
    assert len(named) > 10
    for address in named:
        answer = get(address)
        assert answer.status_code == 200, address
        assert "immutable" in answer.headers["cache-control"]


def test_a_file_under_the_address_of_another_version_is_not_there() -> None:
    digest = load().digest
    assert get(f"{PREFIX}/{digest}/js/main.js").status_code == 200
    assert get(f"{PREFIX}/0123456789abcdef/js/main.js").status_code == 404
    assert get(f"{PREFIX}/{digest}/js/../../assets.py").status_code == 404


def test_files_are_sent_compressed_where_that_is_understood() -> None:
    address = f"{PREFIX}/{load().digest}/js/main.js"
    plain = get(address, **{"accept-encoding": "identity"})
    packed = get(address, **{"accept-encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
    assert packed.content == plain.content == (STATIC / "js" / "main.js").read_bytes()


def test_page_and_files_are_light() -> None:
    dashboard_ = load()
    everything = [dashboard_.page, *dashboard_.files.values()]
    assert sum(len(each.gzipped) for each in everything) < WEIGHT
    assert all(gzip.decompress(each.gzipped) == each.body for each in everything)


def test_nothing_comes_from_another_host() -> None:
    for path in STATIC.rglob("*.*"):
        text = path.read_text(encoding="utf-8")
        found = set(re.findall(r"https?://[^\s\"'`)]+", text)) - {"http://www.w3.org/2000/svg"}
        assert found == set(), path


def words(language: str) -> dict[str, str]:
    found: dict[str, str] = json.loads((STATIC / "i18n" / f"{language}.json").read_text(encoding="utf-8"))
    return found


def test_both_languages_say_the_same_things_of_the_same_values() -> None:
    english, french = words("en"), words("fr")
    assert english.keys() == french.keys()
    for key, text in english.items():
        assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", french[key])), key
        assert french[key].strip(), key


def test_every_word_that_is_used_is_there_and_every_word_that_is_there_is_used() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in (STATIC / "js").rglob("*.js"))
    used = set(re.findall(r"\bt\(\s*\"([a-z0-9.-]+)\"", code))
    used |= {
        key
        for pair in re.findall(r"\bt\([^\"`]+\? \"([a-z0-9.-]+)\" : \"([a-z0-9.-]+)\"", code)
        for key in pair
    }
    patterns = [
        re.sub(r"\\\$\\{[^}]*}", r"[a-z_-]+", re.escape(text)) for text in re.findall(r"\bt\(`([^`]+)`", code)
    ]
    known = {re.sub(r"\.(one|other)$", "", key) for key in words("en")}
    assert used <= known
    unused = {key for key in known - used if not any(re.fullmatch(pattern, key) for pattern in patterns)}
    assert unused == set()


def test_no_module_makes_markup_of_text() -> None:
    for path in (STATIC / "js").rglob("*.js"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", text), path
