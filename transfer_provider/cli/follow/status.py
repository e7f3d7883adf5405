"""`handover status`: where every handover of a stack, or every stack of the project, stands. Read-only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from transfer_provider.cli.follow.overview import Look, Overview
from transfer_provider.cli.follow.standing import Actor, Deadline, Standing
from transfer_provider.cli.follow.times import both, relative, stamp
from transfer_provider.cli.stack import find_project
from transfer_provider.cli.terminal import console, count, print_json, print_line, progress, say_error, table
from transfer_provider.cloud.errors import HandoverError
from transfer_provider.inputs.stack_files import StackFiles
from transfer_provider.inputs.yaml_file import FilesRefused
from transfer_provider.model.text import printable

NARROW = ("name", "instance", "status", "since", "next", "who acts")
WIDE = (*NARROW, "recipient", "channel", "deadlines")
MOST_NAMES = 10  # how many handovers a sentence names
MOST_SENTENCES = 20
MOST_DEADLINES = 10


def status(
    stack: Annotated[str | None, typer.Option(help="The stack to report on.")] = None,
    all_stacks: Annotated[bool, typer.Option("--all", help="A summary of every stack of the project.")] = False,
    project: Annotated[
        Path | None, typer.Option(help="The project's folder; else the next one upwards with a Pulumi.yaml.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")] = False,
) -> None:
    """Show where every handover of a stack stands, what happens next and who has to act.

    Read-only: no changes are made, at Alibaba Cloud or in the state. Exit code 0, and 1 where something could not be
    read or queried: what is known is shown all the same.
    """
    if (stack is None) is not all_stacks:
        raise typer.BadParameter("give exactly one of them", param_hint="--stack, --all")
    root = find_project(project)
    if stack is None:
        _show_all(root, as_json=as_json)
        return
    with progress() as report:
        look = Overview(root, stack).look(report)
    if as_json:
        print_json(look_as_json(look))
    else:
        _print(console(), look)
    _end(look.failures)


def _end(failures: Sequence[str]) -> None:
    """Report what could not be queried, with exit code 1 where there is any."""
    for failure in failures:
        say_error(failure)
    if failures:
        raise typer.Exit(1)


def _print(out: Console, look: Look) -> None:
    for note in look.notes:
        print_line(out, note, style="yellow")
    standings = look.standings
    if standings:
        out.print(look_as_table(standings, look.now, wide=not out.is_terminal))
        out.print()
        if out.is_terminal:
            for line in next_deadlines(standings, look.now):
                print_line(out, line)
            out.print()
        for sentence in sentences(standings):
            print_line(out, sentence)
        out.print()
    waiting = any(standing.waits_for_person for standing in standings)
    print_line(out, summary(look), style="yellow" if waiting or look.failures else "green")


def look_as_table(standings: Sequence[Standing], now: datetime, *, wide: bool = False) -> Table:
    """A row for each handover; `wide` where no terminal limits it: with everything."""
    rows = [_row(standing, now, wide=wide) for standing in standings]
    return table(WIDE if wide else NARROW, rows)


def _row(standing: Standing, now: datetime, *, wide: bool) -> tuple[str, ...]:
    since = standing.since and (both(standing.since, now) if wide else relative(standing.since, now))
    narrow = (
        standing.name if standing.declared else f"{standing.name} (no file)",
        standing.instance_id,
        status_text(standing),
        since or "",
        standing.step.value,
        standing.actor.value,
    )
    if not wide:
        return narrow
    deadlines = "; ".join(deadline_text(deadline, now) for deadline in standing.deadlines)
    return (*narrow, standing.recipient_account_id, standing.channel, deadlines)


def next_deadlines(standings: Sequence[Standing], now: datetime) -> list[str]:
    """The deadlines that come first, a line each: for a terminal, whose table has no room for them."""
    ahead = [(deadline, standing.name) for standing in standings for deadline in standing.deadlines]
    ahead.sort(key=lambda pair: pair[0].at)
    lines = [f"{name}: {deadline_text(deadline, now)}." for deadline, name in ahead[:MOST_DEADLINES]]
    left = len(ahead) - MOST_DEADLINES
    return (
        lines if left <= 0 else [*lines, f"And {count(left, 'later deadline')}: see `handover show NAME`, or --json."]
    )


def status_text(standing: Standing) -> str:
    """The status, with a question mark where it could not be observed now."""
    if standing.status is None:
        return "unknown" if standing.unknown else "not submitted"
    return f"{standing.status}?" if standing.unknown else str(standing.status)


def deadline_text(deadline: Deadline, now: datetime) -> str:
    """`cancel window closes in 25 min (2026-01-31 09:00 UTC)`."""
    return f"{deadline.kind.value} {both(deadline.at, now)}"


def sentences(standings: Sequence[Standing]) -> list[str]:
    """What happens next, a sentence each with the handovers that it is about; what is settled is left out."""
    named: dict[tuple[Actor, str], list[str]] = {}
    for standing in standings:
        if not standing.settled:
            named.setdefault((standing.actor, standing.what), []).append(standing.name)
    lines = []
    for (_, what), names in named.items():
        more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
        lines.append(f"{', '.join(map(printable, names[:MOST_NAMES]))}{more}: {what}")
    left = len(lines) - MOST_SENTENCES
    return lines if left <= 0 else [*lines[:MOST_SENTENCES], f"And {left} more: see `handover show NAME`, or --json."]


def summary(look: Look) -> str:
    """The stack in a line: how many, in which status, who has to act, the next deadline."""
    standings = look.standings
    parts = [count(len(standings), "handover")]
    if standings:
        parts.append(_counted(Counter(status_text(standing) for standing in standings)))
        acting = Counter(standing.actor.value for standing in standings if standing.actor is not Actor.NOBODY)
        if acting:
            parts.append(f"to act: {_counted(acting)}")
        elif not any(standing.unknown for standing in standings):
            parts.append("nobody has to act")
    nearest = next_deadline(standings)
    if nearest:
        parts.append(f"next: {nearest[0].name} {deadline_text(nearest[1], look.now)}")
    if look.failures:
        parts.append("not all of it could be queried")
    return f"{look.stack}: {'; '.join(parts)}."


def next_deadline(standings: Sequence[Standing]) -> tuple[Standing, Deadline] | None:
    """The deadline that comes first, and whose it is."""
    ahead = [(standing, deadline) for standing in standings for deadline in standing.deadlines]
    return min(ahead, key=lambda pair: pair[1].at, default=None)


def _counted(counted: Counter[str]) -> str:
    return ", ".join(f"{number} {what}" for what, number in counted.items())


def look_as_json(look: Look) -> dict[str, Any]:
    """A stack for scripts; times are `YYYY-MM-DDThh:mm:ssZ`."""
    return {
        "stack": look.stack,
        "observed_at": stamp(look.now),
        "complete": not look.failures,
        "failures": list(look.failures),
        "notes": list(look.notes),
        "handovers": [standing_as_json(standing) for standing in look.standings],
    }


def standing_as_json(standing: Standing) -> dict[str, Any]:
    """A handover for scripts."""
    return {
        "name": standing.name,
        "instance_id": standing.instance_id,
        "region": standing.region,
        "recipient_account_id": standing.recipient_account_id,
        "channel": standing.channel,
        "transfer_id": standing.transfer_id,
        "status": standing.status.value if standing.status else None,
        "unknown": standing.unknown,
        "since": stamp(standing.since) if standing.since else None,
        "step": standing.step.value,
        "actor": standing.actor.value,
        "next": standing.what,
        "settled": standing.settled,
        "waits_for_person": standing.waits_for_person,
        "due": standing.due,
        "declared": standing.declared,
        "in_state": standing.held,
        "deadlines": [{"what": deadline.kind.value, "at": stamp(deadline.at)} for deadline in standing.deadlines],
    }


@dataclass(frozen=True)
class _Stack:
    """A stack of the project: what was observed of it, or why nothing was."""

    name: str
    look: Look | None
    error: str | None


def stacks_of(root: Path) -> list[str]:
    """The stacks of the project, by name: one for each `Pulumi.<stack>.yaml`. Raises FilesRefused."""
    folder = StackFiles(root, "").config_folder
    found = folder.glob("Pulumi.*.yaml")
    return sorted(path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in found)


def _show_all(root: Path, *, as_json: bool) -> None:
    names = stacks_of(root)
    with progress() as report:
        stacks = [_looked_at(root, name, report) for name in names]
    if as_json:
        print_json({"stacks": [_stack_as_json(stack) for stack in stacks]})
    else:
        out = console()
        for stack in stacks:
            line = summary(stack.look) if stack.look else f"{stack.name}: could not be read: {stack.error}"
            print_line(out, line, style=None if stack.look else "red")
        print_line(out, f"{count(len(stacks), 'stack')}.")
    _end([f"{stack.name}: {failure}" for stack in stacks for failure in (stack.look.failures if stack.look else ())])
    if any(stack.error for stack in stacks):
        raise typer.Exit(1)


def _looked_at(root: Path, name: str, report: Any) -> _Stack:
    """A stack as it is; one that fails hides no other."""
    try:
        return _Stack(name, Overview(root, name).look(report), None)
    except FilesRefused as refused:
        return _Stack(name, None, "; ".join(str(problem) for problem in refused.problems))
    except (HandoverError, OSError) as error:
        return _Stack(name, None, str(error))


def _stack_as_json(stack: _Stack) -> dict[str, Any]:
    standings = stack.look.standings if stack.look else ()
    nearest = next_deadline(standings)
    return {
        "stack": stack.name,
        "observed_at": stamp(stack.look.now) if stack.look else None,
        "error": stack.error,
        "complete": stack.look is not None and not stack.look.failures,
        "failures": list(stack.look.failures) if stack.look else [],
        "handovers": len(standings) if stack.look else None,
        "by_status": dict(Counter(standing.status.value if standing.status else "" for standing in standings)),
        "by_actor": dict(Counter(standing.actor.value for standing in standings)),
        "waiting_for_person": sum(standing.waits_for_person for standing in standings),
        "due": sum(standing.due for standing in standings),
        "next_deadline": {
            "name": nearest[0].name,
            "what": nearest[1].kind.value,
            "at": stamp(nearest[1].at),
        }
        if nearest
        else None,
    }
