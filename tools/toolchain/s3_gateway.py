"""An S3-compatible server for the tests and benchmarks of states in a bucket: versitygw, built with Go.

It is a gateway to a folder that checks signatures, as an object storage does. Nobody who uses this project needs it, so
`make setup` does not build it: what needs it does, once a machine.
"""

from __future__ import annotations

from pathlib import Path

from tools.toolchain.go_build import Program, Recipe, built

BINARY = "versitygw"

GATEWAY = Recipe(
    name="s3-gateway",
    programs=(
        Program(BINARY, "github.com/versity/versitygw/cmd/versitygw", Path(__file__).parent / "go" / "s3-gateway"),
    ),
    copied=(),
    flags=("-trimpath", "-ldflags=-s -w"),
    gigabytes=2,
    takes="about a minute, and some 1 GB in Go's caches",
)


def command() -> Path:
    """Where it is, built first where it is not there yet. Raises CannotBuild, with a message for the user."""
    return built(GATEWAY) / BINARY
