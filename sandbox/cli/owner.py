"""`alicloud-sandbox owner`: change by hand what an account has, as its owner does in the console."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer

from sandbox.cli import control
from sandbox.cli.options import DEFAULT_DIRECTORY, Directory

app = typer.Typer(help="Change by hand what an account has, as its owner does in the console.", no_args_is_help=True)

Instance = Annotated[str, typer.Argument(metavar="INSTANCE", help="The instance's id.")]
Group = Annotated[str, typer.Argument(metavar="SG", help="The security group's id.")]
RuleId = Annotated[str, typer.Argument(metavar="SGR", help="The rule's id; `alicloud-sandbox network` shows it.")]
Address = Annotated[str, typer.Argument(metavar="EIP|ADDRESS", help="The address, or its allocation id.")]


@app.command()
def quotas(
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account's id.")],
    images: Annotated[int | None, typer.Option(min=0, help="Custom images.")] = None,
    snapshots: Annotated[int | None, typer.Option(min=0, help="Snapshots.")] = None,
    instances: Annotated[int | None, typer.Option(min=0, help="Instances.")] = None,
    vcpus: Annotated[int | None, typer.Option(min=0, help="vCPUs of pay-as-you-go instances.")] = None,
    directory: Directory = DEFAULT_DIRECTORY,
) -> None:
    """Set how many of these the account may have in each region; what is not specified stays as it is."""
    given = {"image_quota": images, "snapshot_quota": snapshots, "instance_quota": instances, "vcpu_quota": vcpus}
    after = control.require_running(directory).request("POST", _path("accounts", account, "quotas"), body=given)
    names = {"images": "image", "snapshots": "snapshot", "instances": "instance", "vCPUs": "vcpu"}
    limits = {name: after[f"{key}_quota"] for name, key in names.items()}
    shown = ", ".join(f"{'any number of' if limit is None else limit} {name}" for name, limit in limits.items())
    typer.echo(f"Account {after['id']} may have {shown} in each region.")


@app.command()
def delete_group(group: Group, directory: Directory = DEFAULT_DIRECTORY) -> None:
    """Delete a security group that holds no instance and that no other group's rule names."""
    control.require_running(directory).request("DELETE", _path("groups", group))
    typer.echo(f"Deleted security group {group} with its rules.")


@app.command()
def add_rule(
    group: Group,
    protocol: Annotated[str, typer.Option(help="tcp, udp, icmp, icmpv6, gre or all.")],
    ports: Annotated[str, typer.Option(metavar="FIRST/LAST", help="-1/-1 for protocols without ports.")] = "-1/-1",
    cidr: Annotated[str, typer.Option(help="The IPv4 block at the other end.")] = "0.0.0.0/0",
    direction: Annotated[str, typer.Option(help="ingress or egress.")] = "ingress",
    policy: Annotated[str, typer.Option(help="accept or drop.")] = "accept",
    priority: Annotated[int, typer.Option(help="1 (first) to 100.")] = 1,
    directory: Directory = DEFAULT_DIRECTORY,
) -> None:
    """Add a rule to a security group."""
    rule = {"direction": direction, "protocol": protocol, "ports": ports, "cidr": cidr}
    body = {"rule": rule | {"policy": policy, "priority": priority}}
    added = control.require_running(directory).request("POST", _path("groups", group, "rules"), body=body)
    typer.echo(f"Added rule {added['id']} to security group {group}.")


@app.command()
def change_rule(
    rule: RuleId,
    ports: Annotated[str | None, typer.Option(metavar="FIRST/LAST", help="Other ports.")] = None,
    cidr: Annotated[str | None, typer.Option(help="Another IPv4 block.")] = None,
    policy: Annotated[str | None, typer.Option(help="accept or drop.")] = None,
    priority: Annotated[int | None, typer.Option(help="1 (first) to 100.")] = None,
    description: Annotated[str | None, typer.Option(help="Another description.")] = None,
    directory: Directory = DEFAULT_DIRECTORY,
) -> None:
    """Change a rule; what is not specified stays as it is."""
    given = {"ports": ports, "cidr": cidr, "policy": policy, "priority": priority, "description": description}
    control.require_running(directory).request("POST", _path("rules", rule), body=given)
    typer.echo(f"Changed rule {rule}.")


@app.command()
def remove_rule(rule: RuleId, directory: Directory = DEFAULT_DIRECTORY) -> None:
    """Remove a rule from its security group."""
    control.require_running(directory).request("DELETE", _path("rules", rule))
    typer.echo(f"Removed rule {rule}.")


@app.command()
def join(instance: Instance, group: Group, directory: Directory = DEFAULT_DIRECTORY) -> None:
    """Put an instance into one more security group."""
    _change_membership(instance, group, "join", directory)


@app.command()
def leave(instance: Instance, group: Group, directory: Directory = DEFAULT_DIRECTORY) -> None:
    """Take an instance out of a security group that is not its last."""
    _change_membership(instance, group, "leave", directory)


@app.command()
def bind_address(address: Address, instance: Instance, directory: Directory = DEFAULT_DIRECTORY) -> None:
    """Bind an address to an instance of its account."""
    running = control.require_running(directory)
    eip = running.request("POST", _path("eips", address, "bind"), body={"instance": instance})
    typer.echo(f"Bound EIP {eip['id']} ({eip['ip_address']}) to {instance}.")


@app.command()
def unbind_address(address: Address, directory: Directory = DEFAULT_DIRECTORY) -> None:
    """Take an address off its instance."""
    eip = control.require_running(directory).request("POST", _path("eips", address, "unbind"))
    typer.echo(f"EIP {eip['id']} ({eip['ip_address']}) is bound to nothing now.")


@app.command()
def release_address(address: Address, directory: Directory = DEFAULT_DIRECTORY) -> None:
    """Give back an address that is bound to nothing, for good."""
    eip = control.require_running(directory).request("DELETE", _path("eips", address))
    typer.echo(f"Released EIP {eip['id']} ({eip['ip_address']}).")


@app.command()
def stop(instance: Instance, directory: Directory = DEFAULT_DIRECTORY) -> None:
    """Stop an instance that runs."""
    _change_instance(instance, "stop", directory)


@app.command()
def start(instance: Instance, directory: Directory = DEFAULT_DIRECTORY) -> None:
    """Start an instance that is stopped."""
    _change_instance(instance, "start", directory)


@app.command()
def expire(instance: Instance, directory: Directory = DEFAULT_DIRECTORY) -> None:
    """Let what was paid in advance for an instance run out now, which stops it."""
    _change_instance(instance, "expire", directory)


@app.command()
def release(instance: Instance, directory: Directory = DEFAULT_DIRECTORY) -> None:
    """Release an instance for good; no account has it any more."""
    control.require_running(directory).request("DELETE", _path("instances", instance))
    typer.echo(f"Released instance {instance}.")


@app.command()
def cancel_transfer(
    transfer: Annotated[str, typer.Argument(metavar="ID", help="The id of a transfer or of its instance.")],
    directory: Directory = DEFAULT_DIRECTORY,
) -> None:
    """Cancel a transfer at its source, by hand; the same request is never accepted again."""
    cancelled = control.require_running(directory).request("POST", _path("transfers", transfer, "cancel"))
    typer.echo(f"Transfer {cancelled['id']} of {cancelled['instance_id']} is now {cancelled['status']}.")


def _change_membership(instance: str, group: str, how: str, directory: Path) -> None:
    running = control.require_running(directory)
    after = running.request("POST", _path("instances", instance, how), body={"group": group})
    typer.echo(f"Instance {instance} is in {', '.join(after['security_groups'])} now.")


def _change_instance(instance: str, how: str, directory: Path) -> None:
    after = control.require_running(directory).request("POST", _path("instances", instance, how))
    typer.echo(f"Instance {instance} is {after['status']} now; it expires {after['expires']}.")


def _path(*parts: str) -> str:
    return "".join(f"/{quote(part, safe='')}" for part in parts)
