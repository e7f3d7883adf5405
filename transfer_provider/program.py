"""What all handovers of one program share: its settings, its state, its looks at the accounts, its providers."""

from __future__ import annotations

import functools
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi

from transfer_provider.eligibility import BLOCKERS, EXPIRY_DAYS
from transfer_provider.network import Network
from transfer_provider.recorded import read_recorded
from transfer_provider.seen import Recorded, Sides

if TYPE_CHECKING:
    from transfer_provider.backup import Backups
    from transfer_provider.checks import Checks
    from transfer_provider.survey import Survey


@dataclass(frozen=True)
class Program:
    """Whose half it runs, what the stack's state holds, the look at both accounts, the checks of what is not submitted
    yet, the recipient's side, and the source's backups."""

    sides: Sides
    recorded: Recorded
    survey: Survey
    checks: Checks
    network: Network
    backups: Backups

    @classmethod
    def of(
        cls, sides: Sides, *, protect: bool = True, warn_only: Collection[str] = (), expiry_days: int = EXPIRY_DAYS
    ) -> Program:
        """For these sides, with what the stack's state holds; the rest are the stack's settings."""
        # Imported here: a program that only declares transfers does not wait for Alibaba Cloud's SDK.
        from transfer_provider.backup import Backups
        from transfer_provider.checks import Checks
        from transfer_provider.survey import Survey

        recorded = read_recorded()
        return cls(
            sides,
            recorded,
            Survey(sides, recorded),
            Checks(sides, recorded, warn_only=warn_only, expiry_days=expiry_days),
            Network(sides.recipient_profile, protect=protect),
            Backups(sides.source_profile, recorded.snapshots),
        )


@functools.cache
def this_program() -> Program:
    """What a program of its own shares, by the stack's settings: side, sourceProfile, recipientProfile, protect,
    warnOnly, expiryDays."""
    config = pulumi.Config()
    side = config.get("side") or "both"
    if side not in ("both", "source", "recipient"):
        raise pulumi.RunError("The stack's setting `side` has to be both, source or recipient.")
    warn_only = config.get_object("warnOnly") or []
    if not isinstance(warn_only, list) or not set(warn_only) <= set(BLOCKERS):
        raise pulumi.RunError(f"The stack's setting `warnOnly` has to be a list of some of {', '.join(BLOCKERS)}.")
    days = config.get_int("expiryDays")
    return Program.of(
        Sides(side, config.get("sourceProfile") or None, config.get("recipientProfile") or None),
        protect=config.get_bool("protect") is not False,
        warn_only=warn_only,
        expiry_days=EXPIRY_DAYS if days is None else days,
    )
