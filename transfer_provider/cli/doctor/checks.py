"""All checks of a stack, in the order in which they are reported."""

from __future__ import annotations

from transfer_provider.cli.doctor import (
    account_checks,
    call_checks,
    engine_checks,
    stack_checks,
)
from transfer_provider.cli.doctor.accounts import Accounts
from transfer_provider.cli.doctor.checkup import Check
from transfer_provider.cli.doctor.leftovers import copy_checks, object_checks, state_checks
from transfer_provider.cli.doctor.leftovers.exported_state import ExportedState
from transfer_provider.cli.engine.backend import Backend
from transfer_provider.cli.engine.command import Engine
from transfer_provider.cli.examined_stack import ExaminedStack


def of(stack: ExaminedStack) -> list[Check]:
    """What to run for this stack; see checkup.run."""
    engine, accounts = Engine(), Accounts(stack)
    backend = Backend(stack, engine)
    state = ExportedState(engine, backend, stack)
    return [
        *engine_checks.checks(stack, engine),
        *stack_checks.checks(stack, backend),
        *account_checks.checks(accounts),
        *state_checks.checks(accounts, state),
        *object_checks.checks(stack, state, accounts),
        *copy_checks.checks(stack, state, accounts),
        *call_checks.checks(accounts),
    ]
