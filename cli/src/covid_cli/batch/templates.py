"""The templates of `cloud/`, read where they stand, with what CloudFormation would put in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from covid_cli.errors import UserError

CLOUD: Final = Path(__file__).parents[4] / "cloud"
"""Of a checkout; an installed package has none."""

_PLACE: Final = re.compile(r"\$\{([^!][^}]*)\}")


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms: `!Ref x` is `{"Ref": "x"}`, `!Sub x` is `{"Fn::Sub": "x"}`."""


def _short(loader: _Loader, suffix: str, node: Any) -> Any:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        if suffix == "GetAtt":
            value = str(value).split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _short)


def read(name: str) -> Any:
    """A template, `folder/file.yaml`, intrinsic functions in their long form. Raises `UserError`."""
    path = CLOUD / name
    try:
        return yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506 - a SafeLoader
    except FileNotFoundError as error:
        raise UserError(f"{path} is not there: run this from a checkout of the repository.") from error


def resolve(value: Any, names: Mapping[str, str]) -> Any:
    """The value with `Ref`, `Fn::Sub` and `Fn::GetAtt` put in by name; an unknown name stands for itself."""
    if isinstance(value, list):
        return [resolve(each, names) for each in value]
    if not isinstance(value, dict):
        return value
    match value:
        case {"Ref": str(name)}:
            return names.get(name, name)
        case {"Fn::Sub": str(text)}:
            return _PLACE.sub(lambda found: names.get(found[1], found[1]), text)
        case {"Fn::GetAtt": [str(name), str(attribute)]}:
            return names.get(f"{name}.{attribute}", f"{name}.{attribute}")
    return {key: resolve(each, names) for key, each in value.items()}


def defaults(template: Mapping[str, Any]) -> dict[str, str]:
    """What the parameters are unless told."""
    parameters: Mapping[str, Any] = template.get("Parameters", {})
    return {name: str(given["Default"]) for name, given in parameters.items() if "Default" in given}
