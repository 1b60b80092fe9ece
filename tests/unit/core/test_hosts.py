"""Which addresses may be asked."""

from __future__ import annotations

import pytest

from covid_core.hosts import names, objection

ALLOWED = names("hooks.Example.org *.test")


@pytest.mark.parametrize(
    "url", ["https://hooks.example.org/x?y", "http://HOOKS.example.org.:8080", "https://a.b.test/"]
)
def test_a_host_that_is_named_or_below_a_name_may_be_asked(url: str) -> None:
    assert objection(url, ALLOWED, "HOSTS") is None


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://example.org/secret", "example.org may not be asked; HOSTS names the hosts that may"),
        ("https://test/", "test may not be asked"),
        ("http://169.254.169.254/latest", "169.254.169.254 may not be asked"),
        ("https://me:secret@hooks.example.org/", "holds a name or password"),
        ("ftp://hooks.example.org/secret", "is neither https:// nor http://"),
        ("secret", "is neither https:// nor http://"),
        ("http://[", "that is no address"),
    ],
)
def test_no_other_may_and_the_sentence_keeps_the_rest_of_the_address(url: str, why: str) -> None:
    said = objection(url, ALLOWED, "HOSTS")
    assert said is not None
    assert why in said
    assert "secret" not in said
