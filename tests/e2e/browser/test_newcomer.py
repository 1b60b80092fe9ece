"""A newcomer's path, as README.md has it: running, a query, a correction, the page and SQL, and back."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.browser.conftest import Open
from tests.e2e.browser.site import Site, drawn
from tests.e2e.followed import Reader, as_printed, section, steps
from tests.e2e.system import System
from tests.unit.docs.written import REPOSITORY

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

FIRST, MORE = "The first minutes", "Inserting, correcting, deleting, undoing"
RECORD = "phac:CA-ON:2021-01-02"
SHOWN_MILLISECONDS = 10_000


def test_the_readme_leads_from_nothing_to_a_correction_that_is_seen(
    visiting: Open, site: Site, system: System, tmp_path: Path
) -> None:
    reader = Reader(system, tmp_path)
    with site.writer() as api:
        # What a run that was stopped halfway has left; where there is nothing, nothing is withdrawn.
        api.post("/v1/records/withdraw", params={"id": RECORD, "wait": 30})
    (row,) = site.rows("2021-01-02", "2021-01-02", source="phac", region="CA-ON")
    printed = as_printed(row)
    text = section("README.md", FIRST)
    # The stack at hand was started by the command that `make run` is.
    assert "\n    make run\n" in text
    # Within `make test` it is a make of a make, which would also tell of its folder, and take its ARGS.
    command = ("make", "--no-print-directory", "-n", "run", "ARGS=")
    dry = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert dry.stdout.rstrip().endswith("/covid up")
    (address,) = re.findall(r"<(http://\S+)>", text)
    before, after = text.split(address)
    for step in steps(before):
        reader.type(step, compare=printed)
    correction, *rest = steps(after)
    with visiting() as visit:
        visit.page.goto(reader.address(address), wait_until="domcontentloaded")
        page = drawn(visit.page)
        expect(page.locator(".pulse.live")).to_be_visible()
        expect(page.locator(".mark.changed")).to_have_count(0)
        reader.type(correction, compare=printed)
        mark = page.locator(".mark.changed")
        expect(mark).to_have_count(1, timeout=SHOWN_MILLISECONDS)
        assert "5,000" in (mark.text_content() or "")
    assert any(step.command.startswith("psql") for step in rest)
    for step in (*rest, *steps(section("README.md", MORE))):
        reader.type(step, compare=printed)
    (again,) = site.rows("2021-01-02", "2021-01-02", source="phac", region="CA-ON")
    assert again["deaths"] == row["deaths"]
