"""The jar cache: each group's jars in a folder, fetched once and checked by SHA-256."""

from __future__ import annotations

import errno
import hashlib
import os
import ssl
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import certifi
import httpx

from covid_cli.errors import UserError
from covid_cli.stack.pins import EMBEDDED, Jar, fingerprint, pinned
from covid_core import proxies

Progress = Callable[[int], None]
"""Called with the number of bytes that came in since the last call."""

Download = Callable[[int], Progress]
"""Called with the number of bytes to fetch, where any are; what it returns is told as they come."""

_CHUNK = 1 << 20
_CONNECTIONS = 8
_TIMEOUT = httpx.Timeout(30, read=60)


def folder_of(cache: Path, jars: list[Jar]) -> Path:
    """The folder of a group: named by its pins, so that a new version never meets an old one's jars."""
    return cache / "jars" / f"{jars[0].group}-{fingerprint(jars)}"


def present(cache: Path, repository: str, download: Download) -> dict[str, Path]:
    """The folder of each group that the embedded stack runs. Fetches what is missing. Raises `UserError`."""
    folders, wanted = {}, []
    for group in EMBEDDED:
        pins = pinned(group)
        folder = folders[group] = folder_of(cache, pins)
        wanted += [(folder, jar) for jar in missing(folder, pins)]
    if wanted:
        fetch(repository, wanted, download(sum(jar.size for _, jar in wanted)))
    return folders


def fetched(cache: Path, repository: str, group: str) -> Path:
    """The folder of one group; what is missing is fetched without a word. Raises `UserError`."""
    pins = pinned(group)
    folder = folder_of(cache, pins)
    if wanted := [(folder, jar) for jar in missing(folder, pins)]:
        fetch(repository, wanted, lambda size: None)
    return folder


def missing(folder: Path, jars: Iterable[Jar]) -> list[Jar]:
    """The jars that are absent or damaged. Reads every file: a cut-off jar fails in strange ways later."""
    return [jar for jar in jars if not _intact(folder / jar.name, jar)]


def fetch(repository: str, wanted: list[tuple[Path, Jar]], progress: Progress) -> None:
    """Download jars into their folders, a few at a time. Raises `UserError`."""
    with _client() as client, ThreadPoolExecutor(_CONNECTIONS) as pool:
        jobs = [pool.submit(_fetch_one, client, repository, folder, jar, progress) for folder, jar in wanted]
        try:
            for job in jobs:
                job.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _client() -> httpx.Client:
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    try:
        return httpx.Client(verify=context, timeout=_TIMEOUT, follow_redirects=True)
    except (ImportError, ValueError) as error:  # of a proxy by SOCKS
        raise UserError(f"Jars cannot be fetched: {proxies.objection(os.environ)}.") from error


def _intact(file: Path, jar: Jar) -> bool:
    try:
        if file.stat().st_size != jar.size:
            return False
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest() == jar.sha256
    except OSError:
        return False


def _fetch_one(client: httpx.Client, repository: str, folder: Path, jar: Jar, progress: Progress) -> None:
    url = f"{repository.rstrip('/')}/{jar.path}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Written beside its place and renamed: two stacks may fill the cache at the same time.
        with tempfile.NamedTemporaryFile(dir=folder, delete=False) as part:
            try:
                digest = _download(client, url, part.write, progress)
                if digest != jar.sha256:
                    raise UserError(
                        f"{url} is not the file that was pinned (SHA-256 {digest}): "
                        "check COVID_MAVEN_REPO or the proxy in between."
                    )
                Path(part.name).chmod(0o644)
                Path(part.name).replace(folder / jar.name)
            except BaseException:
                Path(part.name).unlink(missing_ok=True)
                raise
    except httpx.HTTPStatusError as error:
        raise UserError(
            f"{url} answered {error.response.status_code}: check COVID_MAVEN_REPO, the Maven repository."
        ) from error
    except httpx.HTTPError as error:
        raise UserError(
            f"{url} cannot be reached ({error}): the first start needs the network or a mirror in "
            "COVID_MAVEN_REPO."
        ) from error
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise UserError(
                f"The disk of {folder} is full: free {jar.size >> 20} MB or more, or set COVID_CACHE "
                "to a folder elsewhere."
            ) from error
        raise UserError(
            f"{folder} cannot be written: {error.strerror}. Set COVID_CACHE elsewhere."
        ) from error


def _download(client: httpx.Client, url: str, write: Callable[[bytes], object], progress: Progress) -> str:
    digest = hashlib.sha256()
    with client.stream("GET", url) as response:
        response.raise_for_status()
        for chunk in response.iter_bytes(_CHUNK):
            digest.update(chunk)
            write(chunk)
            progress(len(chunk))
    return digest.hexdigest()
