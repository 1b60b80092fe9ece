"""A definition of AWS Data Pipeline: read, checked, put into the API's shape, its steps as argument lists.

The format is AWS's own, which `aws datapipeline put-pipeline-definition` reads too: `objects` whose fields
are texts, `{"ref": ID}` or lists of these, `parameters` (ids begin with `my`), `values`. In texts
`#{myBucket}` is a parameter; everything else in `#{…}` is the service's to evaluate when it runs.
https://docs.aws.amazon.com/datapipeline/latest/DeveloperGuide/dp-pipeline-expressions.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from covid_cli.errors import UserError

_PARAMETER: Final = re.compile(r"#\{(my\w+)\}")
_RUNNER: Final = "command-runner.jar"


@dataclass(frozen=True)
class Definition:
    """A definition without a problem; `objects` and `parameters` in the API's shape."""

    objects: Sequence[dict[str, Any]]
    parameters: Sequence[dict[str, Any]]
    values: Mapping[str, str]


def read(path: Path, values: Mapping[str, str]) -> Definition:
    """Read a file; `values` replace and complete its own. Raises `UserError` with every problem at once."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(
            f"The definition {path} cannot be read ({error.strerror}): name another by --definition."
        ) from error
    except ValueError as error:
        raise UserError(f"The definition {path} is not JSON: {error}.") from error
    problems = list(_malformed(content)) or list(_problems(content, values))
    if problems:
        raise UserError(f"The definition {path} has {_count(problems)}: {'; '.join(problems)}.")
    parameters = content.get("parameters", [])
    defaults = {one["id"]: one["default"] for one in parameters if "default" in one}
    return Definition(
        [_object(one) for one in content["objects"]],
        [_parameter(one) for one in parameters],
        {**defaults, **content.get("values", {}), **values},
    )


def steps(objects: Sequence[Mapping[str, Any]], values: Mapping[str, str]) -> list[list[str]]:
    """What each step of each `EmrActivity` runs, from the API's objects: the arguments of command-runner.

    Raises `UserError` where a step is another jar's, or where what it says is known only to the service.
    """
    activities = [one for one in objects if "EmrActivity" in _texts(one, "type")]
    return [_arguments(text, values) for one in activities for text in _texts(one, "step")]


def escaped(text: str) -> str:
    """A text that is to be one argument of a step, whatever commas are in it.

    https://docs.aws.amazon.com/datapipeline/latest/DeveloperGuide/dp-object-emractivity.html
    """
    return text.replace(",", r"\\,")


def _arguments(step: str, values: Mapping[str, str]) -> list[str]:
    text = _PARAMETER.sub(lambda found: values[found[1]], step)
    if "#{" in text:
        raise UserError(f"The step {text!r} is completed by the service when it runs: it cannot be run here.")
    jar, *arguments = (re.sub(r"\\+,", ",", part) for part in re.split(r"(?<!\\),", text))
    if jar != _RUNNER or not arguments:
        raise UserError(f"The step {text!r} cannot be run here: only those of {_RUNNER} can.")
    return arguments


def _texts(one: Mapping[str, Any], key: str) -> list[str]:
    return [field["stringValue"] for field in one["fields"] if field["key"] == key and "stringValue" in field]


def _malformed(content: Any) -> Iterator[str]:
    """What keeps it from being looked at any further."""
    if not isinstance(content, dict) or not isinstance(content.get("objects"), list):
        yield "it has no list of objects"
        return
    for part in ("objects", "parameters"):
        some = content.get(part, [])
        if not isinstance(some, list):
            yield f"its {part} are not a list"
            continue
        for number, one in enumerate(some, 1):
            if not isinstance(one, dict) or not isinstance(one.get("id"), str) or not one["id"]:
                yield f"number {number} of its {part} has no id"
    values = content.get("values", {})
    if not isinstance(values, dict):
        yield "its values are not an object"
        return
    yield from (f"the value of {key} is not a text" for key in values if not isinstance(values[key], str))


def _problems(content: dict[str, Any], values: Mapping[str, str]) -> Iterator[str]:
    ids = [one["id"] for one in content["objects"]]
    yield from (f"the id {one} stands twice" for one in sorted(set(ids)) if ids.count(one) > 1)
    for one in content["objects"]:
        for key, value in _fields(one):
            if isinstance(value, dict) and value.get("ref") not in ids:
                yield f"{one['id']}.{key} refers to {value.get('ref')}, which is not there"
            elif not isinstance(value, dict) and not (isinstance(value, str) and value):
                yield f"{one['id']}.{key} is neither a text nor a reference"
    declared = {one["id"]: one.get("default") for one in content.get("parameters", [])}
    known = {**content.get("values", {}), **values}
    yield from (
        f"a value is given for {name}, which is no parameter" for name in sorted({*known} - {*declared})
    )
    used = set(_PARAMETER.findall(json.dumps(content["objects"])))
    yield from (f"#{{{name}}} is no parameter" for name in sorted(used - {*declared}))
    yield from (
        f"{name} has no value: give it by --set {name}=VALUE"
        for name, default in declared.items()
        if name not in known and default is None
    )


def _fields(one: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in one.items():
        if key not in ("id", "name"):
            yield from ((key, item) for item in (value if isinstance(value, list) else [value]))


def _object(one: Mapping[str, Any]) -> dict[str, Any]:
    fields = [
        {"key": key, "refValue": value["ref"]}
        if isinstance(value, dict)
        else {"key": key, "stringValue": value}
        for key, value in _fields(one)
    ]
    return {"id": one["id"], "name": one.get("name", one["id"]), "fields": fields}


def _parameter(one: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": one["id"],
        "attributes": [{"key": key, "stringValue": str(one[key])} for key in one if key != "id"],
    }


def _count(problems: Sequence[str]) -> str:
    return "one problem" if len(problems) == 1 else f"{len(problems)} problems"
