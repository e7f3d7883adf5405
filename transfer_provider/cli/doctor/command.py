"""`handover doctor`: is everything there that a stack's handovers take? It looks, explains, and changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from transfer_provider.cli.doctor import checks
from transfer_provider.cli.doctor.checkup import Outcome, Result, run
from transfer_provider.cli.doctor.examined import Examined
from transfer_provider.cli.stack import find_project, read_stack
from transfer_provider.cli.terminal import console, print_json, progress, table

SICK = 3


def doctor(
    stack: Annotated[str, typer.Option(help="The stack to examine.")],
    project: Annotated[
        Path | None, typer.Option(help="The project's folder; else the next one upwards with a Pulumi.yaml.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")] = False,
) -> None:
    """Check everything that a stack's handovers take: engine, files, state, accounts, permissions.

    Read-only: no changes are made. Exit code 0 without a problem, 3 with a problem, 1 where it could not be checked.
    """
    examined = Examined(stack, lambda: find_project(project), read_stack)
    with progress() as report:
        results = list(run(checks.of(examined), progress=report))
    problems = sum(one.outcome is Outcome.PROBLEM for one in results)
    if as_json:
        print_json(
            {
                "stack": stack,
                "healthy": not problems,
                "checks": [
                    {"check": one.check, "outcome": one.outcome.value, "seen": one.seen, "advice": one.advice}
                    for one in results
                ],
            }
        )
    else:
        _print(console(), stack, results, problems)
    if problems:
        raise typer.Exit(SICK)


def _print(out: Console, stack: str, results: Sequence[Result], problems: int) -> None:
    rows = [(one.check, one.outcome.value, one.seen, one.advice) for one in results]
    out.print(table(("check", "", "what was seen", "what to do"), rows))
    warnings = sum(one.outcome is Outcome.WARNING for one in results)
    out.print()
    out.print(
        f"{stack}: {_count(problems, 'problem')}, {_count(warnings, 'warning')}.", style="red" if problems else "green"
    )


def _count(number: int, what: str) -> str:
    return f"{number or 'no'} {what if number == 1 else f'{what}s'}"
