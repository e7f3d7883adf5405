"""Both accounts of a stack, and whether their credentials are the right ones."""

from __future__ import annotations

from functools import cached_property

from transfer_provider.cli.doctor.checkup import Outcome, Report, not_checked, ok, problem
from transfer_provider.cli.doctor.side import Attempt, Side
from transfer_provider.cli.engine.command import NotReady
from transfer_provider.cli.examined_stack import ExaminedStack
from transfer_provider.cloud.accounts import require_source
from transfer_provider.cloud.errors import NotAllowed, Refused

USE_SETTINGS = "Use that account's profile as sourceProfile; or correct `sourceAccount` in a reviewed commit."


class Accounts:
    """Both sides of a stack. Raises NotReady where the settings can't be read."""

    def __init__(self, stack: ExaminedStack) -> None:
        self.stack = stack

    @cached_property
    def sides(self) -> dict[str, Side]:
        """The sides that the stack runs, by name."""
        chosen = self.stack.settings
        sides = {}
        if chosen.runs_source:
            sides["source"] = Side("source", chosen.sourceProfile, chosen.region)
        if chosen.runs_recipient:
            sides["recipient"] = Side("recipient", chosen.recipientProfile, chosen.region)
        return sides

    def trusted(self, name: str) -> Side:
        """A side whose credentials are the right account's. Raises NotReady where they are not."""
        side = self.sides[name]
        if self.reports[name].outcome is not Outcome.OK:
            raise NotReady(f"{name} profile")
        return side

    @cached_property
    def reports(self) -> dict[str, Report]:
        """What to report of each side's credentials."""
        return {name: self._report(side) for name, side in self.sides.items()}

    def _report(self, side: Side) -> Report:
        identity = side.identity()
        if identity.error is not None:
            return _no_identity(side, identity)
        if side.name == "source":
            try:
                require_source(side.cloud, self.stack.settings.sourceAccount, remedy=USE_SETTINGS)
            except NotAllowed as refused:
                return problem(str(refused), "")
        elif wrong := self._not_the_recipient(side):
            return problem(
                f"{side.setting} belongs to account {side.account_id}: {wrong}.", "Correct it in the stack's settings."
            )
        return ok(f"{side.cloud} belongs to account {side.account_id}.")

    def _not_the_recipient(self, side: Side) -> str:
        """Why the account is not the one that the handovers go to; empty where it is."""
        here = side.account_id
        source = self.sides.get("source")
        if source and source.account_id == here:
            return "that of the source, and both have to be two"
        refusal = self.stack.settings.refusal_of_recipient(here)
        wrong = [refusal] if refusal else []
        wrong += [
            f"{handover.name}.yaml hands over to {handover.inputs.recipient_account_id}"
            for handover in self.stack.handovers
            if handover.inputs.recipient_account_id != here
        ]
        return "; ".join(wrong)


def _no_identity(side: Side, tried: Attempt[str]) -> Report:
    """What to report where the credentials' account could not be queried."""
    if tried.untimely:
        return not_checked("Alibaba Cloud refuses it for the time it was signed at; see the clock.")
    if tried.unanswered:
        return not_checked("Nobody answered; see the endpoints.")
    if not tried.denied and tried.error is not None and tried.error.code:
        return not_checked(str(tried.error))
    if isinstance(tried.error, Refused):
        return problem(str(tried.error), "")
    return problem(str(tried.error), f"Correct the profile, or {side.setting} in the stack's settings.")
