"""MkDocs's hook: puts the made pages, and those that stand at the top of the repository, into the site."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from reference import commands, figures, messages, operations, settings

PAGES: Final = {
    "reference/cli.md": commands.page,
    "reference/settings.md": settings.page,
    "reference/api.md": operations.page,
    "reference/measures.md": figures.measures,
    "reference/figures.md": figures.page,
    "reference/messages.md": messages.page,
}
"""What makes each page."""

TOP: Final = {"contributing.md": "CONTRIBUTING.md", "changelog.md": "CHANGELOG.md"}
"""Where people look for them in a repository is not where MkDocs does."""


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put files in the place of their patterns in the navigation."""
    config.nav = _expanded(config.nav, Path(config.docs_dir))
    return config


def _expanded(nav: Any, folder: Path) -> Any:
    if isinstance(nav, dict):
        return {title: _expanded(part, folder) for title, part in nav.items()}
    if isinstance(nav, list):
        return [one for part in nav for one in _matching(_expanded(part, folder), folder)]
    return nav


def _matching(part: Any, folder: Path) -> list[Any]:
    if not isinstance(part, str) or "*" not in part:
        return [part]
    return sorted(path.relative_to(folder).as_posix() for path in folder.glob(part))


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages."""
    for place, make in PAGES.items():
        files.append(File.generated(config, place, content=make()))
    top = Path(config.config_file_path).parent
    for place, name in TOP.items():
        # Links from the top lead into docs/, which is the top of the site, or to each other.
        content = (top / name).read_text(encoding="utf-8").replace("](docs/", "](")
        for other, its_name in TOP.items():
            content = content.replace(f"]({its_name})", f"]({other})")
        files.append(File.generated(config, place, content=content))
    return files
