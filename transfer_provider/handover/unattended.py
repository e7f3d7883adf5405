"""An unattended run declares only what a person's last run applied: the same files, and no further transfer.

A person's `pulumi up` exports a digest of the stack's files and settings, so its state holds it. `handover watch --up`,
and an operator in a cluster, run with `HANDOVER_UNATTENDED`: such a run is refused, before anything is declared, unless
its files are those. What it would submit waits (`handover/order/turns.py`), and it accepts in receive windows alone.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import fields
from typing import Any

import pulumi
from pydantic import BaseModel

from transfer_provider.channels.unattended import VARIABLE, asked_for, unattended
from transfer_provider.handover.state import StackState
from transfer_provider.inputs.manifest import Declared, Stack
from transfer_provider.inputs.settings import Settings
from transfer_provider.model.windows import ACCEPT_NOW, accepted_now

# They change what is announced, and nothing that a run declares.
NOT_APPLIED = {"notify", "language"}


def files_digest(settings: Settings, stack: Stack) -> str:
    """`sha256:` and 32 hexadecimal digits, of what the files mean: comments and the order of keys do not count, and
    what is as it comes is left out, so that a later version with further keys has the same digest."""
    meant = {
        "settings": settings.model_dump(mode="json", exclude=NOT_APPLIED, exclude_defaults=True),
        "handovers": {declared.name: _chosen(declared) for declared in stack.handovers},
        "groups": stack.groups,
    }
    text = json.dumps(meant, sort_keys=True, ensure_ascii=True, default=_plain)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()[:32]


def refusal(settings: Settings, stack: Stack, state: StackState) -> str | None:
    """Why this run may not go on without a person, or None."""
    if not unattended() or state.applied_files == files_digest(settings, stack):
        return None
    if state.applied_files is None:
        why = "no `pulumi up` of a person has recorded the stack's files yet"
    else:
        why = "the stack's files or settings have changed since a person's last `pulumi up`"
    return (
        f"Could not run unattended: {why}. Nothing was declared and no changes were made. Review the change with "
        f"`pulumi preview`, and run `pulumi up` yourself, without {VARIABLE}."
    )


def accepted_outside_of_windows() -> frozenset[str]:
    """The handovers that this run accepts outside of their receive window. Raises pulumi.RunError where the environment
    names some, and no person asked for the run."""
    named = accepted_now(os.environ)
    if named and not asked_for():
        raise pulumi.RunError(
            f"Could not run unattended: {ACCEPT_NOW} is set, which accepts outside of receive windows. Nothing was "
            "declared and no changes were made. Remove it from this run's environment, and run `handover accept NAME "
            "--now` yourself."
        )
    return named


def _chosen(declared: Declared) -> dict[str, Any]:
    """What the file says other than what is without it."""
    return {each.name: value for each in fields(declared) if (value := getattr(declared, each.name)) != each.default}


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_defaults=True)
    return str(value)
