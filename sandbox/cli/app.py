"""The command `alicloud-sandbox`: starts and stops the local Alibaba Cloud, and is its review desk, clock and log."""

from __future__ import annotations

import shlex
import shutil
import signal
import sys
import threading
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from sandbox.cli import console as console_cli
from sandbox.cli import control
from sandbox.cli.control import Control
from sandbox.cli.terminal import clock_sentence, duration, fault_sentence, print_json, print_network, print_table, say
from sandbox.gateway.faults import Kind
from sandbox.models.errors import SandboxError
from sandbox.models.world import load, shipped
from sandbox.server.home import Home
from sandbox.server.server import Sandbox

app = typer.Typer(
    help="A local Alibaba Cloud for trying and testing instance handovers.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
review = typer.Typer(help="Decide what Alibaba Cloud's review would decide.", no_args_is_help=True)
fault = typer.Typer(help="Make the sandbox misbehave.", no_args_is_help=True)
app.add_typer(review, name="review")
app.add_typer(fault, name="fault")
app.add_typer(console_cli.made(lambda directory: _running(directory)), name="console")

Directory = Annotated[
    Path, typer.Option(envvar="ALICLOUD_SANDBOX_DIR", help="The sandbox's folder.", show_default=True)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]
Name = Annotated[str, typer.Argument(metavar="ID", help="A transfer's id, or its instance's.")]

HERE = Path(".sandbox")


@app.command()
def up(
    world: Annotated[Path, typer.Option(help="The world to start with: demo, troubles, every-rule, or a file.")] = Path(
        "demo"
    ),
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port on loopback; 0 takes a free one.")] = 8450,
    directory: Directory = HERE,
    foreground: Annotated[bool, typer.Option(help="Stay in this terminal until Ctrl-C.")] = False,
) -> None:
    """Start the sandbox in the background."""
    home = Home(directory)
    already = control.running(home)
    if already:
        say(f"The sandbox runs already at 127.0.0.1:{already.facts.port} (process {already.facts.pid}).")
        return
    if not world.is_file() and world.suffix == "":
        world = shipped(str(world))
    made = load(world)
    # Left by a sandbox that ended without `down`; the new one knows nothing of it.
    left_over = home.has_stacks()
    removed = f"Removed the Pulumi state in {home.directory / 'state'}: it described a sandbox that is gone."
    if foreground:
        ended = _end()
        with Sandbox.running(made, directory=directory, port=port, world_name=str(world)) as cloud:
            home.forget_stacks()
            if left_over:
                say(removed)
            say(f"The sandbox answers at {cloud.endpoint}; Ctrl-C stops it.")
            ended.wait()
        return
    started = control.start(home, world, port)
    if left_over:
        say(removed)
    say(f"The sandbox answers at 127.0.0.1:{started.facts.port}; its folder is {home.directory}.")
    # Not yet on PATH: `env` puts it there.
    command = "alicloud-sandbox" if shutil.which("alicloud-sandbox") else sys.argv[0]
    say(f'Next: eval "$({command} env)"')


@app.command()
def down(directory: Directory = HERE) -> None:
    """Stop the sandbox, and forget all it holds.

    The Pulumi stacks made with `alicloud-sandbox env` describe what is gone, so their state is removed too.
    """
    home = Home(directory)
    running = control.running(home)
    if running is None:
        home.remove()
        say("The sandbox does not run.")
    else:
        control.stop(running)
        say("The sandbox has stopped; its instances and transfers are forgotten.")
    if home.has_stacks():
        home.forget_stacks()
        say(f"Removed the Pulumi state in {home.directory / 'state'}, which described them.")
    home.remove_rest()


@app.command()
def status(directory: Directory = HERE, as_json: AsJson = False) -> None:
    """Tell whether the sandbox runs, and its accounts."""
    running = control.running(Home(directory))
    if as_json:
        print_json({"running": True, **running.ask("GET", "/status")} if running else {"running": False})
        return
    if running is None:
        say("The sandbox does not run. `alicloud-sandbox up` starts it.")
        return
    facts = running.ask("GET", "/status")
    say(f"The sandbox answers at 127.0.0.1:{facts['port']} (process {facts['pid']}) with {facts['world']}.")
    say(clock_sentence(facts))
    print_table(
        ("account", "name", "profiles"),
        [(account["id"], account["name"], ", ".join(account["profiles"])) for account in facts["accounts"]],
    )


@app.command()
def env(directory: Directory = HERE) -> None:
    """Print variables for the shell to evaluate.

    They lead Alibaba Cloud's clients and `pulumi` to the sandbox: eval "$(alicloud-sandbox env)". In a project with a
    stack named sandbox, that stack is made as well.
    """
    running = _running(directory)
    variables = running.home.shell_environment(running.facts.port)
    control.make_stack(variables)
    for name, value in variables.items():
        typer.echo(f"export {name}={shlex.quote(value)}")


@app.command()
def clock(
    move: Annotated[str | None, typer.Argument(metavar="[+TIME|reset]", help="+30s, +30m, +2h, +1d, or reset.")] = None,
    directory: Directory = HERE,
    as_json: AsJson = False,
) -> None:
    """Show or move the sandbox's time.

    Without an argument the time is shown; reset takes it back to real time.
    """
    if move is None:
        facts = _running(directory).ask("GET", "/clock")
    elif move == "reset":
        facts = _running(directory).ask("POST", "/clock/reset")
    else:
        step = duration(move)
        facts = _running(directory).ask("POST", "/clock/advance", body={"seconds": step.total_seconds()})
    print_json(facts) if as_json else say(clock_sentence(facts))


@app.command()
def log(
    directory: Directory = HERE,
    action: Annotated[str | None, typer.Option(help="Only calls of this action.")] = None,
    clear: Annotated[bool, typer.Option("--clear", help="Forget the calls so far.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show the API calls the sandbox was asked."""
    running = _running(directory)
    if clear:
        running.ask("DELETE", "/log")
        say("The log is empty.")
        return
    entries = running.ask("GET", "/log", action=action)
    if as_json:
        print_json(entries)
        return
    print_table(
        ("#", "time", "profile", "action", "region", "answer"),
        [
            (
                entry["number"],
                entry["time"][:19],
                entry["profile"],
                entry["action"],
                entry["region"],
                " ".join(str(part) for part in (entry["http_status"], entry["error_code"], entry["fault"]) if part),
            )
            for entry in entries
        ],
    )


@app.command()
def instances(directory: Directory = HERE, as_json: AsJson = False) -> None:
    """Show who owns which instance."""
    _show(directory, "/instances", ("id", "name", "region", "status", "account_id", "account_name"), as_json)


@app.command()
def network(directory: Directory = HERE, as_json: AsJson = False) -> None:
    """Show each account's security groups with their rules, and what its EIPs are bound to."""
    accounts = _running(directory).ask("GET", "/network")
    if as_json:
        print_json(accounts)
    else:
        print_network(accounts)


@review.command("list")
def review_list(directory: Directory = HERE, as_json: AsJson = False) -> None:
    """Show every transfer, newest first."""
    columns = ("id", "instance_id", "status", "source_account_id", "recipient_account_id", "reason")
    _show(directory, "/transfers", columns, as_json)


@review.command()
def approve(name: Name, directory: Directory = HERE) -> None:
    """Let a transfer pass: the recipient may accept it now."""
    _decide(directory, name, "approve")


@review.command()
def reject(
    name: Name,
    reason: Annotated[str, typer.Option(help="What both sides are told.")],
    directory: Directory = HERE,
) -> None:
    """Refuse a transfer."""
    _decide(directory, name, "reject", {"reason": reason})


@review.command()
def expire(name: Name, directory: Directory = HERE) -> None:
    """Let a transfer's time run out at once."""
    _decide(directory, name, "expire")


@fault.command("add")
def fault_add(
    kind: Kind,
    action: Annotated[str, typer.Option(help="The action that meets it; * stands for all.")] = "*",
    times: Annotated[int | None, typer.Option(min=1, help="How many calls meet it; all until cleared.")] = None,
    account: Annotated[str | None, typer.Option(help="Only calls of this account.")] = None,
    seconds: Annotated[float, typer.Option(min=0, help="How long a delay lasts.")] = 0,
    retry_after_ms: Annotated[int | None, typer.Option(min=1, help="When a throttled client may come back.")] = None,
    http_status: Annotated[int, typer.Option("--status", help="503, or 500, of an error.")] = 503,
    directory: Directory = HERE,
) -> None:
    """Make calls fail: throttle, error, delay, cut-before, cut-after or not-offered."""
    given = {
        "kind": kind,
        "action": action,
        "times": times,
        "account": account,
        "seconds": seconds,
        "retry_after_ms": retry_after_ms,
        "status": http_status,
    }
    say(fault_sentence(_running(directory).ask("POST", "/faults", body=given)))


@fault.command("list")
def fault_list(directory: Directory = HERE, as_json: AsJson = False) -> None:
    """Show the faults in force."""
    found = _running(directory).ask("GET", "/faults")
    if as_json:
        print_json(found)
        return
    for one in found:
        say(fault_sentence(one))
    if not found:
        say("No faults: every call is answered as usual.")


@fault.command("clear")
def fault_clear(directory: Directory = HERE) -> None:
    """Answer every call as usual again."""
    _running(directory).ask("DELETE", "/faults")
    say("No faults: every call is answered as usual.")


def main() -> None:
    """The console script: what went wrong is one line on standard error and exit code 1."""
    try:
        app()
    except (SandboxError, OSError) as error:
        typer.echo(f"Error: {error}", err=True)
        sys.exit(1)


def _running(directory: Path) -> Control:
    running = control.running(Home(directory))
    if running is None:
        raise SandboxError("The sandbox does not run. Start it with `alicloud-sandbox up`.")
    return running


def _show(directory: Path, path: str, columns: tuple[str, ...], as_json: bool) -> None:
    """A list of the sandbox's, as JSON or as these columns of it."""
    found = _running(directory).ask("GET", path)
    if as_json:
        print_json(found)
    else:
        print_table(columns, [tuple(one[column] for column in columns) for one in found])


def _decide(directory: Path, name: str, decision: str, body: Any = None) -> None:
    transfer = _running(directory).ask("POST", f"/transfers/{quote(name, safe='')}/{decision}", body=body)
    say(f"Transfer {transfer['id']} of {transfer['instance_id']} is {transfer['status']} now.")


def _end() -> threading.Event:
    """Set when somebody asks this process to end."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    return ended


if __name__ == "__main__":
    main()
