"""The linter of GitHub workflows for the tests: actionlint, built with Go once a machine.

Nobody who uses this project needs it, so `make setup` does not build it.
"""

from __future__ import annotations

from pathlib import Path

from tools.toolchain.go_build import Program, Recipe, built

BINARY = "actionlint"

ACTIONLINT = Recipe(
    name="actionlint",
    programs=(
        Program(BINARY, "github.com/rhysd/actionlint/cmd/actionlint", Path(__file__).parent / "go" / "actionlint"),
    ),
    copied=(),
    flags=("-trimpath", "-ldflags=-s -w"),
    gigabytes=0.5,
    takes="some ten seconds",
)


def command() -> Path:
    """Where it is, built first where it is not there yet. Raises CannotBuild, with a message for the user."""
    return built(ACTIONLINT) / BINARY
