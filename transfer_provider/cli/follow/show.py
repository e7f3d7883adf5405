"""`handover show`: everything about one handover, or the Alibaba CLI's command that submits it. Read-only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from transfer_provider.cli.follow.cli_command import command
from transfer_provider.cli.follow.observed.account import source_of
from transfer_provider.cli.follow.overview import Followed, Look, Overview, unknown_name
from transfer_provider.cli.follow.status import standing_as_json, status_text
from transfer_provider.cli.follow.timeline import Event, timeline
from transfer_provider.cli.follow.times import both, stamp
from transfer_provider.cli.stack import find_project, read_stack
from transfer_provider.cli.terminal import console, print_json, print_line, progress, say_error, table
from transfer_provider.cloud import operations
from transfer_provider.cloud.errors import Refused
from transfer_provider.inputs import manifest
from transfer_provider.inputs.manifest import Declared
from transfer_provider.inputs.settings import Settings
from transfer_provider.model.lifecycle import Status
from transfer_provider.model.text import printable
from transfer_provider.model.transfer import differences


def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The handover's name: that of its file.")],
    stack: Annotated[str, typer.Option(help="The stack it is in.")],
    project: Annotated[
        Path | None, typer.Option(help="The project's folder; else the next one upwards with a Pulumi.yaml.")
    ] = None,
    as_cli: Annotated[
        bool, typer.Option("--as-cli", help="Print the `aliyun` command that submits the same request.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")] = False,
) -> None:
    """Show everything about one handover, with its timeline.

    Read-only: no changes are made. Exit code 0, and 1 where something could not be read or queried.
    """
    if as_cli and as_json:
        raise typer.BadParameter("give one of them", param_hint="--as-cli, --json")
    root = find_project(project)
    if as_cli:
        # As it is, for a shell: what would have to be made printable is quoted so that it is.
        typer.echo(_submission(root, stack, name))
        return
    with progress() as report:
        look = Overview(root, stack).look(report, only=[name])
    # A name that a file gives to another instance than the state holds under it is refused by `pulumi up`.
    followed, *others = sorted(look.handovers, key=lambda each: not each.standing.declared)
    for other in others:
        say_error(f"{name} is also what the state calls {other.standing.instance_id}.")
    if as_json:
        print_json(_as_json(look, followed))
    else:
        _print(console(), look, followed)
    for failure in look.failures:
        say_error(failure)
    if look.failures:
        raise typer.Exit(1)


def _print(out: Console, look: Look, followed: Followed) -> None:
    standing = followed.standing
    for note in look.notes:
        print_line(out, note, style="yellow")
    print_line(out, f"{standing.name} ({standing.instance_id})", style="bold")
    since = f" since {both(standing.since, look.now)}" if standing.since else ""
    rows = [("status", f"{status_text(standing)}{since}"), *_facts(look.settings, followed)]
    out.print(table(("", ""), rows))
    out.print()
    print_line(out, "Timeline", style="bold")
    events = timeline(followed.observed, standing, look.now)
    if events:
        out.print(table(("", ""), [(_when(event, look.now), event.what) for event in events]))
    else:
        print_line(out, "Nothing yet.")
    out.print()
    print_line(out, f"Next ({standing.actor.value}): {standing.what}", style="green" if standing.settled else "yellow")


def _when(event: Event, now: datetime) -> str:
    return both(event.at, now) if event.at else ""


def _facts(settings: Settings, followed: Followed) -> Sequence[tuple[str, str]]:
    """What is known of it, but for its status and its times; what is empty is left out."""
    facts = _details(settings, followed)
    named = {
        "from account": facts["source_account_id"],
        "to account": " ".join(filter(None, (facts["recipient_account_id"], facts["recipient_account_name"]))),
        "region": facts["region"],
        "channel": facts["channel"],
        "reason": facts["reason"],
        "transfer": facts["transfer_id"],
        "declared": "yes" if facts["declared"] else "no file declares it",
        "in the state": "yes" if facts["in_state"] else "no",
        "backup": facts["backup"],
        "received into": " ".join(filter(None, (facts["vswitch_id"], *facts["security_groups"]))),
        "address": _address(facts),
    }
    return [(name, str(text)) for name, text in named.items() if text]


def _address(facts: dict[str, Any]) -> str:
    """Old to new."""
    old, new = facts["old_address"], facts["new_address"]
    if new is None and facts["new_address_declared"]:
        new = "a new one"
    return f"{old or 'none'} → {new or 'none'}" if old or new else ""


def _details(settings: Settings, followed: Followed) -> dict[str, Any]:
    case, standing = followed.case, followed.standing
    declared, held = case.declared, case.submitted
    recreate = declared.recreate if declared else None
    groups = recreate.security_groups if recreate else case.received.get("security_group_ids") or ()
    return {
        "source_account_id": held.get("source_account_id") or settings.sourceAccount or None,
        "recipient_account_id": standing.recipient_account_id,
        "recipient_account_name": declared.inputs.recipient_account_name if declared else None,
        "region": standing.region,
        "channel": standing.channel,
        "reason": declared.inputs.reason if declared else held.get("reason"),
        "resource_group_id": declared.inputs.resource_group_id if declared else held.get("resource_group_id"),
        "transfer_id": standing.transfer_id,
        "origin": held.get("origin"),
        "declared": standing.declared,
        "in_state": standing.held,
        "backup": declared.backup.kind if declared and declared.backup else None,
        "vswitch_id": recreate.vswitch_id if recreate else case.received.get("vswitch_id"),
        "security_groups": list(groups),
        "old_address": held.get("source_public_ip") or None,
        "new_address": case.new_address or case.received.get("public_ip") or None,
        "new_address_declared": case.address,
    }


def _as_json(look: Look, followed: Followed) -> dict[str, Any]:
    events = timeline(followed.observed, followed.standing, look.now)
    return {
        "stack": look.stack,
        "observed_at": stamp(look.now),
        "complete": not look.failures,
        "failures": list(look.failures),
        "notes": list(look.notes),
        **standing_as_json(followed.standing),
        **_details(look.settings, followed),
        "timeline": [
            {"at": stamp(event.at) if event.at else None, "what": event.what, "ahead": event.ahead} for event in events
        ],
    }


def _submission(root: Path, stack: str, name: str) -> str:
    """The command that submits what the handover's file requests, as the next `pulumi up` would.

    Raises Refused where it would not submit it, and as a call does.
    """
    settings, folder = read_stack(root, stack)
    handovers = {handover.name: handover for handover in manifest.load_folder(folder, root, settings).handovers}
    if name not in handovers:
        raise unknown_name(name, stack, handovers)
    declared = handovers[name]
    doing = f"print a command for {name}"
    if declared.inputs.channel == "console":
        raise Refused(
            f"Could not {doing}: its channel is console, which has no API, and so no command. `handover show {name} "
            f"--stack {stack}` has the steps that two people take in the console."
        )
    if not settings.runs_source:
        raise Refused(f"Could not {doing}: {stack} runs the recipient's half. The source's stack submits it.")
    request = declared.inputs.request()
    parameters = operations.submission(request, request.client_token(_earlier(declared, settings, doing)))
    return command(operations.TRANSFER_INSTANCE, parameters, profile=settings.source_profile, region=request.region)


def _earlier(declared: Declared, settings: Settings, doing: str) -> Sequence[str]:
    """The ids of the same request's terminal transfers, which make up its token."""
    request, source = declared.inputs.request(), source_of(settings)
    source.query_transfers_of([(request.region, request.instance_id)])
    if source.failures:
        raise Refused(source.failures[0])
    listed = list(source.of_instance.get(request.instance_id, {}).values())
    same = [transfer for transfer in listed if not differences(transfer, request)]
    unfinished = next((transfer for transfer in listed if not transfer.status.terminal), None)
    if unfinished is not None:
        under_way = f"{unfinished.transfer_id} ({unfinished.status}) of {request.instance_id} is under way already"
        typer.echo(printable(f"Note: {under_way}, so the command submits nothing new, or is refused."), err=True)
    cancelled = next((transfer for transfer in same if transfer.status is Status.CANCELLED), None)
    if cancelled is not None:
        raise Refused(
            f"Could not {doing}: the same request was cancelled before, as {cancelled.transfer_id}, and is never "
            "accepted again. Change the reason."
        )
    return [transfer.transfer_id for transfer in same if transfer.status.terminal]
