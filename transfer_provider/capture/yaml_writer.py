"""Writing YAML for people to go on with: plain words where they are safe, comments, and keys left open for them.

Whatever a key, a value or a comment holds, it stays on its line and is nothing but that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from transfer_provider.model.text import printable, yaml_quoted

# What reads back as the same text, inside of a flow mapping as well.
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*( [A-Za-z0-9_./-]+)*|[0-9.]+/[0-9]+")
_WORDS = ("true", "false", "null", "yes", "no", "on", "off", "y", "n")

_TO_FILL_IN = re.compile(r"^ *[\w-]+:  # (?!decide:)", re.MULTILINE)
_TO_DECIDE = re.compile(r"^ *(?:[\w-]+:  )?# decide:", re.MULTILINE)


@dataclass(frozen=True)
class Open:
    """A value that a person has to fill in; `comment` is what."""

    comment: str


@dataclass(frozen=True)
class Noted:
    """A value with comments above its key."""

    value: Any
    comments: Sequence[str]


def plain(value: Any) -> Any:
    """The value without its comments; what is open is None."""
    match value:
        case Open():
            return None
        case Noted():
            return plain(value.value)
        case Mapping():
            return {key: plain(inner) for key, inner in value.items()}
        case list():
            return [plain(inner) for inner in value]
        case _:
            return value


def lines(entries: Mapping[str, Any], indent: str = "") -> Iterator[str]:
    """A mapping as lines; inside of another, one without comments or open values takes a line."""
    for name, given in entries.items():
        key, value = _text(name), given
        if isinstance(given, Noted):
            yield from (f"{indent}# {printable(comment)}" for comment in given.comments)
            value = given.value
        match value:
            case Open(comment):
                yield f"{indent}{key}:  # {printable(comment)}"
            case Mapping() if (indent or not value) and _fits(value):
                yield f"{indent}{key}: {_flow(value)}"
            case Mapping():
                yield f"{indent}{key}:"
                yield from lines(value, indent + "  ")
            case _:
                yield f"{indent}{key}: {_flow(value)}"


def _fits(value: Mapping[str, Any]) -> bool:
    return not any(isinstance(inner, Open | Noted | Mapping) for inner in value.values())


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_text(key)}: {_flow(entry)}" for key, entry in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list):
        return f"[{', '.join(map(_flow, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    return _text(str(value))


def _text(text: str) -> str:
    return text if _PLAIN.fullmatch(text) and text.lower() not in _WORDS else yaml_quoted(text)


def open_values(text: str) -> int:
    """How many values such a text leaves open, but for those to be decided."""
    return len(_TO_FILL_IN.findall(text))


def undecided(text: str) -> int:
    """How many places of such a text are marked to be decided."""
    return len(_TO_DECIDE.findall(text))
