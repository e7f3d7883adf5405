"""What a look at a stack knows of its handovers' order: of the stacks ahead, and of what both accounts list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from transfer_provider.cli.engine.command import Engine
from transfer_provider.cli.examined_stack import ExaminedStack
from transfer_provider.cli.follow.observed.account import Account
from transfer_provider.cli.follow.observed.observe import Accounts
from transfer_provider.cli.follow.observed.stack_state import StateReader
from transfer_provider.cli.stack import read_stack
from transfer_provider.cloud.errors import Refused
from transfer_provider.cloud.operations import newest
from transfer_provider.handover.order.stacks import declared_by, stack_ahead
from transfer_provider.handover.order.turns import StackAhead
from transfer_provider.handover.state import StackState
from transfer_provider.inputs.manifest import Declared
from transfer_provider.inputs.settings import Settings
from transfer_provider.inputs.stack_files import StackFiles
from transfer_provider.inputs.yaml_file import FilesRefused
from transfer_provider.model.lifecycle import Status
from transfer_provider.model.transfer import differences


@dataclass(frozen=True)
class Listed:
    """What the accounts list, as far as it was queried; see `waits_for` of `handover/order/turns.py`."""

    arrived: frozenset[str] = frozenset()
    statuses: Mapping[str, Status] = field(default_factory=dict)
    under_way: frozenset[str] = frozenset()


def listed(declared: Sequence[Declared], accounts: Accounts) -> Listed:
    """Of these handovers' instances: those that have arrived, their transfers' statuses, and the requests under way."""
    source: Account | None = accounts.source
    of_instance = source.of_instance if source else {}
    statuses: dict[str, Status] = {}
    under_way = set()
    for each in declared:
        request = each.inputs.request()
        transfers = list(of_instance.get(request.instance_id, {}).values())
        last = newest(transfers)
        if last is not None:
            statuses[request.instance_id] = last.status
        if any(not transfer.status.terminal and not differences(transfer, request) for transfer in transfers):
            under_way.add(request.instance_id)
    arrived = frozenset(accounts.recipient.instances) if accounts.recipient else frozenset[str]()
    return Listed(arrived, statuses, frozenset(under_way))


@dataclass(frozen=True)
class StacksAhead:
    """The unsettled stacks of the setting `after`, and why one could not be read, a sentence each."""

    stacks: Sequence[StackAhead] = ()
    failures: Sequence[str] = ()


def stacks_ahead(
    root: Path, settings: Settings, declared: Sequence[Declared], state: StackState, engine: Engine
) -> StacksAhead:
    """Those ahead of the stack of these settings; none is read where all that it declares is submitted already."""
    submitted = all(each.inputs.instance_id in state.submitted for each in declared)
    if not settings.runs_source or submitted:
        return StacksAhead()
    found: list[StackAhead] = []
    failures: list[str] = []
    for name in settings.after:
        try:
            exported = StateReader(ExaminedStack(name, lambda: root, read_stack), engine).read()
            if exported.no_state:
                raise Refused(f"There is no stack {name} at {exported.no_state}, and the setting `after` names it.")
            ahead = stack_ahead(name, exported.state, declared_by(StackFiles(root, name)))
        except (Refused, FilesRefused) as error:
            failures.append(str(error))
            ahead = StackAhead(name, unknown=True)
        if ahead is not None:
            found.append(ahead)
    return StacksAhead(found, failures)
