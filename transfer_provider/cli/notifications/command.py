"""`handover notify`: announces what changed of a stack's handovers, once: for CI, after a `pulumi up`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from transfer_provider.cli.follow.overview import Overview
from transfer_provider.cli.notifications.lease import NOTIFY
from transfer_provider.cli.notifications.notifier import Result
from transfer_provider.cli.notifications.stack_notifier import Targets
from transfer_provider.cli.notifications.targets import label
from transfer_provider.cli.notifications.wording import trial_message
from transfer_provider.cli.stack import find_project
from transfer_provider.cli.terminal import count, print_json, progress, say, say_error

WAIT_SECONDS = 60.0


def notify(
    stack: Annotated[str, typer.Option(help="The stack whose handovers are announced.")],
    project: Annotated[
        Path | None, typer.Option(help="The project's folder; else the next one upwards with a Pulumi.yaml.")
    ] = None,
    test: Annotated[bool, typer.Option("--test", help="Send a test message to each target, and nothing else.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")] = False,
) -> None:
    """Send what changed of a stack's handovers to the targets of its setting `notify`, each change once.

    What was announced is recorded in the stack's tags. Exit code 0 where nothing is left to send, or a `handover watch`
    announces it; 1 where a target failed, which the next run tries again, or where something could not be queried.
    """
    root = find_project(project)
    targets = Targets.read(root, stack)
    if test:
        _test(stack, targets, as_json=as_json)
        return
    if not targets.targets:
        _print(stack, Result(), [], (), as_json=as_json)
        return
    with progress() as report:
        look = Overview(root, stack).look(report)
        report(f"{stack}: sending")
        notifier = targets.notifier(NOTIFY)
        try:
            result = notifier.announce(look.standings, look.now, wait=WAIT_SECONDS)
        finally:
            notifier.close()
    _print(stack, result, list(map(label, targets.targets)), look.failures, as_json=as_json)
    if not result.ok or look.failures:
        raise typer.Exit(1)


def _test(stack: str, targets: Targets, *, as_json: bool) -> None:
    message = trial_message(stack, targets.language)
    failed: dict[str, str] = {}
    for target in targets.targets:
        delivery = target.send(message.title, message.body)
        if not delivery.delivered:
            failed[label(target)] = delivery.why
        if not as_json:
            say(f"{label(target)}: {'sent' if delivery.delivered else f'failed: {delivery.why}'}")
    if as_json:
        print_json(
            {
                "stack": stack,
                "targets": [{"target": name, "failed": failed.get(name)} for name in map(label, targets.targets)],
            }
        )
    elif not targets.targets:
        say(_NO_TARGETS.format(stack=stack))
    if failed:
        raise typer.Exit(1)


_NO_TARGETS = (
    "{stack} has no targets, so nothing is sent. Set one with `pulumi config set --secret --path 'notify[0]' "
    "--stack {stack}`, which asks for it."
)


def _print(stack: str, result: Result, targets: Sequence[str], failures: Sequence[str], *, as_json: bool) -> None:
    holder = result.holder
    if as_json:
        print_json(
            {
                "stack": stack,
                "announced": result.handovers,
                "messages": result.messages,
                "targets": [{"target": name, "failed": result.failed.get(name)} for name in targets],
                "announced_by": str(holder) if holder else None,
                "problems": [*failures, *result.problems],
            }
        )
        return
    for problem in (*failures, *result.problems):
        say_error(problem)
    for name, why in result.failed.items():
        say_error(f"{name} did not take its messages: {why}. The next run sends them to it again.")
    if not targets:
        say(_NO_TARGETS.format(stack=stack))
    elif holder is not None and not result.announces:
        say(f"{stack}: `handover {holder.kind}` announces, as process {holder.pid} of {holder.host}.")
    elif result.announces:
        say(f"{stack}: {count(result.handovers, 'handover')} announced, to {', '.join(targets)}.")
