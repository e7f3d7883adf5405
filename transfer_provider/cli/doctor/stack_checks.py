"""Are the stack's files right, is its state reachable, and does somebody hold its lock?"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial

from transfer_provider.cli.doctor.checkup import Check, Report, not_checked, ok, problem, warning
from transfer_provider.cli.engine.backend import Backend, Lock
from transfer_provider.cli.engine.backend_address import shown
from transfer_provider.cli.engine.command import EngineFailed, NotReady
from transfer_provider.cli.examined_stack import ExaminedStack
from transfer_provider.cli.terminal import count
from transfer_provider.inputs.yaml_file import FilesRefused, load, name_of
from transfer_provider.model.text import printable

PASSPHRASE = ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE")


def checks(stack: ExaminedStack, backend: Backend) -> list[Check]:
    """The checks, in their order."""
    return [
        Check("project", partial(_project, stack)),
        Check("files", partial(_files, stack)),
        Check("backend", partial(_backend, stack, backend)),
        Check("lock", partial(_lock, stack, backend)),
    ]


def _project(stack: ExaminedStack) -> Iterator[Report]:
    settings, folder = stack.read()
    root = stack.find()
    side = {"both": "both sides", "source": "the source's half", "recipient": "the recipient's half"}[settings.side]
    yield ok(
        f"{name_of(stack.stack_file, root)} is valid: {side}, {settings.region}, handovers in {name_of(folder, root)}."
    )


def _files(stack: ExaminedStack) -> Iterator[Report]:
    declared = stack.load_handovers()
    if declared:
        yield ok(f"{count(len(declared), 'handover')}: {', '.join(handover.name for handover in declared)}.")
    else:
        yield warning("There is no handover's file yet.", "Write one, or have it written by `handover capture`.")


def _backend(stack: ExaminedStack, backend: Backend) -> Iterator[Report]:
    try:
        where = shown(backend.url)
        listed = backend.listed
    except EngineFailed as error:
        yield problem(
            f"The state can't be reached: {error}.",
            "Check PULUMI_BACKEND_URL and the credentials that it takes, or run `pulumi login`.",
        )
        return
    if listed is None:
        yield problem(f"{where} has no stack {stack.name} of this project.", f"Run `pulumi stack init {stack.name}`.")
        return
    yield _passphrase(stack, backend) or ok(f"{where} has the stack.")


def _passphrase(stack: ExaminedStack, backend: Backend) -> Report | None:
    """What is wrong with the passphrase of the stack's secrets, where it has one."""
    try:
        values = load(stack.stack_file, stack.stack_file.name, may_be_empty=True).values
    except FilesRefused:
        raise NotReady("project") from None
    provider = str(values.get("secretsprovider") or "")
    own = provider == "passphrase" or (not provider and backend.own_files)
    if not (own or values.get("encryptionsalt")) or PASSPHRASE[0] in os.environ:
        return None
    file = os.environ.get(PASSPHRASE[1])
    if file and os.access(file, os.R_OK):
        return None
    observed = (
        f"{PASSPHRASE[1]} names a file that can't be read" if file else f"Neither {' nor '.join(PASSPHRASE)} is set"
    )
    return problem(f"{observed}, and the stack's secrets are under a passphrase.", f"Set {PASSPHRASE[0]}.")


def _lock(stack: ExaminedStack, backend: Backend) -> Iterator[Report]:
    try:
        listed = backend.listed
        locks = backend.locks()
    except EngineFailed:
        raise NotReady("backend") from None
    if listed is None:
        raise NotReady("backend")
    if locks is None and backend.own_files:
        yield not_checked(
            "Only Pulumi's next run shows whether a state in a bucket is locked.",
            f"Where it says so, look for the process that it names on that machine. {_cancel(stack.name)}",
        )
    elif locks is None and listed.get("updateInProgress"):
        yield warning("An update of the stack is in progress.", f"Wait for its end. {_cancel(stack.name)}")
    elif not locks:
        yield ok("Nobody holds it.")
    else:
        yield from (_lock_report(lock, stack.name) for lock in locks)


def _lock_report(lock: Lock, stack: str) -> Report:
    held = printable(f"{lock.username}@{lock.hostname} (process {lock.pid}) holds it since {lock.timestamp}")
    match lock.alive:
        case True:
            return warning(
                f"{held}, and runs.",
                f"Wait for its end; `ps -p {lock.pid}` shows whether it is `pulumi`. {_cancel(stack)}",
            )
        case False:
            return problem(f"{held}, and that process is gone.", f"Run `pulumi cancel --stack {stack}`.")
        case None:
            return problem(
                f"{held}.", f"Run `ps -p {lock.pid}` on {printable(lock.hostname)}, or ask there. {_cancel(stack)}"
            )


def _cancel(stack: str) -> str:
    return (
        f"Only where that process is gone: `pulumi cancel --stack {stack}`. It takes the lock away and stops nobody, "
        "and two runs at once make things twice."
    )
