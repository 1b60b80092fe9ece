"""Groups of settings out of the environment: which variable is whose, secrets from files, what is wrong.

A group is a struct of msgspec with a `prefix`. Each field's variable is the prefix and the field's name in
capitals (`COVID_KAFKA_` + `BOOTSTRAP`). A secret may come as `NAME_FILE`, the path of a file that holds it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

import msgspec

SECRET: Final = {"secret": True}
"""The `extra` of a field's `Meta`: its value must never be logged, and may stand in a file."""

S = TypeVar("S", bound=msgspec.Struct)


class SettingsError(ValueError):
    """A setting that is missing or malformed; the message names its environment variable."""


def variable(settings: type[msgspec.Struct], field: str) -> str:
    """The environment variable of a field."""
    prefix: str = settings.prefix  # type: ignore[attr-defined]
    return prefix + field.upper()


def is_secret(field: msgspec.structs.FieldInfo) -> bool:
    """Whether the field's value must never be logged."""
    info: Any = msgspec.inspect.type_info(field.type)
    return bool(getattr(info, "extra", None) and info.extra.get("secret"))


def load(settings: type[S], environ: Mapping[str, str], read_file: Callable[[str], str]) -> S:
    """Read one group of settings. An empty variable counts as absent. Raises `SettingsError`."""
    given: dict[str, str] = {}
    for field in msgspec.structs.fields(settings):
        name = variable(settings, field.name)
        value = environ.get(name, "")
        if not value and is_secret(field) and environ.get(name + "_FILE"):
            try:
                value = read_file(environ[name + "_FILE"]).strip()
            except OSError as error:
                raise SettingsError(f"{name}_FILE cannot be read: {error}") from error
        if value:
            given[field.name] = value
    try:
        return msgspec.convert(given, settings, strict=False)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$.")
        # Without a path it is about several fields, and names their variables itself.
        raise SettingsError(
            f"{variable(settings, path.rstrip('`'))}: {message}" if path else message
        ) from None
