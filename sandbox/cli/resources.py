"""`alicloud-sandbox instances`, `network` and `image`: what each account owns, and how the making of an image ends."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from sandbox.cli import control
from sandbox.cli.options import DEFAULT_DIRECTORY, AsJson, Directory
from sandbox.cli.output import print_json, print_list, print_table

image_app = typer.Typer(help="See how far images are, and end the making of one.", no_args_is_help=True)

ImageId = Annotated[str, typer.Argument(metavar="IMAGE", help="The image's id.")]

_OF_IMAGES = ("id", "name", "region", "account_name", "status", "progress")


def instances(directory: Directory = DEFAULT_DIRECTORY, as_json: AsJson = False) -> None:
    """Show the instances and the account that owns each."""
    found = control.require_running(directory).request("GET", "/instances")
    print_list(found, ("id", "name", "region", "status", "account_id", "account_name"), as_json=as_json)


def network(directory: Directory = DEFAULT_DIRECTORY, as_json: AsJson = False) -> None:
    """Show each account's security groups with their rules, and what its EIPs are bound to."""
    accounts = control.require_running(directory).request("GET", "/network")
    if as_json:
        print_json(accounts)
        return
    groups = [(account["account_name"], group) for account in accounts for group in account["security_groups"]]
    _print_groups(groups)
    typer.echo("")
    _print_rules([group for _, group in groups])
    typer.echo("")
    _print_eips(accounts)


@image_app.command("list")
def images(directory: Directory = DEFAULT_DIRECTORY, as_json: AsJson = False) -> None:
    """Show every account's own images, oldest first, and whom each is shared with."""
    images = control.require_running(directory).request("GET", "/images")
    if as_json:
        print_json(images)
        return
    rows = [[*(image[column] for column in _OF_IMAGES), ", ".join(image["shared_with"])] for image in images]
    print_table(("id", "name", "region", "account", "status", "progress", "shared with"), rows)


@image_app.command()
def finish(image_id: ImageId, directory: Directory = DEFAULT_DIRECTORY) -> None:
    """Finish an image that is in the making at once, without moving the clock."""
    _end(directory, image_id, "finish")


@image_app.command()
def fail(image_id: ImageId, directory: Directory = DEFAULT_DIRECTORY) -> None:
    """Let an image that is in the making fail: it is CreateFailed, as one that the cloud could not make."""
    _end(directory, image_id, "fail")


def _end(directory: Path, image_id: str, end: str) -> None:
    image = control.require_running(directory).request("POST", f"/images/{quote(image_id, safe='')}/{end}")
    typer.echo(f"Image {image['id']} of account {image['account_id']} is now {image['status']}.")


def _print_groups(groups: Sequence[tuple[str, dict[str, Any]]]) -> None:
    print_table(
        ("account", "region", "security group", "name", "VPC", "instances", "rules"),
        [
            (
                owner,
                group["region"],
                group["id"],
                group["name"],
                group["vpc_id"],
                len(group["instances"]),
                len(group["rules"]),
            )
            for owner, group in groups
        ],
    )


def _print_rules(groups: Sequence[dict[str, Any]]) -> None:
    print_table(
        ("security group", "rule", "protocol", "ports", "other end", "policy", "priority", "description", "id"),
        [
            (
                group["id"],
                rule["direction"],
                rule["protocol"],
                rule["ports"],
                rule["cidr"] or rule["ipv6_cidr"] or rule["group"] or rule["prefix_list"],
                rule["policy"],
                rule["priority"],
                rule["description"],
                rule["id"],
            )
            for group in groups
            for rule in group["rules"]
        ],
    )


def _print_eips(accounts: Sequence[dict[str, Any]]) -> None:
    columns = ("region", "id", "name", "ip_address", "bandwidth", "instance")
    print_table(
        ("account", "region", "EIP", "name", "address", "Mbit/s", "bound to"),
        [
            (account["account_name"], *(eip[column] for column in columns))
            for account in accounts
            for eip in account["eips"]
        ],
    )
