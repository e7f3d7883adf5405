"""`alicloud-sandbox up`, `down`, `status` and `env`: start and stop the sandbox, and point a shell's clients at it."""

from __future__ import annotations

import shlex
import shutil
import signal
import sys
import threading
from pathlib import Path
from typing import Annotated

import typer

from sandbox.cli import control
from sandbox.cli.clock import clock_sentence
from sandbox.cli.options import DEFAULT_DIRECTORY, AsJson, Directory
from sandbox.cli.output import print_json, print_table, say
from sandbox.models.world import DeniedReads, load, shipped
from sandbox.server.home import Home
from sandbox.server.server import Sandbox


def up(
    world: Annotated[
        Path, typer.Option(help="The world to start with: demo, troubles, every-rule, images, or a file.")
    ] = Path("demo"),
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port on loopback; 0 takes a free port.")] = 8450,
    directory: Directory = DEFAULT_DIRECTORY,
    denied_reads: Annotated[
        DeniedReads | None,
        typer.Option(help="What a denied listing of ECS gets: an empty list, or 403; else as the world has it."),
    ] = None,
    foreground: Annotated[bool, typer.Option(help="Stay in this terminal until Ctrl-C.")] = False,
) -> None:
    """Start the sandbox in the background."""
    home = Home(directory)
    already = control.running(home)
    if already:
        typer.echo(f"The sandbox is already running at 127.0.0.1:{already.facts.port} (process {already.facts.pid}).")
        return
    file = world if world.is_file() or world.suffix else shipped(str(world))
    if foreground:
        _serve(home, file, port, denied_reads)
    else:
        _start(home, file, port, denied_reads)


def down(directory: Directory = DEFAULT_DIRECTORY) -> None:
    """Stop the sandbox, and delete all it holds.

    The Pulumi stacks made with `alicloud-sandbox env` describe what is gone, so their state is removed too.
    """
    home = Home(directory)
    running = control.running(home)
    if running is None:
        home.remove()
        typer.echo("The sandbox is not running.")
    else:
        control.stop(running)
        typer.echo("Stopped the sandbox and deleted its instances and transfers.")
    if home.has_stacks():
        home.remove_stacks()
        typer.echo(f"Removed the Pulumi state in {home.directory / 'state'}, which described them.")
    home.remove_rest()


def status(directory: Directory = DEFAULT_DIRECTORY, as_json: AsJson = False) -> None:
    """Show whether the sandbox is running, its clock and its accounts."""
    running = control.running(Home(directory))
    if as_json:
        print_json({"running": True, **running.request("GET", "/status")} if running else {"running": False})
        return
    if running is None:
        typer.echo("The sandbox is not running. Start it with `alicloud-sandbox up`.")
        return
    facts = running.request("GET", "/status")
    say(
        f"The sandbox is running at 127.0.0.1:{facts['port']} (process {facts['pid']}) with the world {facts['world']}."
    )
    typer.echo(clock_sentence(facts))
    print_table(
        ("account", "name", "profiles"),
        [(account["id"], account["name"], ", ".join(account["profiles"])) for account in facts["accounts"]],
    )


def env(directory: Directory = DEFAULT_DIRECTORY) -> None:
    """Print variables for the shell to evaluate.

    They point Alibaba Cloud's clients and `pulumi` at the sandbox: eval "$(alicloud-sandbox env)". In a project with a
    stack named sandbox, that stack is created as well.
    """
    running = control.require_running(directory)
    variables = running.home.shell_environment(running.facts.port)
    control.create_stack(variables)
    for name, value in variables.items():
        typer.echo(f"export {name}={shlex.quote(value)}")


def _start(home: Home, file: Path, port: int, denied_reads: DeniedReads | None) -> None:
    """Run the sandbox in a process of its own."""
    load(file)  # so that an invalid file is reported before anything starts
    left_over = home.has_stacks()
    started = control.start(home, file, port, denied_reads)
    if left_over:
        typer.echo(_removed(home))
    say(f"The sandbox is running at 127.0.0.1:{started.facts.port}; its folder is {home.directory}.")
    # Not yet on PATH: `env` puts it there.
    command = "alicloud-sandbox" if shutil.which("alicloud-sandbox") else sys.argv[0]
    typer.echo(f'Next: eval "$({command} env)"')


def _serve(home: Home, file: Path, port: int, denied_reads: DeniedReads | None) -> None:
    """Run the sandbox in this process until a signal ends it."""
    world = load(file)
    if denied_reads is not None:
        world = world.model_copy(update={"denied_reads": denied_reads})
    ended = _signalled()
    with Sandbox.running(world, directory=home.directory, port=port, world_name=str(file)) as sandbox:
        # Left by a sandbox that ended without `down`; this one has none of what it describes.
        if home.has_stacks():
            home.remove_stacks()
            typer.echo(_removed(home))
        typer.echo(f"The sandbox is running at {sandbox.endpoint}; press Ctrl-C to stop it.")
        ended.wait()


def _removed(home: Home) -> str:
    return f"Removed the Pulumi state in {home.directory / 'state'}: it described a sandbox that no longer exists."


def _signalled() -> threading.Event:
    """Set once a signal has requested this process to end."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    return ended
