"""Answers in full: an answer has every field that Alibaba Cloud publishes of it, at every depth.

A handler gives what the world knows; the rest is there and empty, because published clients rely on its being there.
`answers.json` holds each published answer with empty fields and with one entry in each list. It is written by
`make answers` from the SDK's models, so that the sandbox itself needs no SDK.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# Published fields whose absence is a statement, which an empty value would contradict.
LEFT_OUT = {
    "DescribeSnapshots.Snapshots.Snapshot.RetentionDays": "a snapshot without it is kept for ever",
    "DescribeSecurityGroups.SecurityGroups.SecurityGroup.AvailableInstanceAmount": "0 would be a group that is full",
}

FILE = Path(__file__).with_name("answers.json")
PUBLISHED: Mapping[str, Mapping[str, Any]] = json.loads(FILE.read_text("utf-8"))


def complete(product: str, action: str, answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """The answer with every field published of it; of an action that is not published, the answer as it is."""
    completed: Mapping[str, Any] = _complete(PUBLISHED.get(product, {}).get(action, {}), answer)
    return completed


def _complete(published: Any, given: Any) -> Any:
    if isinstance(published, dict):
        fields = {
            name: _complete(inner, given[name]) if name in given else _empty(inner) for name, inner in published.items()
        }
        # What only older documents publish is the handlers' to give.
        return {**given, **fields}
    if isinstance(published, list):
        return [_complete(published[0], entry) for entry in given]
    return given


def _empty(published: Any) -> Any:
    if isinstance(published, dict):
        return {name: _empty(inner) for name, inner in published.items()}
    return [] if isinstance(published, list) else published
