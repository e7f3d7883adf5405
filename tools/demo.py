"""Three handovers from declaration to their end, against the local Alibaba Cloud: `make demo`.

Everything happens in `.sandbox/demo`, which is removed at the end: a copy of the stack's files, the sandbox, Pulumi's
state and home. The commands shown are the ones that are run.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from transfer_provider.cloud import operations
from transfer_provider.cloud.client import Cloud

ROOT = Path(__file__).parents[1]
HOME = ROOT / ".sandbox" / "demo"
PROJECT = HOME / "project"
BIN = Path(sys.executable).parent

REGION = "cn-hangzhou"
SOURCE, RECIPIENT = "sandbox-source", "sandbox-recipient"
WEB_01, WEB_02, DB_01 = "i-bp1web00000000000001", "i-bp1web00000000000002", "i-bp1db000000000000001"
VSWITCH, SECURITY_GROUP = "vsw-bp1orchid00000001", "sg-bp1orchid000000web"

# Where nobody's terminal sets a width, lines are not broken.
console = Console(highlight=False, width=None if sys.stdout.isatty() else 200)


class Failed(Exception):
    """A command of the demo did not do what it should."""


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    _clear()
    try:
        _set_up()
        _tell()
    except Failed as failed:
        console.print(f"[red]{failed}[/]")
        return 1
    except KeyboardInterrupt:
        console.print("\nStopped.")
        return 130
    finally:
        _clear()
    return 0


def _set_up() -> None:
    """A copy of the project, so that removing a handover's file leaves the repository as it is."""
    files = [ROOT / "stacks/sandbox" / f"{name}.yaml" for name in ("web-01", "web-02", "db-01")]
    if not all(file.is_file() for file in files):
        raise Failed("The demo needs web-01, web-02 and db-01 in stacks/sandbox, as they come with the project.")
    shutil.copytree(ROOT / "stacks", PROJECT / "stacks")
    for name in ("Pulumi.yaml", "__main__.py"):
        shutil.copy(ROOT / name, PROJECT)
    (PROJECT / ".venv").symlink_to(BIN.parent)
    os.environ["ALICLOUD_SANDBOX_DIR"] = str(HOME / "cloud")
    os.environ["PATH"] = f"{BIN}{os.pathsep}{os.environ['PATH']}"


def _tell() -> None:
    _step("A local Alibaba Cloud, with a source and a recipient account")
    _run("alicloud-sandbox up --port 0")
    os.environ.update(_environment())

    _step("Three handovers are files in stacks/sandbox; a reviewer sees the preview")
    _run("pulumi preview -s sandbox --diff")

    _step("Submitted: `up` returns at once, the review goes on at Alibaba Cloud")
    _run("pulumi up -s sandbox --yes --skip-preview")

    _step("The review approves web-01 and rejects web-02; db-01 waits")
    _run(f"alicloud-sandbox review approve {WEB_01}")
    _run(f"alicloud-sandbox review reject {WEB_02} --reason 'The recipient has arrears.'")
    _run("pulumi refresh -s sandbox --run-program --yes --skip-preview")

    _step("The recipient accepts web-01 by its own call; the next look sees it complete")
    recipient = Cloud(RECIPIENT, REGION)
    transfer = next(iter(operations.list_all(recipient, role="Recipient", instance_ids=[WEB_01])))
    operations.accept(recipient, transfer.transfer_id, vswitch_id=VSWITCH, security_group_ids=[SECURITY_GROUP])
    console.print(f"[dim]AcceptInstanceTransfer {transfer.transfer_id} by {recipient}[/]")
    _run("alicloud-sandbox clock +1m")
    _run("pulumi refresh -s sandbox --run-program --yes --skip-preview")

    _step("db-01 is not wanted any more: its file is removed, and `up` cancels the transfer")
    (PROJECT / "stacks/sandbox/db-01.yaml").unlink()
    _run("pulumi up -s sandbox --yes --skip-preview")

    _step("What happened")
    console.print(_outcome(recipient))


def _outcome(recipient: Cloud) -> Table:
    """The end of each transfer, and who is seen to own the instance, on both sides."""
    source = Cloud(SOURCE, REGION)
    names = {WEB_01: "web-01", WEB_02: "web-02", DB_01: "db-01"}
    transfers = {transfer.instance_id: transfer for transfer in operations.list_all(source, instance_ids=list(names))}
    owned = {side: operations.instances(side, list(names)) for side in (source, recipient)}
    table = Table("handover", "transfer", "status", "who lists the instance now", box=None, pad_edge=False)
    for instance_id, name in names.items():
        transfer = transfers[instance_id]
        owners = [f"{side.account_id()} ({side.profile})" for side in owned if instance_id in owned[side]]
        why = f": {transfer.failure_message}" if transfer.failure_message else ""
        table.add_row(name, transfer.transfer_id, f"{transfer.status}{why}", ", ".join(owners))
    if [len(owned[side]) for side in owned] != [2, 1]:
        raise Failed("The instances are not where the transfers say; please report this.")
    return table


def _environment() -> dict[str, str]:
    """What `eval "$(alicloud-sandbox env)"` puts into a shell."""
    script = 'eval "$(alicloud-sandbox env)" && exec "$0" -c "import json, os; print(json.dumps(dict(os.environ)))"'
    command = ["sh", "-c", script, sys.executable]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failed(f"alicloud-sandbox env failed: {done.stderr.strip()}")
    environment: dict[str, str] = json.loads(done.stdout)
    return environment


def _step(title: str) -> None:
    console.print(f"\n[bold]{title}[/]")


def _run(command: str) -> None:
    console.print(f"[cyan]$ {command}[/]", soft_wrap=True)
    sys.stdout.flush()
    quiet = " --non-interactive --suppress-progress" if command.startswith("pulumi") else ""
    if subprocess.run(["sh", "-c", command + quiet], cwd=PROJECT, stdin=subprocess.DEVNULL, check=False).returncode:
        raise Failed(f"`{command}` failed; see above.")


def _clear() -> None:
    if (HOME / "cloud").exists():
        subprocess.run(
            [str(BIN / "alicloud-sandbox"), "down", "--directory", str(HOME / "cloud")],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
    shutil.rmtree(HOME, ignore_errors=True)
    if HOME.parent.is_dir() and not any(HOME.parent.iterdir()):
        HOME.parent.rmdir()


if __name__ == "__main__":
    sys.exit(main())
