"""The jar cache, against a Maven repository served on loopback."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from covid_cli.errors import UserError
from covid_cli.stack import jars
from covid_cli.stack.pins import Jar

CONTENT = b"PK not really a jar" * 1000


def jar(artifact: str, content: bytes = CONTENT) -> Jar:
    digest = hashlib.sha256(content).hexdigest()
    return Jar("kafka", "org.example", artifact, "1.0", "jar", len(content), digest)


class Repository:
    """A folder in Maven's layout, its address, and what was asked of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked: list[str] = []
        repository = self

        class Handler(SimpleHTTPRequestHandler):
            def log_message(self, format: str, *args: object) -> None:
                repository.asked.append(self.path)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/"

    def put(self, jar: Jar, content: bytes = CONTENT) -> None:
        file = self.folder / jar.path
        file.parent.mkdir(parents=True)
        file.write_bytes(content)


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[Repository]:
    made = Repository(tmp_path / "repository")
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def fetch(repository: Repository, folder: Path, wanted: list[Jar]) -> int:
    received: list[int] = []
    jars.fetch(repository.url, [(folder, jar) for jar in wanted], received.append)
    return sum(received)


def test_what_is_missing_is_fetched_and_then_needs_no_network(repository: Repository, cache: Path) -> None:
    pinned = [jar("a"), jar("b")]
    for one in pinned:
        repository.put(one)
    folder = jars.folder_of(cache, pinned)
    assert jars.missing(folder, pinned) == pinned
    assert fetch(repository, folder, pinned) == 2 * len(CONTENT)
    assert sorted(path.name for path in folder.iterdir()) == ["a-1.0.jar", "b-1.0.jar"]
    assert jars.missing(folder, pinned) == []


@pytest.mark.parametrize("damage", [CONTENT[:100], CONTENT[:-1] + b"!", b""])
def test_a_damaged_jar_is_found_and_fetched_again(repository: Repository, cache: Path, damage: bytes) -> None:
    good, bad = jar("good"), jar("bad")
    repository.put(bad)
    cache.mkdir()
    (cache / good.name).write_bytes(CONTENT)
    (cache / bad.name).write_bytes(damage)
    assert jars.missing(cache, [good, bad]) == [bad]
    fetch(repository, cache, [bad])
    assert (cache / bad.name).read_bytes() == CONTENT


def test_another_file_than_the_pinned_one_is_refused(repository: Repository, cache: Path) -> None:
    wanted = jar("a")
    repository.put(wanted, b"something else")
    with pytest.raises(UserError, match="is not the file that was pinned"):
        fetch(repository, cache, [wanted])
    assert list(cache.iterdir()) == []


def test_a_jar_that_the_repository_lacks_is_a_sentence(repository: Repository, cache: Path) -> None:
    repository.folder.mkdir()
    with pytest.raises(UserError, match=r"answered 404: check COVID_MAVEN_REPO"):
        fetch(repository, cache, [jar("a")])


def test_no_network_is_a_sentence(cache: Path) -> None:
    with pytest.raises(UserError, match="cannot be reached"):
        jars.fetch("http://127.0.0.1:9", [(cache, jar("a"))], lambda received: None)


@pytest.mark.parametrize("proxy", ["socks5h://127.0.0.1:9", "socks://127.0.0.1:9"])
def test_a_proxy_by_socks_is_a_sentence(cache: Path, monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy)
    with pytest.raises(UserError, match="Jars cannot be fetched: the proxy of ALL_PROXY is neither"):
        jars.fetch("http://127.0.0.1:9", [(cache, jar("a"))], lambda received: None)


def test_a_cache_that_cannot_be_written_is_a_sentence(repository: Repository, tmp_path: Path) -> None:
    wanted = jar("a")
    repository.put(wanted)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UserError, match="Set COVID_CACHE elsewhere"):
        fetch(repository, tmp_path / "file" / "jars", [wanted])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
def test_a_full_disk_is_a_sentence(
    repository: Repository, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = jar("a")
    repository.put(wanted)
    with Path("/dev/full").open("wb", buffering=0) as full:
        monkeypatch.setattr(jars, "_download", lambda client, url, write, progress: full.write(b"x"))
        with pytest.raises(UserError, match="is full"):
            fetch(repository, cache, [wanted])


def test_new_pins_use_a_new_folder(cache: Path) -> None:
    assert jars.folder_of(cache, [jar("a")]) != jars.folder_of(cache, [jar("a"), jar("b")])
