"""Does the state hold more than a stack should, and what did a killed run leave?

That is pending operations in the state, and transfers under way that no state knows.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import Any

from transfer_provider import receipt, transfer
from transfer_provider.cli.doctor.accounts import Accounts
from transfer_provider.cli.doctor.actions import DESCRIBE_TRANSFERS
from transfer_provider.cli.doctor.checkup import Check, Report, not_checked, ok, warning
from transfer_provider.cli.doctor.leftovers.exported_state import ExportedState, Pending
from transfer_provider.cli.doctor.side import Attempt, Side
from transfer_provider.cli.engine.command import NotReady
from transfer_provider.cli.terminal import count
from transfer_provider.cloud import operations
from transfer_provider.cloud.client import Cloud
from transfer_provider.cloud.errors import Unsupported
from transfer_provider.cloud.polls import RUNNING
from transfer_provider.handover.reports import untracked
from transfer_provider.inputs.stack_files import MOST_HANDOVERS
from transfer_provider.inputs.yaml_file import FilesRefused
from transfer_provider.model.lifecycle import Status
from transfer_provider.model.transfer import Transfer

CREATING = "creating"
ACCEPTED = (Status.TRANSFERRING, Status.COMPLETED)
SUBMITTED = (*RUNNING, Status.COMPLETED)


def checks(accounts: Accounts, state: ExportedState) -> list[Check]:
    """The checks, in their order."""
    return [
        Check("size", partial(_size, accounts, state)),
        Check("pending operations", partial(_pending, accounts, state)),
        Check("untracked transfers", partial(_untracked, accounts, state)),
    ]


def _size(accounts: Accounts, state: ExportedState) -> Iterator[Report]:
    """Files are checked by another check, and without a state the files alone may be too many."""
    counted: dict[str, int] = {}
    with suppress(FilesRefused):
        counted["declared"] = len(accounts.stack.load_handovers())
    unknown: NotReady | None = None
    try:
        counted["in the state"] = len(state.handovers.handovers)
    except NotReady as missing:
        unknown = missing
    found = ", ".join(f"{count(number, 'handover')} {where}" for where, number in counted.items())
    if max(counted.values(), default=0) > MOST_HANDOVERS:
        yield warning(
            f"{found}: a stack should hold {MOST_HANDOVERS} at most.",
            "Leave these where they are, and declare further ones in stacks of their own, which `handover capture "
            "--split` writes; docs/scale.md tells why.",
        )
    elif unknown is None:
        yield ok(f"{found}; up to {MOST_HANDOVERS} a stack.")
    if unknown is not None:
        raise unknown


def _pending(accounts: Accounts, state: ExportedState) -> Iterator[Report]:
    if not state.pending:
        yield ok("None.")
        return
    stack = accounts.stack.name
    created = [operation for operation in state.pending if operation.doing == CREATING]
    for operation in state.pending:
        if operation not in created:
            yield warning(f"{operation}.", "The next `pulumi up` or `pulumi refresh` clears it.")
    resolved = True
    for operation in created:
        settled, observed = _result(operation, accounts, state)
        resolved = resolved and settled
        yield warning(f"{operation}: {observed}.", "See the next line.")
    if created and resolved:
        yield warning(
            f"{count(len(created), 'pending operation')} can be cleared: the state lacks nothing that they made.",
            f"Run `pulumi refresh --stack {stack} --clear-pending-creates --yes` while nobody else runs; it makes no "
            "changes at Alibaba Cloud, also while transfers are under way.",
        )
    elif created:
        yield warning(
            f"{count(len(created), 'pending operation')} can't be cleared yet: what is not in the state may be at "
            "Alibaba Cloud, and this entry is its only trace in the state.",
            f"With its file in place run `pulumi up --stack {stack}`, which adopts what is there or makes it anew; "
            "then check again.",
        )


def _result(operation: Pending, accounts: Accounts, state: ExportedState) -> tuple[bool, str]:
    """Whether nothing is left to settle of an interrupted creation, and what was observed."""
    if operation.urn in state.resources:
        return True, "a later run made or adopted it, and the state holds it"
    roles = {transfer.TYPE: "source", receipt.TYPE: "recipient"}
    role = roles.get(operation.kind)
    if role is None:
        return False, "the state does not hold it, and this command can't look it up"
    instance_id = str(operation.inputs.get("instance_id"))
    if role not in accounts.sides:
        return False, f"the state does not hold it, and the stack does not run the {role}'s half"
    attempt = _transfers_of(accounts.trusted(role), instance_id, str(operation.inputs.get("region")))
    if attempt.error is not None:
        return False, f"the state does not hold it, and {_unknown(attempt)}"
    took_effect = SUBMITTED if role == "source" else ACCEPTED
    found = next((listed for listed in attempt.answer or () if listed.status in took_effect), None)
    if found is None:
        return True, "it took no effect at Alibaba Cloud"
    return False, f"it took effect as {found.transfer_id} ({found.status}), and the state does not hold it"


def _transfers_of(side: Side, instance_id: str, region: str) -> Attempt[list[Transfer]]:
    cloud = Cloud(side.cloud.profile, region)
    return side.attempt(
        f"{DESCRIBE_TRANSFERS} of {instance_id}",
        lambda _: list(operations.list_all(cloud, role=side.name.capitalize(), instance_ids=[instance_id])),
    )


def _untracked(accounts: Accounts, state: ExportedState) -> Iterator[Report]:
    if "source" not in accounts.sides:
        yield not_checked("The stack does not run the source's half.")
        return
    stack = accounts.stack
    try:
        requests = [declared.inputs.request() for declared in stack.load_handovers()]
    except FilesRefused:
        raise NotReady("files") from None
    held, side = state.handovers, accounts.trusted("source")
    for region in untracked.regions(stack.settings, requests):
        attempt = _under_way(side, region)
        if attempt.answer is None:
            yield not_checked(f"{region}: {_unknown(attempt)}.")
            continue
        found = untracked.untracked(attempt.answer, stack.settings, held, requests)
        for listed in found:
            yield warning(f"{untracked.described(listed)}.", untracked.WHAT_TO_DO)
        if not found:
            yield ok(f"None in {region}.")


def _under_way(side: Side, region: str) -> Attempt[list[Transfer]]:
    cloud = Cloud(side.cloud.profile, region)
    return side.attempt(f"{DESCRIBE_TRANSFERS} under way in {region}", lambda _: untracked.under_way(cloud))


def _unknown(attempt: Attempt[Any]) -> str:
    """Why a listing of transfers has no answer: no permission, not offered and no answer are three things."""
    if attempt.denied:
        return f"these credentials may not call {DESCRIBE_TRANSFERS}"
    if isinstance(attempt.error, Unsupported):
        return "the account is not offered the transfer actions"
    if attempt.unanswered:
        return "nobody answered, see the endpoints"
    return str(attempt.error).rstrip(".")
