"""What an unattended run may not do, whoever declares what: submit, cancel, or stop tracking a transfer.

`handover watch --up` sets the variable for the runs that it starts, and so does whatever else runs `pulumi` by itself,
as an operator in a cluster. Such a run takes the steps alone that a person's run made due.
"""

from __future__ import annotations

import os

from transfer_provider.cloud.errors import Refused

VARIABLE = "HANDOVER_UNATTENDED"
ASKED = "asked"
"""Its value in a run that a person asked for, by `handover accept`: it takes due steps alone as well, and may accept
outside of a receive window."""


def unattended() -> bool:
    """Whether this run was started without a person."""
    return os.environ.get(VARIABLE, "") not in ("", "0")


def asked_for() -> bool:
    """Whether a person asked for this run, be it for due steps alone."""
    return not unattended() or os.environ[VARIABLE] == ASKED


def refuse_unattended(doing: str) -> None:
    """Raise Refused in an unattended run; `doing` is what it is about to do."""
    if unattended():
        raise Refused(
            f"Could not {doing}: an unattended run submits nothing, cancels nothing and stops tracking nothing. "
            f"No changes were made to it. Run `pulumi up` yourself, without {VARIABLE}."
        )
