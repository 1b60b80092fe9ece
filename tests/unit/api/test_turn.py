"""Who looks through the log, who waits, and who is sent away."""

from __future__ import annotations

import asyncio
import threading

import pytest

from covid_api.problems import Problem
from covid_api.turn import WAITING, Turn


def test_one_looks_the_others_wait_and_one_more_is_sent_away_unless_its_answer_has_begun() -> None:
    looking, most = 0, 0
    free = threading.Event()

    def look() -> str:
        nonlocal looking, most
        looking += 1
        most = max(most, looking)
        assert free.wait(10)
        looking -= 1
        return "found"

    async def ask() -> list[str]:
        turn = Turn()
        asked = [asyncio.create_task(turn.run(look)) for _ in range(WAITING)]
        await asyncio.sleep(0)
        with pytest.raises(Problem) as refused:
            await turn.run(look)
        assert (refused.value.status, refused.value.code) == (503, "busy")
        asked.append(asyncio.create_task(turn.go_on(look)))
        await asyncio.sleep(0)
        free.set()
        found = await asyncio.gather(*asked)
        assert await turn.run(look) == "found"  # all have gone
        return found

    assert asyncio.run(ask()) == ["found"] * (WAITING + 1)
    assert most == 1
