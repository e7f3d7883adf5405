"""`handover accept NAME --now`: accept an approved transfer outside of its receive window, reviewed by a prompt.

Of a copy whose image is ready the recipient's instance is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from transfer_provider.channels.unattended import ASKED, VARIABLE
from transfer_provider.cli.engine.command import EngineFailed
from transfer_provider.cli.engine.due_run import DueRun, Locked, Planned
from transfer_provider.cli.follow.overview import Overview
from transfer_provider.cli.follow.standing import Standing, Step
from transfer_provider.cli.stack import find_project
from transfer_provider.cli.terminal import progress, say
from transfer_provider.cloud.errors import Refused, TryAgain
from transfer_provider.handover.copying.state import INSTANCE
from transfer_provider.inputs.fields import nearest
from transfer_provider.model.text import printable
from transfer_provider.model.windows import ACCEPT_NOW
from transfer_provider.receipt import TYPE as RECEIPT


def accept(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The handover, by the name of its file.")],
    stack: Annotated[str, typer.Option(help="Its stack.")],
    now: Annotated[bool, typer.Option("--now", help="Accept it now, whenever its receive window opens.")] = False,
    project: Annotated[
        Path | None, typer.Option(help="The project's folder; else the next one upwards with a Pulumi.yaml.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Accept it without asking.")] = False,
) -> None:
    """Accept an approved transfer now, outside of its receive window, by `pulumi up`.

    The instance begins to move, and can't be had back; of a copy the recipient's instance is made. Refused where the
    plan holds anything but due steps, or where files have changed since the last `pulumi up`.
    """
    if not now:
        raise typer.BadParameter(
            "is missing; without it `pulumi up` accepts the transfer in its receive window", param_hint="--now"
        )
    root = find_project(project)
    with progress() as report:
        look = Overview(root, stack).look(report)
    if look.wrong_account:
        raise Refused(look.wrong_account)
    standing = _named(name, look.standings)
    if standing.step not in (Step.WAIT_FOR_WINDOW, Step.ACCEPT):
        raise Refused(f"Could not accept {printable(name)}: there is nothing to accept. {standing.what}")
    runs = DueRun(root, stack, {ACCEPT_NOW: name, VARIABLE: ASKED})
    try:
        with progress() as report:
            report("Previewing what `pulumi up` would do")
            _require_acceptance(name, runs.preview())
        say(f"{printable(name)}: {_means(standing)}")
        if not yes:
            typer.confirm("Accept it now?", abort=True)
        with progress() as report:
            report("Running `pulumi up`")
            runs.up()
    except Locked:
        raise TryAgain(
            f"Could not accept {printable(name)}: another run of {stack} is in progress. Try again."
        ) from None
    except EngineFailed as failed:
        raise Refused(f"Could not accept {printable(name)}: {failed}") from None
    goes_on = "starts" if standing.channel == "image" else "moves"
    say(f"Accepted {printable(name)}. `handover status --stack {stack}` shows how it {goes_on}.")


def _means(standing: Standing) -> str:
    """What becomes of it, for whoever confirms it."""
    if standing.channel == "image":
        return (
            f"account {standing.recipient_account_id} gets its copy of {standing.instance_id} now: an instance with a "
            "bill of its own, which this tool never releases."
        )
    return (
        f"{standing.instance_id} begins to move to account {standing.recipient_account_id}, which interrupts its "
        "service for up to half an hour and can't be undone."
    )


def _named(name: str, standings: Sequence[Standing]) -> Standing:
    names = [standing.name for standing in standings]
    if name not in names:
        raise Refused(
            f"Could not accept {printable(name)}: the stack has no such handover; {nearest(name, names)}"
            + "see `handover status`."
        )
    return standings[names.index(name)]


def _require_acceptance(name: str, planned: Sequence[Planned]) -> None:
    """Check that the plan accepts this transfer, or makes this copy's instance, and otherwise holds due steps alone.
    Raises Refused."""
    beyond = [step for step in planned if not step.due]
    if beyond:
        raise Refused(
            f"Could not accept {printable(name)}: `pulumi up` would do more: {', '.join(map(str, beyond[:5]))}. "
            "Review and apply that first."
        )
    if not any(step.type in (RECEIPT, INSTANCE) and step.name == name for step in planned):
        raise Refused(
            f"Could not accept {printable(name)}: the plan does not accept it. Preview it with `pulumi preview`."
        )
