"""What the command prints: sentences and tables for people, JSON for scripts."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import typer
from rich.console import Console
from rich.table import Table

# Ids are for copying: where the output is no terminal, a table is as wide as it needs.
_WIDE = 300

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def say(sentence: str) -> None:
    """Print a sentence."""
    typer.echo(sentence)


def print_json(value: Any) -> None:
    """Print a value for a script."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print rows; None is left empty."""
    # What is shown comes from outside, so nothing in it is markup.
    width = None if sys.stdout.isatty() else _WIDE
    console = Console(markup=False, emoji=False, highlight=False, width=width)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    console.print(table)


def print_network(accounts: Sequence[dict[str, Any]]) -> None:
    """Print security groups, their rules and EIPs as an admin route tells them."""
    groups = [(account["account_name"], group) for account in accounts for group in account["security_groups"]]
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
    say("")
    print_table(
        ("security group", "rule", "protocol", "ports", "other end", "policy", "priority", "description"),
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
            )
            for _, group in groups
            for rule in group["rules"]
        ],
    )
    say("")
    print_table(
        ("account", "region", "EIP", "name", "address", "Mbit/s", "bound to"),
        [
            (
                account["account_name"],
                *(eip[key] for key in ("region", "id", "name", "ip_address", "bandwidth", "instance")),
            )
            for account in accounts
            for eip in account["eips"]
        ],
    )


def clock_sentence(facts: dict[str, Any]) -> str:
    """The sandbox's time as an admin route tells it."""
    now = datetime.fromisoformat(facts["now"]).strftime("%Y-%m-%d %H:%M:%S UTC")
    ahead = timedelta(seconds=facts["ahead_seconds"])
    return f"Its clock says {now}, {f'{ahead} ahead of real time' if ahead else 'real time'}."


def fault_sentence(facts: dict[str, Any]) -> str:
    """A fault as an admin route tells it."""
    what = "every action" if facts["action"] == "*" else facts["action"]
    whose = f" of account {facts['account']}" if facts["account"] else ""
    until = "until cleared" if facts["times"] is None else f"for {facts['times']} more call(s)"
    return f"{facts['kind']}: {what}{whose}, {until}."


def duration(text: str) -> timedelta:
    """A step of the clock such as `+2h`. Exit code 2 where it is none."""
    read = re.fullmatch(r"\+?([0-9]{1,6})([smhd])", text)
    if read is None:
        raise typer.BadParameter("give a step ahead such as +30s, +30m, +2h or +1d, or reset")
    return timedelta(**{_UNITS[read[2]]: int(read[1])})
