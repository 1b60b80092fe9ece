"""`python -m covid_cli.stack.sbom LOCK FILE`: a bill of materials (CycloneDX 1.6) of what the locks pin:
the Python packages of LOCK (requirements.lock), and the jars. `make sbom` calls it.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from packaging.requirements import Requirement

from covid_cli.stack.pins import GROUPS, Jar, pinned

Component = dict[str, Any]

_HASH: Final = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def document(components: Sequence[Component]) -> dict[str, Any]:
    """The bill."""
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "covid-tracker"}},
        "components": list(components),
    }


def packages(lock: str) -> Iterator[Component]:
    """The packages of a lock, each with the checksums of all its files. Raises `InvalidRequirement`."""
    for entry in lock.replace("\\\n", " ").splitlines():
        text, *_ = entry.split(" --hash=")
        if not text.strip() or text.startswith("#"):
            continue
        wanted = Requirement(text)
        (pin,) = wanted.specifier
        purl = f"pkg:pypi/{wanted.name}@{quote(pin.version)}"
        yield {
            "type": "library",
            "bom-ref": purl,
            "name": wanted.name,
            "version": pin.version,
            "purl": purl,
            # One of them is what was installed, which depends on the machine.
            "externalReferences": [
                {
                    "type": "distribution",
                    "url": f"https://pypi.org/project/{wanted.name}/{quote(pin.version)}/",
                    "hashes": _checksums(_HASH.findall(entry)),
                }
            ],
        }


def jars(pins: Iterable[Jar]) -> Iterator[Component]:
    """The jars. One that several groups share stands in it once; `covid:group` says in which."""
    groups: dict[Jar, list[str]] = {}
    for jar in pins:
        groups.setdefault(jar._replace(group=""), []).append(jar.group)
    for jar in sorted(groups):
        place = f"{quote(jar.organisation)}/{quote(jar.artifact)}@{quote(jar.version)}"
        purl = f"pkg:maven/{place}" + ("" if jar.type == "jar" else f"?type={quote(jar.type)}")
        yield {
            "type": "library",
            "bom-ref": purl,
            "group": jar.organisation,
            "name": jar.artifact,
            "version": jar.version,
            "purl": purl,
            "hashes": _checksums([jar.sha256]),
            "properties": [{"name": "covid:group", "value": group} for group in groups[jar]],
        }


def _checksums(digests: Iterable[str]) -> list[dict[str, str]]:
    return [{"alg": "SHA-256", "content": digest} for digest in digests]


def main(lock: Path, path: Path) -> None:
    """Write the bill of a lock and of the jars of all groups."""
    pins = (jar for group in GROUPS for jar in pinned(group))
    content = document([*packages(lock.read_text(encoding="utf-8")), *jars(pins)])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
