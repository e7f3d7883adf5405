"""What an `up` did, in a few lines: what it reported, and how many resources changed. Read from what Pulumi prints."""

from __future__ import annotations

import re
from collections.abc import Iterator

_SECTION = re.compile(r"[A-Z][a-z]+:")  # Diagnostics:, Outputs:, Resources:, Duration: 3s
_MESSAGE = re.compile(r"\s+(info|warning|error): ")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def of_up(text: str) -> str:
    """The messages of the diagnostics, each once, and the counts of the resources."""
    return "".join(f"  {line}\n" for line in dict.fromkeys(_kept(text)))


def _kept(text: str) -> Iterator[str]:
    section = ""
    for line in text.splitlines():
        plain = _COLOUR.sub("", line)
        opened = _SECTION.match(plain)
        if opened:
            section = opened[0]
        elif (section == "Diagnostics:" and _MESSAGE.match(plain)) or (section == "Resources:" and plain.strip()):
            yield line.strip()
