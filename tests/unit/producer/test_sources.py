"""Polling folders and web servers: what is new, what belongs with it, what is still being written."""

from __future__ import annotations

import gzip
import hashlib
import os
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from covid_core.settings import ProducerSettings, S3Settings
from covid_producer.sources import http, spool
from covid_producer.sources.allowed import Allowed
from covid_producer.sources.base import Candidate, Unavailable
from covid_producer.sources.folder import SETTLED_SECONDS, Folder
from covid_producer.sources.http import Web
from covid_producer.sources.known import PUBLISHERS, target
from covid_producer.sources.s3 import Bucket


def names(candidates: list[Candidate]) -> list[str]:
    return [candidate.basename for candidate in candidates]


def content(candidate: Candidate) -> bytes:
    with candidate.open() as stream:
        return stream.read()


# --- folders


def test_a_folder_gives_its_files_once_and_a_changed_one_with_its_neighbours(tmp_path: Path) -> None:
    sub = tmp_path / "sub"
    sub.mkdir()
    for path in (tmp_path / "a.csv", tmp_path / "b.csv", sub / "c.csv"):
        path.write_text("1")
    folder = Folder(tmp_path)
    assert names(folder.poll()) == ["a.csv", "b.csv", "c.csv"]
    assert folder.poll() == []
    (tmp_path / "a.csv").write_text("12")
    assert names(folder.poll()) == ["a.csv", "b.csv"]
    (sub / "d.csv").write_text("1")
    assert names(folder.poll()) == ["c.csv", "d.csv"]
    (sub / "d.csv").unlink()
    assert folder.poll() == []


def test_a_file_asked_for_again_is_given_again(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("1")
    folder = Folder(tmp_path)
    (candidate,) = folder.poll()
    folder.again(candidate)
    assert names(folder.poll()) == ["a.csv"]


def test_hidden_files_and_downloads_under_way_are_left_out(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    for name in (".git/x.csv", ".hidden.csv", "a.csv.part", "a.csv~", "a.tmp", "a.csv"):
        (tmp_path / name).write_text("1")
    os.mkfifo(tmp_path / "pipe")
    assert names(Folder(tmp_path).poll()) == ["a.csv"]


def test_a_watched_file_is_read_when_it_has_been_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("1")
    clock = path.stat().st_mtime + 0.5
    folder = Folder(tmp_path, now=lambda: clock)
    assert folder.poll() == []
    assert folder.unsettled()
    clock += SETTLED_SECONDS
    assert names(folder.poll()) == ["a.csv"]
    assert not folder.unsettled()


def test_a_file_by_name_is_explicit(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("1")
    assert [candidate.explicit for candidate in Folder(path).poll()] == [True]
    assert [candidate.explicit for candidate in Folder(tmp_path).poll()] == [False]
    assert content(Folder(path).poll()[0]) == b"1"


def test_a_path_that_does_not_exist_says_so(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"absent does not exist; give a file or folder that does"):
        Folder(tmp_path / "absent").poll()


def test_a_file_that_is_gone_before_it_is_read_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("1")
    (candidate,) = Folder(tmp_path).poll()
    (tmp_path / "a.csv").unlink()
    with pytest.raises(Unavailable, match="cannot be read"):
        content(candidate)


def test_links_that_lead_out_of_the_folder_are_left_out(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    for folder in (inside, outside):
        folder.mkdir()
        (folder / "real.csv").write_bytes(b"x")
    (inside / "within.csv").symlink_to("real.csv")
    (inside / "secret.csv").symlink_to(outside / "real.csv")
    (inside / "folder").symlink_to(outside)
    assert sorted(names(Folder(inside).poll())) == ["real.csv", "within.csv"]
    # The folder itself may be one.
    (tmp_path / "link").symlink_to(inside)
    assert len(Folder(tmp_path / "link").poll()) == 2


# --- the web

HERE = Allowed(
    frozenset({"127.0.0.1", "no.such.host.invalid", "example.org", *ProducerSettings().hosts.split()}),
    frozenset({"bucket"}),
)


DRIPS = 100
DRIP_SECONDS = 0.1


class Server(ThreadingHTTPServer):
    """A web server with ETags, as the publishers' have; it keeps the status of every answer."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.redirects: dict[str, str] = {}
        self.codings: dict[str, str] = {}
        self.answers: list[tuple[str, int]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        if self.path in ("/head", "/body"):
            self._drip()
            return
        if (target := self.server.redirects.get(self.path)) is not None:
            self.send_response(302)
            self.send_header("Location", target)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body = self.server.files.get(self.path)
        etag = f'"{hashlib.sha256(body or b"").hexdigest()}"'
        if body is None:
            status = 404
        elif self.headers.get("If-None-Match") == etag:
            status = 304
        else:
            status = 200
        self.server.answers.append((self.path, status))
        self.send_response(status)
        self.send_header("ETag", etag)
        if self.path in self.server.codings:
            self.send_header("Content-Encoding", self.server.codings[self.path])
        sent = body if status == 200 and body is not None else b""
        # Claims more than it sends for a file that the test calls cut.
        self.send_header("Content-Length", str(len(sent) + (9 if self.path.endswith("cut.csv") else 0)))
        self.end_headers()
        self.wfile.write(sent)

    def _drip(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\n" + (b"X: " if self.path == "/head" else b"\r\n"))
        with suppress(OSError):
            for _ in range(DRIPS):
                time.sleep(DRIP_SECONDS)
                self.wfile.write(b"x")

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_unchanged_file_is_not_sent_again(server: Server) -> None:
    server.files["/a.csv"] = b"one"
    web = Web([f"{server.url}/a.csv"], HERE)
    (candidate,) = web.poll()
    assert (content(candidate), content(candidate), candidate.basename) == (b"one", b"one", "a.csv")
    assert web.poll() == []
    server.files["/a.csv"] = b"two"
    assert content(web.poll()[0]) == b"two"
    assert [status for _, status in server.answers] == [200, 304, 200]


def test_one_changed_file_brings_the_others_of_its_folder(server: Server) -> None:
    paths = ["/x/confirmed.csv", "/x/deaths.csv", "/y/other.csv"]
    server.files = dict.fromkeys(paths, b"one")
    web = Web([server.url + path for path in paths], HERE, name="jhu")
    assert len(web.poll()) == 3
    server.files["/x/deaths.csv"] = b"two"
    found = web.poll()
    assert {candidate.basename: content(candidate) for candidate in found} == {
        "confirmed.csv": b"one",
        "deaths.csv": b"two",
    }
    assert web.poll() == []


def test_a_file_asked_for_again_is_fetched_again(server: Server) -> None:
    server.files["/a.csv"] = b"one"
    web = Web([f"{server.url}/a.csv"], HERE)
    (candidate,) = web.poll()
    web.again(candidate)
    assert names(web.poll()) == ["a.csv"]


def test_trouble_on_the_web_is_one_sentence_and_passes(server: Server) -> None:
    url = f"{server.url}/a.csv"
    web = Web([url], HERE)
    with pytest.raises(Unavailable, match=r"a\.csv answers 404 Not Found; is the address right\?"):
        web.poll()
    server.files["/a.csv"] = b"one"
    assert len(web.poll()) == 1


def test_a_download_that_breaks_off_is_no_file(server: Server) -> None:
    server.files["/cut.csv"] = b"one"
    with pytest.raises(Unavailable, match="cannot be reached"):
        Web([f"{server.url}/cut.csv"], HERE).poll()


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/a.csv", "http://no.such.host.invalid/a.csv"])
def test_without_a_network_it_says_so(url: str) -> None:
    with pytest.raises(Unavailable, match=r"is there a network\?"):
        Web([url], HERE).poll()


@pytest.mark.parametrize("proxy", ["socks5h://127.0.0.1:9", "socks://127.0.0.1:9"])
def test_a_proxy_by_socks_is_one_sentence(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy)
    web = Web(["http://127.0.0.1:1/a.csv"], HERE, name="jhu")
    with pytest.raises(Unavailable, match="jhu cannot be reached: the proxy of ALL_PROXY is neither"):
        web.poll()


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("http://169.254.169.254/latest/meta-data", "169.254.169.254 may not be asked; COVID_PRODUCER_HOSTS"),
        ("http://localhost:9/x", "localhost may not be asked"),
        ("http://user:secret@127.0.0.1/x", "holds a name or password"),
        ("//elsewhere.test/x", "elsewhere.test may not be asked"),
    ],
)
def test_a_redirect_leads_only_where_we_may_ask(server: Server, target: str, words: str) -> None:
    server.redirects["/a.csv"] = target
    with pytest.raises(Unavailable, match=words) as raised:
        Web([f"{server.url}/a.csv"], HERE).poll()
    assert "secret" not in str(raised.value)


def test_redirects_are_followed_but_not_for_ever(server: Server) -> None:
    server.files["/b.csv"] = b"one"
    server.redirects["/a.csv"] = "/b.csv"
    assert content(Web([f"{server.url}/a.csv"], HERE).poll()[0]) == b"one"
    server.redirects["/loop.csv"] = "/loop.csv"
    with pytest.raises(Unavailable, match="cannot be reached"):
        Web([f"{server.url}/loop.csv"], HERE).poll()


def test_gzip_is_taken_and_nothing_deeper(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = gzip.compress(bytes(8 * 1024 * 1024))
    server.files = {"/a.csv": bomb, "/b.csv": gzip.compress(bomb)}
    server.codings = {"/a.csv": "gzip", "/b.csv": "gzip, gzip"}
    assert len(content(Web([f"{server.url}/a.csv"], HERE).poll()[0])) == 8 * 1024 * 1024
    with pytest.raises(Unavailable, match="'gzip, gzip', which nobody asked for"):
        Web([f"{server.url}/b.csv"], HERE).poll()
    monkeypatch.setattr(spool, "MAX_CONTENT", 1024 * 1024)
    with pytest.raises(Unavailable, match="more than 1,048,576 bytes"):
        Web([f"{server.url}/a.csv"], HERE).poll()


def test_a_file_that_drips_in_is_given_up(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """No wait for a byte is long: it is their number that takes forever, of the headers as of the content."""
    monkeypatch.setattr(http, "LONGEST_SECONDS", 0.5)
    for path in ("/head", "/body"):
        begun = time.monotonic()
        with pytest.raises(Unavailable, match=f"{path} took longer than"):
            Web([server.url + path], HERE).poll()
        assert time.monotonic() - begun < DRIPS * DRIP_SECONDS / 2


@pytest.mark.parametrize(
    ("word", "words"),
    [
        ("https://other.test/a.csv", "other.test may not be asked"),
        ("https://example.org.other.test/a.csv", "may not be asked"),
        ("https://notexample.org/a.csv", "may not be asked"),
        ("https://example.org@other.test/a.csv", "holds a name or password"),
        ("http://[::1]/a.csv", "::1 may not be asked"),
        ("http://[", "is no address"),
        ("https:///a.csv", "may not be asked"),
        ("s3://other/prefix", "bucket other may not be read; COVID_PRODUCER_BUCKETS"),
        ("s3:///x", "may not be read"),
    ],
)
def test_words_that_are_not_allowed(word: str, words: str) -> None:
    with pytest.raises(Unavailable, match=words):
        target(word, S3Settings(), HERE)


def test_what_the_settings_allow() -> None:
    allowed = Allowed.of(ProducerSettings(hosts="A.test *.b.test"), S3Settings(bucket="lake"))
    for host in ("a.test", "A.TEST.", "x.b.test", "x.y.b.test"):
        allowed.check_url(f"https://{host}/x")
    for host in ("b.test", "x.a.test", "xb.test"):
        with pytest.raises(Unavailable):
            allowed.check_url(f"https://{host}/x")
    allowed.check_bucket("lake")
    other = Allowed.of(ProducerSettings(buckets="one two"), S3Settings(bucket="lake"))
    other.check_bucket("two")
    with pytest.raises(Unavailable):
        other.check_bucket("lake")


# --- words


def test_words_name_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    s3 = S3Settings(endpoint="http://127.0.0.1:1", access_key="a", secret_key="b")
    assert isinstance(target("s3://bucket/x", s3, HERE), Bucket)
    assert isinstance(target("https://example.org/a.csv", s3, HERE), Web)
    assert isinstance(target("jhu", s3, HERE), Web)
    assert target("phac", s3, HERE).name == "phac"
    assert isinstance(target("folder", s3, HERE), Folder)
    (tmp_path / "jhu").mkdir()
    assert isinstance(target("jhu", s3, HERE), Folder)


def test_the_publishers_addresses_are_https() -> None:
    urls = [url for addresses in PUBLISHERS.values() for url in addresses]
    assert len(urls) == 4
    assert all(url.startswith("https://") and url.endswith(".csv") for url in urls)
