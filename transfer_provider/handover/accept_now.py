"""Which handovers a run accepts outside of their receive window: a deliberate exception, for one run.

`handover accept NAME --now` starts `pulumi up` with the environment variable HANDOVER_ACCEPT_NOW, a list of names with
commas between them. It is no setting, so that no later run does the same.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from transfer_provider.inputs.fields import nearest
from transfer_provider.model.text import printable

ACCEPT_NOW = "HANDOVER_ACCEPT_NOW"


def accepted_now(environment: Mapping[str, str]) -> frozenset[str]:
    """The handovers that the environment names."""
    return frozenset(name for part in environment.get(ACCEPT_NOW, "").split(",") if (name := part.strip()))


def undeclared(accepted: Collection[str], declared: Collection[str]) -> list[str]:
    """What is wrong where a name is no declared handover's: a slip, while accepting can't be undone."""
    return [
        f"Could not accept {printable(name)} outside of its receive window: {ACCEPT_NOW} names it, and no handover of "
        f"that name is declared; {nearest(name, declared)}Correct the name, or unset {ACCEPT_NOW}."
        for name in sorted(set(accepted) - set(declared))
    ]
