"""What an unattended run may not do, whoever declares what: submit, cancel, or stop tracking a transfer.

`handover watch --up` sets the variable for the runs that it starts. Such a run takes the steps alone that a person's
run made due.
"""

from __future__ import annotations

import os

from transfer_provider.cloud.errors import Refused

VARIABLE = "HANDOVER_UNATTENDED"


def unattended() -> bool:
    """Whether this run was started without a person."""
    return os.environ.get(VARIABLE, "") not in ("", "0")


def refuse_unattended(doing: str) -> None:
    """Raise Refused in an unattended run; `doing` is what it is about to do."""
    if unattended():
        raise Refused(
            f"Could not {doing}: an unattended run submits nothing, cancels nothing and stops tracking nothing. "
            "No changes were made to it. Run `pulumi up` yourself."
        )
