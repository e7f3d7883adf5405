"""`handover plan`: what the next `pulumi up` would do, as a reviewer decides on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from transfer_provider.cli.engine.backend import Backend
from transfer_provider.cli.engine.command import Engine, EngineFailed, NotReady
from transfer_provider.cli.engine.preview import EnginePreview, run_preview
from transfer_provider.cli.examined_stack import ExaminedStack
from transfer_provider.cli.follow.overview import Look, Overview
from transfer_provider.cli.plan import facts as observed
from transfer_provider.cli.plan.assemble import assemble
from transfer_provider.cli.plan.cases import cases
from transfer_provider.cli.plan.decisions import Decision
from transfer_provider.cli.plan.reviewed import Plan
from transfer_provider.cli.plan.saved import keep, kept_at
from transfer_provider.cli.plan.shown.as_json import as_json as plan_as_json
from transfer_provider.cli.plan.shown.markdown import markdown
from transfer_provider.cli.plan.shown.on_terminal import show
from transfer_provider.cli.stack import find_project, read_stack
from transfer_provider.cli.terminal import console, print_json, progress
from transfer_provider.cloud.errors import HandoverError, Refused
from transfer_provider.inputs.security_groups import SecurityGroupInputs
from transfer_provider.inputs.yaml_file import FilesRefused
from transfer_provider.model.text import printable

Report = Callable[[str], None]


class Format(StrEnum):
    """How a plan is printed."""

    TERMINAL = "terminal"
    MARKDOWN = "markdown"
    JSON = "json"


def plan(
    stack: Annotated[str | None, typer.Option(help="The stack; else the one that is selected.")] = None,
    form: Annotated[
        Format, typer.Option("--format", help="For a terminal, as Markdown for a comment, or as JSON.")
    ] = Format.TERMINAL,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    whole: Annotated[bool, typer.Option("--diff", help="Also show every property that changes.")] = False,
    save: Annotated[Path | None, typer.Option(help="Save Pulumi's update plan here, for `pulumi up --plan`.")] = None,
    project: Annotated[
        Path | None, typer.Option(help="The project's folder; else the next one upwards with a Pulumi.yaml.")
    ] = None,
) -> None:
    """Show what the next `pulumi up` would do, handover by handover, what can't be undone first.

    Read-only: one `pulumi preview`, and queries of both accounts. Exit code 0 where nothing is to be done, 4 with
    changes, 5 with changes of which any can't be undone, 3 where the preview is refused, 1 where there is none.
    """
    root = find_project(project)
    file = save.absolute() if save else None
    with kept_at(file) as written:
        with progress() as report:
            made = _plan(root, stack, written, report)
        if written is not None and file is not None and not made.errors:
            keep(written, file)
            made = replace(made, saved=str(save))
    match Format.JSON if as_json else form:
        case Format.JSON:
            print_json(plan_as_json(made))
        case Format.MARKDOWN:
            typer.echo(markdown(made), nl=False)
        case Format.TERMINAL:
            show(made, console(), whole=whole)
    raise typer.Exit(int(made.verdict))


def _plan(root: Path, name: str | None, written: Path | None, report: Report) -> Plan:
    """The plan of a stack. Raises FilesRefused where there is no such stack, Refused without a preview.

    Settings that are wrong are the preview's to refuse: a program of one's own may do with fewer.
    """
    engine = Engine()
    stack = name or _selected(engine, root)
    examined = ExaminedStack(stack, lambda: root, read_stack)
    failures = _problems(examined)
    report(f"{stack}: running `pulumi preview`")
    preview = _preview(engine, examined, written)
    if preview.refused:
        return assemble(stack, preview, (), None, {}, observed.Facts())
    look = None if failures else _look(root, stack, report, failures)
    some = cases(preview, look)
    facts = observed.Facts()
    if look is not None:
        planned = [
            case for case in some if case.plan.decision is not Decision.NOTHING and case.instance_id and case.region
        ]
        here = [(case.region, case.instance_id) for case in planned if not case.moved]
        there = [(case.region, case.instance_id) for case in planned if case.moved]
        if not look.wrong_account:
            facts = observed.query(look.settings, here, there, report)
    return assemble(stack, preview, some, look, _groups(examined) if look else {}, facts, failures)


def _problems(stack: ExaminedStack) -> list[str]:
    """What is wrong with the stack's settings. Raises FilesRefused where it has none."""
    try:
        stack.read()
    except FilesRefused as refused:
        if not stack.stack_file.is_file():
            raise
        return [str(problem) for problem in refused.problems]
    return []


def _preview(engine: Engine, stack: ExaminedStack, written: Path | None) -> EnginePreview:
    try:
        backend = Backend(stack, engine).url
        return run_preview(engine.command, stack.name, folder=stack.root, backend=backend, plan_file=written)
    except NotReady:
        why = "`pulumi` is not on PATH. `handover doctor` reports which engine a stack takes"
    except EngineFailed as failed:
        why = f"{str(failed).rstrip('.')}. `handover doctor --stack {printable(stack.name)}` reports more"
    raise Refused(f"Could not plan stack {printable(stack.name)}: {why}.")


def _look(root: Path, stack: str, report: Report, failures: list[str]) -> Look | None:
    """Where each handover stands; None, with a failure added, where that could not be read."""
    try:
        return Overview(root, stack).look(report)
    except HandoverError as error:
        failures.append(str(error))
        return None


def _groups(stack: ExaminedStack) -> Mapping[str, SecurityGroupInputs]:
    return stack.load_stack().groups


def _selected(engine: Engine, root: Path) -> str:
    """The stack that is selected in the project's folder. Raises Refused where none is."""
    try:
        found = engine.selected(folder=root)
    except NotReady:
        raise Refused("Could not plan: `pulumi` is not on PATH. `handover doctor` reports more.") from None
    except EngineFailed:
        found = ""
    if not found:
        raise Refused("Could not plan: no stack is selected here. Name one with --stack.")
    return found
