"""A stack's groups and those of its base as one document, in which each key keeps its file and line.

The base's groups, and the stack's beside them. Of a group that both have: the base's keys, and the stack's in place of
those it sets too; of their `rules` the same, each rule as a whole. Nothing of the base can be left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from transfer_provider.inputs.fields import KeyPath
from transfer_provider.inputs.yaml_file import Document

RULES = "rules"
# A rule is the innermost that is taken from one file or the other.
DEEPEST = 3


def joined(own: Document, base: Document) -> Document:
    """Both as one document, which problems name like `own`; what comes from `base` is named like that."""
    joining = _Joining()
    values = joining.mapping((), own.values, base.values)
    lines = {path: line for path, line in base.lines.items() if joining.is_of_base(path)}
    elsewhere = dict.fromkeys(lines, base.file)
    lines |= {path: line for path, line in own.lines.items() if not joining.is_of_base(path)}
    return Document(own.file, values, lines, elsewhere)


class _Joining:
    def __init__(self) -> None:
        self._of_base: dict[KeyPath, bool] = {}

    def mapping(self, path: KeyPath, own: Mapping[str, Any], base: Mapping[str, Any]) -> dict[str, Any]:
        """Two mappings as one, the base's keys first."""
        return {key: self._value((*path, key), key, own, base) for key in dict.fromkeys((*base, *own))}

    def is_of_base(self, path: KeyPath) -> bool:
        """Whether what is at this path comes from the base."""
        prefixes = (path[:length] for length in range(min(len(path), DEEPEST), 0, -1))
        return next((self._of_base[prefix] for prefix in prefixes if prefix in self._of_base), False)

    def _value(self, path: KeyPath, key: str, own: Mapping[str, Any], base: Mapping[str, Any]) -> Any:
        if key in own and key in base and _adds(path) and isinstance(own[key], Mapping):
            if isinstance(base[key], Mapping):
                self._of_base[path] = False
                return self.mapping(path, own[key], base[key])
            # What is no mapping can't be added to, and is reported where it stands.
            self._of_base[path] = True
            return base[key]
        self._of_base[path] = key not in own
        return own[key] if key in own else base[key]


def _adds(path: KeyPath) -> bool:
    """Whether the stack's mapping at this path adds to the base's: a group, and a group's rules."""
    return len(path) == 1 or (len(path) == 2 and path[1] == RULES)
