"""A copy of the project with the local Alibaba Cloud beside it, and commands run in it as a user would.

Everything is in `.sandbox/<name>`, which is removed at the end: the stack's files, the sandbox, Pulumi's state.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import TracebackType

from rich.console import Console

from tools import summary

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent

# Where nobody's terminal sets a width, lines are not broken.
console = Console(highlight=False, width=None if sys.stdout.isatty() else 200)


class Failed(Exception):
    """A command did not do what it should."""


class Story:
    """The place it plays in, while it is entered.

    `shows`: whether commands and what they print are shown; of `pulumi up` that is a summary, unless `verbose`.
    """

    def __init__(self, name: str, *, shows: bool, verbose: bool = False) -> None:
        self.home = ROOT / ".sandbox" / name
        self.project = self.home / "project"
        self._shows = shows
        self._verbose = verbose
        self._environment = os.environ | {
            "ALICLOUD_SANDBOX_DIR": str(self.home / "cloud"),
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        }

    def __enter__(self) -> Story:
        self._clear()
        shutil.copytree(ROOT / "stacks", self.project / "stacks")
        for name in ("Pulumi.yaml", "__main__.py"):
            shutil.copy(ROOT / name, self.project)
        (self.project / ".venv").symlink_to(BIN.parent)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._clear()

    def step(self, title: str) -> None:
        """Print what comes next."""
        if self._shows:
            console.print(f"\n[bold]{title}[/]")

    def start(self) -> None:
        """Start the cloud, and lead what is run from here on to it."""
        self.run("alicloud-sandbox up --port 0")
        self._environment |= json.loads(
            self._output(
                'eval "$(alicloud-sandbox env)" && '
                f"exec {sys.executable} -c 'import json, os; print(json.dumps(dict(os.environ)))'"
            )
        )

    def run(self, command: str) -> str:
        """Run a command in the project; what it prints. Raises Failed where it fails."""
        quiet = ""
        if command.startswith("pulumi"):
            quiet = f" --non-interactive --color {'always' if self._shows and sys.stdout.isatty() else 'never'}"
        if command.startswith(("pulumi up", "pulumi preview")):
            quiet += " --suppress-progress"
        if self._shows:
            console.print(f"[cyan]$ {command}[/]", soft_wrap=True)
            sys.stdout.flush()
        if self._shows and not self._verbose and command.startswith("pulumi up"):
            with console.status("Pulumi is at work"):
                printed = self._output(command + quiet)
            sys.stdout.write(summary.of_up(printed))
            return printed
        return self._output(command + quiet, shows=self._shows)

    def read(self, command: str) -> str:
        """What a command prints, shown to nobody. Raises Failed where it fails."""
        return self._output(command)

    def _output(self, command: str, *, shows: bool = False) -> str:
        running = subprocess.Popen(
            ["sh", "-c", command],
            cwd=self.project,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        lines = []
        try:
            for line in running.stdout or ():
                lines.append(line)
                if shows:
                    sys.stdout.write(line)
                    sys.stdout.flush()
        finally:
            code = running.wait()
        if code:
            output = "see above" if shows else "".join(lines)
            raise Failed(f"`{command}` failed: {output}")
        return "".join(lines)

    def _clear(self) -> None:
        if (self.home / "cloud").exists():
            subprocess.run(
                [str(BIN / "alicloud-sandbox"), "down", "--directory", str(self.home / "cloud")],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
            )
        shutil.rmtree(self.home, ignore_errors=True)
        if self.home.parent.is_dir() and not any(self.home.parent.iterdir()):
            self.home.parent.rmdir()
