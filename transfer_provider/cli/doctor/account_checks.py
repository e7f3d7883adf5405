"""May each side's credentials do what a handover takes, and which channel can work?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from transfer_provider.cli.doctor import actions
from transfer_provider.cli.doctor.accounts import Accounts
from transfer_provider.cli.doctor.actions import DESCRIBE_TRANSFERS, TRANSFER, Wanted
from transfer_provider.cli.doctor.checkup import Check, Told, not_checked, ok, problem, warning
from transfer_provider.cli.doctor.side import Side, Try
from transfer_provider.cloud import inventory as cloud_inventory
from transfer_provider.cloud import operations
from transfer_provider.cloud.client import Cloud
from transfer_provider.cloud.errors import Refused, Unsupported
from transfer_provider.cloud.paging import PAGE
from transfer_provider.inputs.manifest import Declared
from transfer_provider.model.transfer import TransferRequest

SIDES = ("source", "recipient")
VERIFY = "Pass real-name verification in that account's console; without it it may neither give nor take."
CONSOLE = "The api channel can't work in this account; set `channel: console` in the handovers' files."


def checks(accounts: Accounts) -> list[Check]:
    """The checks, in their order."""

    def of_each(what: str, look: Callable[[Accounts, str], Iterator[Told]]) -> list[Check]:
        return [Check(f"{name} {what}", partial(_if_run, accounts, name, look)) for name in SIDES]

    return [
        *of_each("profile", _profile),
        *of_each("permissions", _permissions),
        Check("action offered", partial(_offered, accounts)),
        *of_each("real name", _real_name),
    ]


def _if_run(accounts: Accounts, name: str, look: Callable[[Accounts, str], Iterator[Told]]) -> Iterator[Told]:
    if name in accounts.sides:
        yield from look(accounts, name)
    else:
        yield not_checked(f"The stack does not run the {name}'s half.")


def _profile(accounts: Accounts, name: str) -> Iterator[Told]:
    yield accounts.judged[name]


def _permissions(accounts: Accounts, name: str) -> Iterator[Told]:
    side, handovers = accounts.trusted(name), accounts.stack.handovers
    wanted = list((actions.of_source if name == "source" else actions.of_recipient)(handovers))
    tried = {one: side.attempt(one.action, one.probe) for one in wanted if one.probe is not None}
    if name == "source" and actions.by_api(handovers):
        dry_run = _dry_run(side, actions.by_api(handovers))
        if dry_run is not None:
            tried[Wanted(TRANSFER)] = dry_run
        else:
            wanted.append(Wanted(TRANSFER))
    yield from _judged(side, tried)
    untried = [one.action for one in wanted if one.probe is None]
    if untried:
        yield not_checked(f"{', '.join(untried)}: there is no way to try without doing it.")


def _judged(side: Side, tried: dict[Wanted, Try]) -> Iterator[Told]:
    policy = f"Attach docs/policies/{side.name}.json to its RAM user or role; see docs/permissions.md."
    lacking = [one.action for one, result in tried.items() if result.denied and not one.otherwise]
    if lacking:
        yield problem(f"{side.cloud} may not call {', '.join(lacking)}.", policy)
    for one, result in tried.items():
        error = result.error
        if result.denied and one.otherwise:
            yield warning(f"{side.cloud} may not call {one.action}: {one.otherwise}.", policy)
        elif error is None or result.denied or isinstance(error, Unsupported):
            continue
        elif isinstance(error, Refused):
            yield problem(str(error), "")
        else:
            yield not_checked("Nobody answered; see the endpoints." if result.unanswered else str(error))
    allowed = [one.action for one, result in tried.items() if result.error is None]
    if allowed:
        yield ok(f"{side.cloud} may call {', '.join(allowed)}.")


def _dry_run(side: Side, handovers: Sequence[Declared]) -> Try | None:
    """The dry run of a transfer that was not submitted yet; None where there is none, or it is not known."""
    region = handovers[0].inputs.region
    there = [one for one in handovers if one.inputs.region == region][:PAGE]
    cloud = Cloud(side.cloud.profile, region)
    known: set[str] = set()

    def look(_: Cloud) -> None:
        of_these = operations.list_all(cloud, instance_ids=[one.inputs.instance_id for one in there])
        known.update(transfer.instance_id for transfer in of_these)

    if side.attempt(f"{DESCRIBE_TRANSFERS} of the declared", look).error is not None:
        return None
    new = next((one for one in there if one.inputs.instance_id not in known), None)
    if new is None:
        return None
    request = TransferRequest(**new.inputs.model_dump(exclude={"accept_terms", "channel"}))

    def dry_run(_: Cloud) -> None:
        try:
            operations.dry_run(cloud, request)
        except Refused:
            # Whatever else blocks it, the permission is there: it is checked first.
            return

    return side.attempt(TRANSFER, dry_run)


def _offered(accounts: Accounts) -> Iterator[Told]:
    for name, side in accounts.sides.items():
        accounts.trusted(name)
        tries = [one for action, one in side.tries.items() if action in (DESCRIBE_TRANSFERS, TRANSFER)]
        if any(isinstance(one.error, Unsupported) for one in tries):
            yield warning(
                f"Account {side.account_id} is not offered the transfer actions (InvalidAction.NotFound).", CONSOLE
            )
        elif any(one.error is None for one in tries):
            yield ok(f"Account {side.account_id} is offered {', '.join(one.action for one in tries if not one.error)}.")
        else:
            yield not_checked("No handover takes the api channel." if not tries else "That was not answered.")


def _real_name(accounts: Accounts, name: str) -> Iterator[Told]:
    side = accounts.trusted(name)
    verified: list[bool | None] = []
    tried = side.attempt(
        "ecs:DescribeAccountAttributes of the account", lambda cloud: verified.append(cloud_inventory.verified(cloud))
    )
    if tried.error is not None:
        yield not_checked("Nobody answered; see the endpoints." if tried.unanswered else str(tried.error))
    elif verified[0] is None:
        yield not_checked(f"{side.cloud} may not see it: ecs:DescribeAccountAttributes.")
    elif verified[0]:
        yield ok(f"Account {side.account_id} is verified, or need not be.")
    else:
        yield problem(f"Account {side.account_id} is not real-name verified.", VERIFY)
