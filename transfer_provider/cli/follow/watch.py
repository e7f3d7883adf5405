"""`handover watch`: a live table until all is settled or somebody has to act; with `--up`, the due steps are taken."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from transfer_provider.cli.follow.overview import Overview
from transfer_provider.cli.follow.standing import Standing
from transfer_provider.cli.follow.status import look_as_table, status_text
from transfer_provider.cli.follow.times import stamp
from transfer_provider.cli.follow.watcher import SHORTEST, Outcome, View, Watcher
from transfer_provider.cli.notifications.stack_notifier import Announcer, Targets
from transfer_provider.cli.stack import find_project
from transfer_provider.cli.terminal import console, print_line
from transfer_provider.cloud.errors import Refused
from transfer_provider.model.text import printable

INTERRUPTED = 130

ENDS = {
    Outcome.SETTLED: "All is settled.",
    Outcome.WAITING: "Nothing goes on without a person: `handover status` has who has to act.",
    Outcome.FAILED: "Stopped: a run of `pulumi up` failed.",
}


def watch(
    stack: Annotated[str, typer.Option(help="The stack to watch.")],
    project: Annotated[
        Path | None, typer.Option(help="The project's folder; else the next one upwards with a Pulumi.yaml.")
    ] = None,
    up: Annotated[bool, typer.Option("--up", help="Run `pulumi up` when a step is due, and for nothing else.")] = False,
    once: Annotated[bool, typer.Option("--once", help="Look once, take what is due, and end: for a timer.")] = False,
    interval: Annotated[
        float, typer.Option(min=0.1, help="Seconds between two polls after a change; later ones are rarer.")
    ] = SHORTEST,
) -> None:
    """Watch a stack's handovers until all is settled or somebody has to act.

    With --up it runs `pulumi up` when a step is due that a person's run made so: accept, bind, record. It never
    submits or cancels, and stops where the plan holds anything else. Exit code 0 when all is settled, 3 where it waits
    for a person, 1 where it failed, 130 when it was interrupted. It may be stopped at any moment, and run twice.
    """
    root = find_project(project)
    overview = Overview(root, stack)
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    out = console()
    try:
        with ExitStack() as opened:
            view: View = opened.enter_context(LiveTable(out, overview)) if out.is_terminal else Lines(out, overview)
            watcher = Watcher(overview.standings, view, shortest=interval)
            if up:
                # Imported here: watching alone takes no engine.
                from transfer_provider.cli.engine.due_run import DueRun

                watcher.runs = DueRun(root, stack)
            announcer = _announcer(root, stack, overview, view)
            if announcer is not None:
                opened.callback(announcer.close)
                watcher.announce = announcer.announce
            outcome = watcher.watch(once=once)
    except KeyboardInterrupt:
        print_line(out, "Stopped. What has begun goes on; watch again, or run `handover status`.")
        raise typer.Exit(INTERRUPTED) from None
    print_line(out, f"{stack}: {ENDS[outcome]}")
    raise typer.Exit(int(outcome))


def _announcer(root: Path, stack: str, overview: Overview, view: View) -> Announcer | None:
    """Who sends the news to the stack's notification targets; None where it has none, or they can't be read."""
    try:
        targets = Targets.read(root, stack)
    except Refused as refused:
        view.say(str(refused))
        return None
    return Announcer(targets, overview.now, view.say) if targets.targets else None


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


class Lines:
    """A line for each change: for logs."""

    def __init__(self, out: Console, overview: Overview) -> None:
        self._out = out
        self._overview = overview
        self._shown: dict[str, str] = {}

    def show(self, standings: Sequence[Standing]) -> None:
        """The handovers that stand otherwise than when they were last shown."""
        for standing in standings:
            line = f"{standing.name}: {status_text(standing)}; {standing.actor.value}: {standing.what}"
            if self._shown.get(standing.name) != line:
                self._shown[standing.name] = line
                self.say(line)
        for name in self._shown.keys() - {standing.name for standing in standings}:
            del self._shown[name]
            self.say(f"{name}: neither declared nor in the state any more")

    def say(self, note: str) -> None:
        """With the time at Alibaba Cloud."""
        print_line(self._out, f"{stamp(self._overview.now())} {note}")


class LiveTable:
    """The table of `handover status`, kept up to date, with the last notes below."""

    NOTES = 5

    def __init__(self, out: Console, overview: Overview) -> None:
        self._live = Live(console=out, auto_refresh=False)
        self._overview = overview
        self._standings: Sequence[Standing] = ()
        self._notes: list[str] = []

    def __enter__(self) -> LiveTable:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def show(self, standings: Sequence[Standing]) -> None:
        """All handovers."""
        self._standings = standings
        self._draw()

    def say(self, note: str) -> None:
        """Below the table; the last few."""
        self._notes = [*self._notes, f"{stamp(self._now())} {printable(note)}"][-self.NOTES :]
        self._draw()

    def _draw(self) -> None:
        looked = Text(f"Observed {stamp(self._now())}. Ctrl-C stops watching, and nothing else.", style="dim")
        rows = look_as_table(self._standings, self._now())
        self._live.update(Group(rows, *map(Text, self._notes), looked), refresh=True)

    def _now(self) -> datetime:
        return self._overview.now()
