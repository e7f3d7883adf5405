"""`alicloud-sandbox instances` and `network`: what each account owns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import typer

from sandbox.cli import control
from sandbox.cli.options import DEFAULT_DIRECTORY, AsJson, Directory
from sandbox.cli.output import print_json, print_list, print_table


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
