"""Options that many sub-commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Directory = Annotated[
    Path, typer.Option(envvar="ALICLOUD_SANDBOX_DIR", help="The sandbox's folder.", show_default=True)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]

DEFAULT_DIRECTORY = Path(".sandbox")
