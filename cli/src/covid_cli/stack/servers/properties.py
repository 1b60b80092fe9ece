"""Values in Java's files of properties, which are read as ISO-8859-1."""

from __future__ import annotations


def escaped(value: str) -> str:
    r"""The value so that `java.util.Properties` reads it back: backslashes doubled, whatever is no visible
    character of ASCII as `\uXXXX`, one for each unit of UTF-16."""
    return "".join(map(_escaped, value))


def _escaped(character: str) -> str:
    if character == "\\":
        return r"\\"
    if "!" <= character <= "~":
        return character
    # A path that is not text in the system's encoding holds lone surrogates.
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(rf"\u{units[n : n + 2].hex()}" for n in range(0, len(units), 2))
