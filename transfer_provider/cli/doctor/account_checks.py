"""May each side's credentials do what a handover takes, and which channel can work?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from transfer_provider.cli.doctor import actions
from transfer_provider.cli.doctor.accounts import Accounts
from transfer_provider.cli.doctor.actions import DESCRIBE_TRANSFERS, TRANSFER, RequiredAction
from transfer_provider.cli.doctor.checkup import Check, Report, not_checked, ok, problem, warning
from transfer_provider.cli.doctor.side import Attempt, Side
from transfer_provider.cloud import inventory as cloud_inventory
from transfer_provider.cloud import operations
from transfer_provider.cloud.client import Cloud
from transfer_provider.cloud.errors import Refused, Unsupported
from transfer_provider.cloud.paging import PAGE
from transfer_provider.inputs.manifest import Declared

SIDES = ("source", "recipient")
VERIFY = "Pass real-name verification in that account's console; without it it may neither give nor take."
CONSOLE = "The api channel can't work in this account; set `channel: console` in the handovers' files."


def checks(accounts: Accounts) -> list[Check]:
    """The checks, in their order."""

    def of_each(what: str, check: Callable[[Accounts, str], Iterator[Report]]) -> list[Check]:
        return [Check(f"{name} {what}", partial(_if_run, accounts, name, check)) for name in SIDES]

    return [
        *of_each("profile", _profile),
        *of_each("permissions", _permissions),
        Check("action offered", partial(_offered, accounts)),
        *of_each("real name", _real_name),
    ]


def _if_run(accounts: Accounts, name: str, check: Callable[[Accounts, str], Iterator[Report]]) -> Iterator[Report]:
    if name in accounts.sides:
        yield from check(accounts, name)
    else:
        yield not_checked(f"The stack does not run the {name}'s half.")


def _profile(accounts: Accounts, name: str) -> Iterator[Report]:
    yield accounts.reports[name]


def _permissions(accounts: Accounts, name: str) -> Iterator[Report]:
    side, handovers = accounts.trusted(name), accounts.stack.handovers
    required = list((actions.of_source if name == "source" else actions.of_recipient)(handovers))
    attempts: dict[RequiredAction, Attempt[Any]] = {
        action: side.attempt(action.name, action.probe) for action in required if action.probe is not None
    }
    if name == "source" and actions.by_api(handovers):
        dry_run = _dry_run(side, actions.by_api(handovers))
        if dry_run is not None:
            attempts[RequiredAction(TRANSFER)] = dry_run
        else:
            required.append(RequiredAction(TRANSFER))
    yield from _permission_reports(side, attempts)
    untried = [action.name for action in required if action.probe is None]
    if untried:
        yield not_checked(f"{', '.join(untried)}: there is no way to try without doing it.")


def _permission_reports(side: Side, attempts: Mapping[RequiredAction, Attempt[Any]]) -> Iterator[Report]:
    policy = f"Attach docs/policies/{side.name}.json to its RAM user or role; see docs/permissions.md."
    lacking = [action.name for action, attempt in attempts.items() if attempt.denied and not action.otherwise]
    if lacking:
        yield problem(f"{side.cloud} may not call {', '.join(lacking)}.", policy)
    for action, attempt in attempts.items():
        error = attempt.error
        if attempt.denied and action.otherwise:
            yield warning(f"{side.cloud} may not call {action.name}: {action.otherwise}.", policy)
        elif error is None or attempt.denied or isinstance(error, Unsupported):
            continue
        elif isinstance(error, Refused):
            yield problem(str(error), "")
        else:
            yield not_checked("Nobody answered; see the endpoints." if attempt.unanswered else str(error))
    allowed = [action.name for action, attempt in attempts.items() if attempt.error is None]
    if allowed:
        yield ok(f"{side.cloud} may call {', '.join(allowed)}.")


def _dry_run(side: Side, handovers: Sequence[Declared]) -> Attempt[None] | None:
    """The dry run of a transfer that was not submitted yet; None where there is none, or it is not known."""
    region = handovers[0].inputs.region
    declared = [handover.inputs for handover in handovers if handover.inputs.region == region][:PAGE]
    cloud = Cloud(side.cloud.profile, region)
    listed = side.attempt(
        f"{DESCRIBE_TRANSFERS} of the declared",
        lambda _: list(operations.list_all(cloud, instance_ids=[inputs.instance_id for inputs in declared])),
    )
    if listed.answer is None:
        return None
    submitted = {transfer.instance_id for transfer in listed.answer}
    new = next((inputs for inputs in declared if inputs.instance_id not in submitted), None)
    if new is None:
        return None
    request = new.request()

    def dry_run(_: Cloud) -> None:
        try:
            operations.dry_run(cloud, request)
        except Refused:
            # Whatever else blocks it, the permission is there: it is checked first.
            return

    return side.attempt(TRANSFER, dry_run)


def _offered(accounts: Accounts) -> Iterator[Report]:
    for name, side in accounts.sides.items():
        accounts.trusted(name)
        attempts = [side.attempts[action] for action in (DESCRIBE_TRANSFERS, TRANSFER) if action in side.attempts]
        offered = [attempt.action for attempt in attempts if attempt.error is None]
        if any(isinstance(attempt.error, Unsupported) for attempt in attempts):
            yield warning(
                f"Account {side.account_id} is not offered the transfer actions (InvalidAction.NotFound).", CONSOLE
            )
        elif offered:
            yield ok(f"Account {side.account_id} is offered {', '.join(offered)}.")
        else:
            yield not_checked("No handover takes the api channel." if not attempts else "That was not answered.")


def _real_name(accounts: Accounts, name: str) -> Iterator[Report]:
    side = accounts.trusted(name)
    verified = side.attempt("ecs:DescribeAccountAttributes of the account", cloud_inventory.verified)
    if verified.error is not None:
        yield not_checked("Nobody answered; see the endpoints." if verified.unanswered else str(verified.error))
    elif verified.answer is None:
        yield not_checked(f"{side.cloud} may not see it: ecs:DescribeAccountAttributes.")
    elif verified.answer:
        yield ok(f"Account {side.account_id} is verified, or need not be.")
    else:
        yield problem(f"Account {side.account_id} is not real-name verified.", VERIFY)
