"""The alicloud plugin for an engine that was built here: built with Go too, and installed into Pulumi's home.

A full Pulumi fetches the published plugin by itself. Here its place is taken by the Terraform provider it wraps, under
Pulumi's bridge, with the resources that handovers use (go/alicloud/main.go).
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tools.toolchain.go_build import CannotBuild, Program, Recipe, built

VERSION = "4.0.0"  # of pulumi-alicloud in requirements.lock, which needs the plugin of the same version
BINARY = "pulumi-resource-alicloud"

PLUGIN = Recipe(
    name="alicloud",
    programs=(Program(BINARY, ".", Path(__file__).parent / "go" / "alicloud"),),
    copied=(),
    flags=("-trimpath", "-tags=osusergo,grpcnotrace", "-ldflags=-s -w"),
    gigabytes=8,
    takes="4 to 10 minutes, and some 6 GB in Go's caches",
)


def install(pulumi: Path, recipe: Recipe = PLUGIN) -> Path:
    """Build the plugin where needed and put it into `${PULUMI_HOME:-~/.pulumi}`; the folder it is in.

    A plugin that is there and wasn't built here is left alone. Raises CannotBuild, with a message for the user.
    """
    home = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")
    place = home / "plugins" / f"resource-alicloud-v{VERSION}"
    made_from = place / "built-from"
    if place.is_dir() and not made_from.exists() and (place / BINARY).exists():
        return place
    if made_from.exists() and made_from.read_text() == recipe.key():
        return place
    binary = built(recipe) / BINARY
    command = [str(pulumi), "plugin", "install", "resource", "alicloud", VERSION, "--file", str(binary), "--reinstall"]
    environment = os.environ | {"PULUMI_SKIP_UPDATE_CHECK": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotBuild(f"Installing the alicloud plugin into {home} failed: {done.stderr.strip()}")
    made_from.write_text(recipe.key())
    return place
