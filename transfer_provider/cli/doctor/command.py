"""`handover doctor`: is everything there that a stack's handovers take? Read-only: it checks and explains."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from transfer_provider.cli.doctor import checks
from transfer_provider.cli.doctor.checkup import Outcome, Result, run
from transfer_provider.cli.examined_stack import ExaminedStack
from transfer_provider.cli.stack import find_project, read_stack
from transfer_provider.cli.terminal import console, count, print_json, print_line, progress, table

SICK = 3
DRIFTED = 4


def doctor(
    stack: Annotated[str, typer.Option(help="The stack to examine.")],
    project: Annotated[
        Path | None, typer.Option(help="The project's folder; else the next one upwards with a Pulumi.yaml.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")] = False,
) -> None:
    """Check everything that a stack's handovers take: engine, files, state, accounts, permissions.

    Read-only: no changes are made. Exit code 0 without a problem, 3 with a problem, 4 with drift only, 1 where it could
    not be checked.
    """
    examined = ExaminedStack(stack, lambda: find_project(project), read_stack)
    with progress() as report:
        results = list(run(checks.of(examined), progress=report))
    found = Counter(result.outcome for result in results)
    if as_json:
        print_json(
            {
                "stack": stack,
                "healthy": not (found[Outcome.PROBLEM] or found[Outcome.DRIFT]),
                "checks": [
                    {
                        "check": result.check,
                        "outcome": result.outcome.value,
                        "seen": result.observed,
                        "advice": result.advice,
                    }
                    for result in results
                ],
            }
        )
    else:
        _print(console(), stack, results, found)
    if found[Outcome.PROBLEM]:
        raise typer.Exit(SICK)
    if found[Outcome.DRIFT]:
        raise typer.Exit(DRIFTED)


def _print(out: Console, stack: str, results: Sequence[Result], found: Mapping[Outcome, int]) -> None:
    rows = [(result.check, result.outcome.value, result.observed, result.advice) for result in results]
    out.print(table(("check", "", "observed", "what to do"), rows))
    out.print()
    problems, drifts, warnings = found[Outcome.PROBLEM], found[Outcome.DRIFT], found[Outcome.WARNING]
    drifted = f", {count(drifts, 'undeclared rule')}" if drifts else ""
    summary = f"{stack}: {count(problems, 'problem')}{drifted}, {count(warnings, 'warning')}."
    print_line(out, summary, style="red" if problems or drifts else "green")
