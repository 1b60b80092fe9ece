"""Who is asked without a proxy, and what is said of proxies that no client takes."""

from __future__ import annotations

import pytest
from botocore.utils import get_environ_proxies

from covid_core import proxies

HERE = ("127.0.0.1", "localhost")


@pytest.mark.parametrize("proxy", ["HTTP_PROXY", "https_proxy", "ALL_PROXY"])
def test_hosts_are_excepted_from_every_proxy(proxy: str) -> None:
    environ = {proxy: "http://proxy.test:3128"}
    proxies.never_for(HERE, environ)
    assert environ == {
        proxy: "http://proxy.test:3128",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }


@pytest.mark.parametrize(
    ("given", "upper", "lower"),
    [
        ({"NO_PROXY": "a.test"}, "a.test,127.0.0.1,localhost", "a.test,127.0.0.1,localhost"),
        ({"no_proxy": "a.test, b.test"}, *["a.test,b.test,127.0.0.1,localhost"] * 2),
        (
            {"NO_PROXY": "a.test", "no_proxy": "b.test"},
            "a.test,127.0.0.1,localhost",
            "b.test,127.0.0.1,localhost",
        ),
        ({"NO_PROXY": "localhost,127.0.0.1"}, "localhost,127.0.0.1", "localhost,127.0.0.1"),
        ({"no_proxy": "*"}, "*", "*"),
    ],
)
def test_what_is_excepted_already_stays(given: dict[str, str], upper: str, lower: str) -> None:
    environ = {"HTTP_PROXY": "http://proxy.test:3128", **given}
    proxies.never_for(HERE, environ)
    assert (environ["NO_PROXY"], environ["no_proxy"]) == (upper, lower)
    before = dict(environ)
    proxies.never_for(HERE, environ)
    assert environ == before


def test_without_a_proxy_nothing_is_changed() -> None:
    environ = {"HTTP_PROXY": "", "NO_PROXY": "a.test"}
    proxies.never_for(HERE, environ)
    assert environ == {"HTTP_PROXY": "", "NO_PROXY": "a.test"}


def test_clients_of_aws_then_ask_the_hosts_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    environ = {"HTTP_PROXY": "http://proxy.test:3128", "NO_PROXY": "a.test"}
    proxies.never_for(HERE, environ)
    monkeypatch.setattr("os.environ", environ)
    for host in ("127.0.0.1:9000", "localhost:9000", "a.test"):
        assert get_environ_proxies(f"http://{host}/") == {}
    assert get_environ_proxies("http://b.test/")["http"] == "http://proxy.test:3128"


def test_an_objection_names_the_variables_of_another_kind_and_no_password() -> None:
    environ = {
        "HTTP_PROXY": "proxy.test:3128",
        "https_proxy": "https://proxy.test",
        "ALL_PROXY": "socks5h://user:secret@proxy.test",
        "all_proxy": "socks://proxy.test",
    }
    assert proxies.objection(environ) == (
        "the proxy of ALL_PROXY and all_proxy is neither http:// nor https://; "
        "name one that is, or unset the variable"
    )
