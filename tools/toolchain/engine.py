"""Pulumi's engine for this checkout: the one that is installed, or one built with Go.

    python -m tools.toolchain.engine [VENV]    VENV: the virtual environment to link a built engine into (.venv)

A full Pulumi on PATH is used as it is. Else the engine, the Python language host and the launcher of dynamic providers
are built from their published modules into the user's cache folder (go_build.py), and `VENV/bin/pulumi` becomes a
link to it. Pulumi finds its language host beside the link's target, so this one link is all. Such an engine gets the
alicloud plugin as well (alicloud.py); a full Pulumi fetches it by itself.

Standard library only: this runs before the virtual environment has its packages.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tools.toolchain import alicloud
from tools.toolchain.go_build import CannotBuild, Copied, Program, Recipe, built, cache_folder

VERSION = "3.259.0"
AT_LEAST = (3, 259, 0)
BELOW = (4, 0, 0)
GO = Path(__file__).parent / "go"

ENGINE = Recipe(
    name="engine",
    programs=(
        Program("pulumi", "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi", GO / "engine"),
        # The last language host that a module by itself can be built of; it works with newer engines.
        Program(
            "pulumi-language-python",
            "github.com/pulumi/pulumi/sdk/v3/python/cmd/pulumi-language-python",
            GO / "language-python",
        ),
    ),
    copied=(
        Copied(
            ("python/cmd/pulumi-language-python-exec", "python/dist/pulumi-resource-pulumi-python"),
            "github.com/pulumi/pulumi/sdk/v3",
            GO / "engine",
        ),
    ),
    flags=(
        "-trimpath",
        "-tags=osusergo,grpcnotrace",
        # Without its version the engine refuses to compare itself with what a project requires.
        f"-ldflags=-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v{VERSION}",
    ),
    gigabytes=5,
    takes="2 to 6 minutes, and some 4 GB in Go's caches",
)


@dataclass(frozen=True)
class Installed:
    """A full Pulumi that was found on PATH."""

    command: Path
    version: str


def main(arguments: list[str]) -> int:
    """Find or make the engine; 0, or 1 with one message where it can't be had."""
    link = Path(arguments[0] if arguments else ".venv") / "bin" / "pulumi"
    try:
        installed = find_installed(os.environ.get("PATH", ""), link.parent)
        if installed:
            _unlink(link)
            print(f"Pulumi {installed.version}: {installed.command}")
        else:
            _link(link, built(ENGINE) / "pulumi")
            print(f"Pulumi {VERSION}: {link} (built here)")
            print(f"alicloud plugin {alicloud.VERSION}: {alicloud.install(link)}")
    except CannotBuild as error:
        least = ".".join(map(str, AT_LEAST[:2]))
        print(
            f"No Pulumi {least} or newer was found on PATH, and it can't be built here.\n{error}\n"
            f"Or install Pulumi {least} or newer (https://www.pulumi.com/docs/install/), then run the same again.",
            file=sys.stderr,
        )
        return 1
    except KeyboardInterrupt:
        print("\nStopped; run the same again to go on.", file=sys.stderr)
        return 130
    return 0


def find_installed(path: str, ours: Path) -> Installed | None:
    """The first full Pulumi on `path`, leaving out our own folder of links.

    Full means: 3.259 or newer, with the Python language host and the launcher of dynamic providers.
    """
    folders = [Path(entry) for entry in path.split(os.pathsep) if entry and Path(entry).resolve() != ours.resolve()]
    others = os.pathsep.join(map(str, folders))
    for folder in folders:
        command = shutil.which("pulumi", path=str(folder))
        if command is None:
            continue
        beside = f"{Path(command).resolve().parent}{os.pathsep}{others}"
        parts = ("pulumi-language-python", "pulumi-resource-pulumi-python")
        version = _version(command)
        if version and all(shutil.which(part, path=beside) for part in parts):
            return Installed(Path(command), version)
    return None


def _version(command: str) -> str | None:
    """The command's version where it is one we can use, else None."""
    try:
        environment = os.environ | {"PULUMI_SKIP_UPDATE_CHECK": "1"}
        done = subprocess.run(
            [command, "version"], capture_output=True, text=True, check=False, timeout=30, env=environment
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.match(r"v?(\d+)\.(\d+)\.(\d+)", done.stdout.strip())
    if done.returncode or not found:
        return None
    numbers = tuple(int(part) for part in found.groups())
    return ".".join(found.groups()) if AT_LEAST <= numbers < BELOW else None


def _link(link: Path, target: Path) -> None:
    if link.is_symlink() and link.readlink() == target:
        return
    _unlink(link)
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(target)


def _unlink(link: Path) -> None:
    """Remove a link of ours; anything else of that name is the user's."""
    if link.is_symlink() and cache_folder() in link.readlink().parents:
        link.unlink()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
