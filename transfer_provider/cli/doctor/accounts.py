"""Both accounts of a stack, and whether their credentials are the right ones."""

from __future__ import annotations

from functools import cached_property

from transfer_provider.cli.doctor.checkup import Needs, Outcome, Told, not_checked, ok, problem
from transfer_provider.cli.doctor.examined import Examined
from transfer_provider.cli.doctor.side import Side, Try


class Accounts:
    """Both sides of a stack. Raises Needs where the settings do not tell them."""

    def __init__(self, stack: Examined) -> None:
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
        """A side whose credentials are the right account's. Raises Needs where they are not."""
        side = self.sides[name]
        if self.judged[name].outcome is not Outcome.OK:
            raise Needs(f"{name} profile")
        return side

    @cached_property
    def judged(self) -> dict[str, Told]:
        """What is to be said of each side's credentials."""
        return {name: self._judge(side) for name, side in self.sides.items()}

    def _judge(self, side: Side) -> Told:
        tried = side.identity()
        if tried.error is not None:
            return _no_identity(side, tried)
        wrong = self._not_the_source(side) if side.name == "source" else self._not_the_recipient(side)
        if wrong:
            return problem(
                f"{side.setting} belongs to account {side.account_id}: {wrong}.", "Correct it in the stack's settings."
            )
        return ok(f"{side.cloud} belongs to account {side.account_id}.")

    def _not_the_source(self, side: Side) -> str:
        named = self.stack.settings.sourceAccount
        return f"the stack's sourceAccount is {named}" if named and named != side.account_id else ""

    def _not_the_recipient(self, side: Side) -> str:
        """Why the account is not the one that the handovers go to; empty where it is."""
        here = side.account_id
        source = self.sides.get("source")
        if source and source.account_id == here:
            return "that of the source, and both have to be two"
        refusal = self.stack.settings.refusal_of_recipient(here)
        wrong = [refusal] if refusal else []
        others = [one for one in self.stack.handovers if one.inputs.recipient_account_id != here]
        wrong += [f"{one.name}.yaml hands over to {one.inputs.recipient_account_id}" for one in others]
        return "; ".join(wrong)


def _no_identity(side: Side, tried: Try) -> Told:
    """What is to be said where the credentials' account could not be told."""
    if tried.untimely:
        return not_checked("Alibaba Cloud refuses it for the time it was signed at; see the clock.")
    if tried.unanswered:
        return not_checked("Nobody answered; see the endpoints.")
    if not tried.denied and tried.error is not None and tried.error.code:
        return not_checked(str(tried.error))
    return problem(str(tried.error), f"Correct the profile, or {side.setting} in the stack's settings.")
