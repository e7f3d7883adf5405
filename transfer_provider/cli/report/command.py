"""`handover report`: what became of a stack's handovers, for the ticket and the auditor. Read-only."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from transfer_provider.cli.engine.command import Engine
from transfer_provider.cli.report.facts import Report
from transfer_provider.cli.report.gather import gather
from transfer_provider.cli.stack import find_project
from transfer_provider.cli.terminal import progress, say, say_error
from transfer_provider.cli.whole_files import write_all
from transfer_provider.cloud.errors import Refused
from transfer_provider.model import text


class Format(StrEnum):
    """What a report is written as."""

    MARKDOWN = "markdown"
    HTML = "html"
    JSON = "json"


class Language(StrEnum):
    """What it is written in."""

    ENGLISH = "en"
    CHINESE = "zh"


def report(
    stack: Annotated[str, typer.Option(help="The stack to report on.")],
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME", help="The handovers' names; else all of the stack.")
    ] = None,
    project: Annotated[
        Path | None, typer.Option(help="The project's folder; else the next one upwards with a Pulumi.yaml.")
    ] = None,
    format_: Annotated[Format, typer.Option("--format", help="What to write.")] = Format.MARKDOWN,
    output: Annotated[Path | None, typer.Option(help="The file to write; else standard output.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file where it exists.")] = False,
    language: Annotated[
        Language | None, typer.Option(help="English or Chinese, but for JSON; else the stack's setting `language`.")
    ] = None,
) -> None:
    """Report what became of a stack's handovers: timeline, identities, rules, addresses, what stays behind, costs.

    Read-only: no changes are made, at Alibaba Cloud or in the state. Exit code 0, and 1 where something could not be
    read or queried: what is known is reported all the same, with what is not.
    """
    root = find_project(project)
    if output is not None:
        _require_free(output, overwrite=overwrite)
    chosen = list(dict.fromkeys(names or ()))
    with progress() as shown:
        made = gather(root, stack, chosen, Engine(), shown)
    written = _text(made, format_, language.value if language else made.language)
    if output is None:
        typer.echo(written, nl=False)
    else:
        _require_free(output, overwrite=overwrite)
        write_all({output: written})
        say(f"Wrote {output}.")
    for failure in made.failures:
        say_error(failure)
    if made.failures:
        raise typer.Exit(1)


def _text(made: Report, format_: Format, language: str) -> str:
    """The whole report. Each format is imported where it is asked for: HTML takes Jinja2."""
    if format_ is Format.JSON:
        from transfer_provider.cli.report.formats.as_json import as_json

        return text.as_json(as_json(made)) + "\n"
    if format_ is Format.HTML:
        from transfer_provider.cli.report.formats.page import page

        return page(made, language)
    from transfer_provider.cli.report.formats.markdown import markdown

    return markdown(made, language)


def _require_free(output: Path, *, overwrite: bool) -> None:
    """Raises Refused where the file must not be written."""
    if output.is_dir():
        raise Refused(f"Could not write {output}: it is a folder. Name a file in it.")
    if output.exists() and not overwrite:
        raise Refused(
            f"Could not write {output}: it exists already. Nothing was written; name another file, or replace it with "
            "--overwrite."
        )
