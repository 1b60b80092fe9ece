"""The files of the dashboard, read once, and the address that changes with their content."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final, NamedTuple

PREFIX: Final = "/assets"
_PAGE: Final = "index.html"

_MEDIA_TYPES: Final[Mapping[str, str]] = {
    "css": "text/css; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json",
    "svg": "image/svg+xml",
}


class Asset(NamedTuple):
    """A file as it is sent: its bytes, the same compressed, and its type."""

    body: bytes
    gzipped: bytes
    media_type: str


class Dashboard(NamedTuple):
    """The page, its digest, and the files that it loads from `PREFIX/digest/`.

    All files share one digest: modules import each other by relative addresses, so a browser that has the
    page has one consistent set, and no address needs to be rewritten.
    """

    page: Asset
    digest: str
    files: Mapping[str, Asset]


def load() -> Dashboard:
    """Read the packaged files. Raises `KeyError` for one whose type is not known."""
    contents = dict(sorted(_walk(files("covid_api.dashboard") / "static")))
    page = contents.pop(_PAGE).decode()
    together = hashlib.sha256()
    for name, body in contents.items():
        together.update(f"{name}\0{len(body)}\0".encode() + body)
    digest = together.hexdigest()[:16]
    base = f"{PREFIX}/{digest}"
    # Without these the browser finds each module only after it has read the one that imports it.
    preloads = "\n".join(
        f'<link rel="modulepreload" href="{base}/{name}">' for name in contents if name.endswith(".js")
    )
    page = page.replace("{assets}", base).replace("{preloads}", preloads)
    return Dashboard(
        _asset(_PAGE, page.encode()), digest, {name: _asset(name, body) for name, body in contents.items()}
    )


def _walk(folder: Traversable, path: str = "") -> Iterator[tuple[str, bytes]]:
    for entry in folder.iterdir():
        name = path + entry.name
        if entry.is_dir():
            yield from _walk(entry, name + "/")
        else:
            yield name, entry.read_bytes()


def _asset(name: str, body: bytes) -> Asset:
    media_type = _MEDIA_TYPES[name.rpartition(".")[2]]
    return Asset(body, gzip.compress(body, mtime=0), media_type)
