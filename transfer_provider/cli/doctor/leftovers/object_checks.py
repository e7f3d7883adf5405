"""What the stack made in the recipient's account and nobody owns, and rules that nobody declared."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from functools import cached_property, partial

from transfer_provider.cli.doctor.accounts import Accounts
from transfer_provider.cli.doctor.checkup import Check, Report, drift, not_checked, ok, warning
from transfer_provider.cli.doctor.leftovers.exported_state import ExportedState
from transfer_provider.cli.engine.command import NotReady
from transfer_provider.cli.examined_stack import ExaminedStack
from transfer_provider.cli.terminal import count
from transfer_provider.cloud.errors import NotAllowed, TryAgain
from transfer_provider.handover.recipient.objects import RecipientObjects
from transfer_provider.handover.recipient.rule_differences import Kind
from transfer_provider.handover.recipient.state import RecipientState
from transfer_provider.inputs.manifest import Stack
from transfer_provider.inputs.yaml_file import FilesRefused
from transfer_provider.model.ownership import Owner


def checks(stack: ExaminedStack, state: ExportedState, accounts: Accounts) -> list[Check]:
    """The checks, in their order."""
    objects = _Objects(stack, state, accounts)
    return [
        Check("orphans", partial(_answered, objects, _orphans)),
        Check("undeclared rules", partial(_answered, objects, _rules)),
    ]


def owner_of(stack: ExaminedStack) -> Owner:
    """The project and stack, as tags name them."""
    return Owner.of(str(stack.project.get("name")), stack.name)


def declared_by(stack: ExaminedStack) -> Stack:
    """What the files declare. Raises NotReady where one is wrong."""
    try:
        return stack.load_stack()
    except FilesRefused:
        raise NotReady("files") from None


def unanswered(error: TryAgain) -> Report:
    """What to report of what could not be queried now."""
    return not_checked("Nobody answered; see the endpoints." if error.code is None else str(error))


def awaited(declared: Stack, state: RecipientState) -> Collection[str]:
    """The instances whose handover takes over an address made for it: the state holds none of it yet."""
    return {
        handover.inputs.instance_id
        for handover in declared.handovers
        if handover.recreate and handover.recreate.eip and handover.name not in state.addresses
    }


class _Objects:
    """The stack's objects at the recipient. The state is read only where there are any."""

    def __init__(self, stack: ExaminedStack, exported: ExportedState, accounts: Accounts) -> None:
        self.stack = stack
        self._exported = exported
        self._accounts = accounts

    @property
    def run_here(self) -> bool:
        """Whether the stack runs the recipient's half."""
        return "recipient" in self._accounts.sides

    @cached_property
    def declared(self) -> Stack:
        """What the files declare. Raises NotReady where one is wrong."""
        return declared_by(self.stack)

    @property
    def regions(self) -> set[str]:
        """Where the stack may have made something."""
        region = self.stack.settings.region
        inputs = (handover.inputs.region for handover in self.declared.handovers if handover.recreate)
        return {region, *inputs, *(group.region or region for group in self.declared.groups.values())}

    @cached_property
    def state(self) -> RecipientState:
        """What the state holds. Raises NotReady where it can't be read."""
        return self._exported.recipient

    def known(self, state: RecipientState) -> RecipientObjects:
        """The stack's objects, given what its state holds. Raises NotReady where the credentials are not right."""
        side = self._accounts.trusted("recipient")
        removes_rules = self.stack.settings.removes_rules
        return RecipientObjects(
            side.cloud.profile, owner_of(self.stack), self.stack.name, state, removes_rules=removes_rules
        )

    @cached_property
    def anything(self) -> bool:
        """Whether the account has anything of the stack's at all. Raises as a query does."""
        known = self.known(RecipientState())
        found = known.orphans(self.regions, {}, self.stack.settings.region, ())
        if not found:
            known.confirm_groups(self.regions)
        return bool(found)


def _answered(objects: _Objects, check: Callable[[_Objects], Iterator[Report]]) -> Iterator[Report]:
    """What a check reports, where its queries are answered. Whose fault it is where not, other checks report."""
    if not objects.run_here:
        yield not_checked("The stack does not run the recipient's half.")
        return
    try:
        yield from check(objects)
    except NotAllowed:
        raise NotReady("recipient permissions") from None
    except TryAgain as error:
        yield unanswered(error)


def _orphans(objects: _Objects) -> Iterator[Report]:
    found = []
    if objects.anything:
        groups, region = objects.declared.groups, objects.stack.settings.region
        waiting = awaited(objects.declared, objects.state)
        found = objects.known(objects.state).orphans(objects.regions, groups, region, waiting)
    for orphan in found:
        yield warning(orphan.observed, orphan.remedy)
    if not found:
        yield ok("Everything at the recipient with this stack's tags is declared, or in its state.")


def _rules(objects: _Objects) -> Iterator[Report]:
    groups = objects.declared.groups
    if not groups or not (objects.anything or objects.state.groups):
        yield ok("The stack has no security groups at the recipient.")
        return
    known, region = objects.known(objects.state), objects.stack.settings.region
    differences = known.rule_differences(groups, region)
    undeclared = known.undeclared_rules(groups, region)
    for rule in undeclared:
        yield drift(rule.observed, rule.remedy)
    pending = [difference for difference in differences if difference.kind is Kind.DROPPED]
    if pending:
        yield ok(f"The next `pulumi up` removes {count(len(pending), 'rule')} no longer declared.")
    if not undeclared:
        yield ok("The security groups have no rule that no file declares.")
