"""Everything that changes, resource by resource and property by property, of the engine's preview. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from transfer_provider.cli.engine.preview import PlannedStep
from transfer_provider.cli.plan.decisions import CREATES, DELETES, REPLACES
from transfer_provider.model.text import printable

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What the engine puts for a value that is only known later."""
SIGNATURE = "4dabf18193072939515e22adb298388d"
"""The key by which it marks values that are not plain, such as secrets."""


def lines(steps: Iterable[PlannedStep]) -> list[str]:
    """The diff, each line printable."""
    return [printable(line) for step in steps for line in _of_step(step)]


def _of_step(step: PlannedStep) -> Iterator[str]:
    sign = "+" if step.op in CREATES else "-" if step.op in DELETES else "+-" if step.op in REPLACES else "~"
    yield f"{sign} {step.op} {step.type} {step.name}"
    for key, shown in changes(step).items():
        yield f"    {key}: {shown}"


def changes(step: PlannedStep) -> Mapping[str, str]:
    """The properties that the step sets or changes, as `value` or `before → after`; none of what it deletes."""
    if step.op in DELETES:
        return {}
    old, new = _inputs(step.old), _inputs(step.new)
    keys = [key for key in dict.fromkeys((*old, *new)) if not key.startswith("__")]
    found = {}
    for key in sorted(keys):
        before, after = old.get(key), new.get(key)
        if step.op in CREATES:
            found[key] = _shown(after)
        elif before != after:
            found[key] = f"{_shown(before)} → {_shown(after)}"
    return found


def _inputs(state: Mapping[str, Any]) -> Mapping[str, Any]:
    inputs = state.get("inputs")
    return inputs if isinstance(inputs, Mapping) else {}


def _shown(value: Any) -> str:
    return json.dumps(_plain(value), ensure_ascii=False, sort_keys=True)


def _plain(value: Any) -> Any:
    if value == UNKNOWN:
        return "[unknown]"
    if isinstance(value, Mapping):
        return "[secret]" if SIGNATURE in value else {key: _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value
