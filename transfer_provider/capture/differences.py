"""Where a handover's file, or a group in security-groups.yaml, differs from the source account."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from transfer_provider.capture import rules as captured_rules
from transfer_provider.inputs.handover import Eip
from transfer_provider.inputs.security_groups import DEFAULT_INNER_ACCESS_POLICY, SecurityGroupInputs
from transfer_provider.inputs.yaml_file import Document

# What a key means that is left out, in a file as in what was captured.
GROUP_DEFAULTS: Mapping[str, Any] = {
    "type": SecurityGroupInputs.model_fields["type"].default,
    "inner_access_policy": DEFAULT_INNER_ACCESS_POLICY,
}
EIP_DEFAULTS: Mapping[str, Any] = {
    key: Eip.model_fields[key].default for key in ("internet_charge_type", "isp", "bandwidth")
}
DEFAULTS: Mapping[str, Any] = {**GROUP_DEFAULTS, **EIP_DEFAULTS}


@dataclass(frozen=True)
class Difference:
    """Where a file differs from the account; `line` is where, None where the file has no such key."""

    file: str
    line: int | None
    key: str
    in_file: str
    in_account: str


def of_handover(written: Document, captured: Mapping[str, Any]) -> list[Difference]:
    """Where the handover's file differs from what would be captured; what is None there is left to the person."""
    recreate = dict(captured["recreate"])
    if "eip" in recreate:
        recreate["eip"] = {**EIP_DEFAULTS, **recreate["eip"]}
    return list(_differing(written, {**captured, "recreate": recreate}))


def of_group(written: Document, name: str, captured: Mapping[str, Any]) -> list[Difference]:
    """The same of a group, which the file calls by this name; rules are compared by content."""
    itself = {key: value for key, value in captured.items() if key != "rules"}
    if captured.get("type") != "enterprise":
        itself = {**GROUP_DEFAULTS, **itself}
    return [*_differing(written, itself, name), *_rules(written, name, captured.get("rules") or {})]


def misread(read: Any, meant: Any, *around: str) -> Iterator[tuple[str, ...]]:
    """The keys whose values, read from a file, are other than what was meant to be written, or of another type."""
    if isinstance(read, Mapping) and isinstance(meant, Mapping):
        for key in dict.fromkeys((*meant, *read)):
            if key in read and key in meant:
                yield from misread(read[key], meant[key], *around, key)
            else:
                yield (*around, key)
    elif type(read) is not type(meant) or read != meant:
        yield around


def _differing(written: Document, expected: Mapping[str, Any], *around: str) -> Iterator[Difference]:
    """Where the file differs, key by key; what is open in a captured entry is left to the person."""
    for path, value in _leaves(expected):
        at = (*around, *path)
        if value is None:
            continue
        there = _at(written.values, at)
        there = DEFAULTS.get(path[-1]) if there is None else there
        if not _same(there, value):
            line = written.lines.get(at)
            yield Difference(written.file_of(*at), line, ".".join(at), _shown(there), _shown(value))


def _rules(written: Document, name: str, expected: Mapping[str, Any]) -> Iterator[Difference]:
    """Rules that only the account has, and rules that only the file has: by content, whatever they are called."""
    there = _at(written.values, (name, "rules"))
    missing = [captured_rules.read(entry) for entry in expected.values()]
    for rule_name, entry in there.items() if isinstance(there, Mapping) else ():
        rule = captured_rules.read(entry) if isinstance(entry, Mapping) else None
        match = next((captured for captured in missing if rule and captured_rules.same(captured, rule)), None)
        if match is not None:
            missing.remove(match)
            continue
        at = (name, "rules", rule_name)
        words = captured_rules.in_words(rule) if rule else _shown(entry)
        yield Difference(written.file_of(*at), written.line(*at), ".".join(at), words, "no such rule")
    rules = (name, "rules")
    line, file = written.lines.get(rules), written.file_of(*rules)
    for rule in missing:
        yield Difference(file, line, f"{name}.rules", "no such rule", captured_rules.in_words(rule))


def _leaves(entry: Mapping[str, Any], *around: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, value in entry.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, *around, key)
        else:
            yield (*around, key), value


def _at(values: Any, path: Sequence[str]) -> Any:
    for key in path:
        values = values.get(key) if isinstance(values, Mapping) else None
    return values


def _shown(value: Any) -> str:
    return "nothing" if value is None else ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _same(there: Any, value: Any) -> bool:
    if isinstance(there, list) and isinstance(value, list):
        return set(map(str, there)) == set(map(str, value))
    return bool(there == value)
