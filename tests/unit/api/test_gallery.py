"""Which charts are drawn, kept and refused."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from covid_api.gallery import WAITING, Gallery, Wanted
from covid_api.problems import Problem
from covid_charts.words import Language
from covid_core.rows import COLUMNS

SHOWN = tuple(column for column in COLUMNS if column.name in ("source", "region", "date", "deaths"))


@pytest.fixture
def gallery() -> Iterator[Gallery]:
    made = Gallery()
    yield made
    made.close()


def wanted(deaths: int | None, language: Language = Language.ENGLISH) -> Wanted:
    return Wanted([("phac", "CA", "2021-01-02", deaths)], SHOWN, "deaths", "svg", language)


def test_what_was_drawn_is_kept(gallery: Gallery) -> None:
    async def run() -> None:
        first = await gallery.drawing(wanted(5))
        assert await gallery.drawing(wanted(5)) is first
        assert b"deaths" in first.content
        others = [await gallery.drawing(wanted(6)), await gallery.drawing(wanted(5, Language.FRENCH))]
        assert len({first.etag, *(other.etag for other in others)}) == 3

    asyncio.run(run())


def test_who_want_the_same_at_once_share_it_and_may_go_away(gallery: Gallery) -> None:
    async def run() -> None:
        waiting = [asyncio.create_task(gallery.drawing(wanted(5))) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        assert await waiting[1] is await waiting[2]

    asyncio.run(run())


def test_more_than_may_wait_are_refused_for_now(gallery: Gallery) -> None:
    async def run() -> None:
        waiting = [asyncio.create_task(gallery.drawing(wanted(i))) for i in range(WAITING)]
        await asyncio.sleep(0)
        with pytest.raises(Problem) as refused:
            await gallery.drawing(wanted(WAITING))
        assert (refused.value.status, refused.value.code) == (503, "busy")
        gallery.close()
        results = await asyncio.gather(*waiting, return_exceptions=True)
        assert any(isinstance(result, asyncio.CancelledError) for result in results)

    asyncio.run(run())


def test_the_longest_unused_is_drawn_again() -> None:
    async def run() -> None:
        gallery = Gallery(kept=3)
        first, second = await gallery.drawing(wanted(0)), await gallery.drawing(wanted(1))
        for i in range(2, 4):
            await gallery.drawing(wanted(0))
            await gallery.drawing(wanted(i))
        assert await gallery.drawing(wanted(0)) is first
        again = await gallery.drawing(wanted(1))
        assert again is not second
        assert again == second
        gallery.close()

    asyncio.run(run())


def test_a_failure_is_not_kept(gallery: Gallery) -> None:
    async def run() -> None:
        bad = wanted(5)._replace(metric="lineage")
        for _ in range(2):
            with pytest.raises(KeyError):
                await gallery.drawing(bad)
        assert await gallery.drawing(wanted(5))

    asyncio.run(run())
