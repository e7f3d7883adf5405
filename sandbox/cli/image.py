"""`alicloud-sandbox image`: how far images are, whom they are shared with, and how the making of one ends."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer

from sandbox.cli import control
from sandbox.cli.options import DEFAULT_DIRECTORY, AsJson, Directory
from sandbox.cli.output import print_json, print_table

app = typer.Typer(help="See how far images are, and end the making of one.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="IMAGE", help="The image's id.")]

COLUMNS = ("id", "name", "region", "account_name", "status", "progress")


@app.command("list")
def list_(directory: Directory = DEFAULT_DIRECTORY, as_json: AsJson = False) -> None:
    """Show every account's own images, oldest first, and whom each is shared with."""
    images = control.require_running(directory).request("GET", "/images")
    if as_json:
        print_json(images)
        return
    rows = [[*(image[column] for column in COLUMNS), ", ".join(image["shared_with"])] for image in images]
    print_table(("id", "name", "region", "account", "status", "progress", "shared with"), rows)


@app.command()
def finish(name: Name, directory: Directory = DEFAULT_DIRECTORY) -> None:
    """Finish an image that is in the making at once, without moving the clock."""
    _end(directory, name, "finish")


@app.command()
def fail(name: Name, directory: Directory = DEFAULT_DIRECTORY) -> None:
    """Let an image that is in the making fail: it is CreateFailed, as one that the cloud could not make."""
    _end(directory, name, "fail")


def _end(directory: Path, name: str, end: str) -> None:
    image = control.require_running(directory).request("POST", f"/images/{quote(name, safe='')}/{end}")
    typer.echo(f"Image {image['id']} of account {image['account_id']} is now {image['status']}.")
