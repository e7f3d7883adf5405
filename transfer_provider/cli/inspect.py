"""`handover inspect`: inventory of instances, what keeps them from being handed over, and what stays behind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from transfer_provider.cli.declared_copies import DeclaredCopy, declared_copies
from transfer_provider.cli.stack import find_project, read_stack, require_source
from transfer_provider.cli.stack_folder import StackFolder
from transfer_provider.cli.terminal import console, print_json, print_line, progress, table
from transfer_provider.cloud import inventory as cloud_inventory
from transfer_provider.cloud.client import Cloud
from transfer_provider.eligibility import channels, left_behind
from transfer_provider.eligibility import judge as eligibility
from transfer_provider.eligibility.channels import Verdict
from transfer_provider.eligibility.judge import EXPIRY_DAYS, MOST_EXPIRY_DAYS, Finding
from transfer_provider.handover.copying.checks import CopyChecks
from transfer_provider.inputs.yaml_file import Document, FilesRefused
from transfer_provider.model.inventory import Instance, Inventory
from transfer_provider.model.transfer import TransferRequest

BLOCKED = 3

# What is shown of an earlier transfer.
SHOWN = (
    "transfer_id",
    "instance_id",
    "status",
    "recipient_account_id",
    "reason",
    "resource_group_id",
    "submitted_at",
)

Instances = Annotated[list[str], typer.Argument(metavar="INSTANCE...", help="Ids of instances, such as i-bp1….")]


def inspect(
    instances: Instances,
    stack: Annotated[
        str | None, typer.Option(help="Take region, profiles and settings from this stack of the project.")
    ] = None,
    project: Annotated[
        Path | None, typer.Option(help="The project's folder; else the next one upwards with a Pulumi.yaml.")
    ] = None,
    region: Annotated[str | None, typer.Option(help="The instances' region; else the stack's.")] = None,
    profile: Annotated[
        str | None, typer.Option(help="The source account's profile; else the stack's, else the default credentials.")
    ] = None,
    recipient: Annotated[str | None, typer.Option(help="The account id the instances are to go to.")] = None,
    recipient_profile: Annotated[
        str | None, typer.Option(help="The recipient's profile, to query its real-name state; else the stack's.")
    ] = None,
    reason: Annotated[str | None, typer.Option(help="The reason the transfers are to name.")] = None,
    expiry_days: Annotated[
        int | None,
        typer.Option(
            min=0, max=MOST_EXPIRY_DAYS, help="Warn of an expiry within so many days; else the stack's, else 7."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")] = False,
) -> None:
    """Check whether instances can be handed over, and show what stays behind.

    Read-only: no changes are made. Exit code 0 without a blocking finding, 3 with any, 1 where it could not be checked.
    """
    scope = _chosen(stack, project, region, profile, recipient_profile, expiry_days)
    ids = list(dict.fromkeys(instances))
    with progress() as report:
        source = Cloud(scope.profile, scope.region)
        inventory = cloud_inventory.query(source, ids, progress=report)
        inventory = cloud_inventory.with_ram_roles(
            source, cloud_inventory.with_network(source, inventory, progress=report)
        )
        verified = None
        if scope.recipient_profile:
            verified = cloud_inventory.verified(Cloud(scope.recipient_profile, scope.region))
    requests = [TransferRequest(instance_id, scope.region, recipient or "", reason=reason) for instance_id in ids]
    judged = eligibility.judge(
        inventory, requests, eips=scope.eips, expiry_days=scope.expiry_days, recipient_verified=verified
    )
    findings = eligibility.soften(judged, scope.warn_only)
    checks = CopyChecks(scope.recipient, expiry_days=scope.expiry_days)
    declared = [scope.copies.get(request.instance_id, DeclaredCopy()).asked(request) for request in requests]
    copying = checks.findings(inventory, declared)
    not_checked = [*eligibility.unknown(inventory), *checks.not_checked]
    of_copies = eligibility.soften(copying, scope.warn_only)
    side_by_side = channels.compared(ids, findings, of_copies)
    # What counts is the channel that an instance's file declares; without one, a transfer.
    findings = [found for found in findings if found.subject not in scope.copies]
    findings += [found for found in of_copies if found.subject in scope.copies]
    if as_json:
        print_json(_as_json(inventory, ids, findings, side_by_side) | {"not_checked": not_checked})
    else:
        _print(console(), inventory, ids, findings, side_by_side, not_checked)
    if any(finding.blocks for finding in findings):
        raise typer.Exit(BLOCKED)


@dataclass(frozen=True)
class _Looking:
    """Where and as whom to query, and by which settings to judge."""

    region: str
    profile: str | None
    recipient_profile: str | None
    expiry_days: int
    warn_only: Sequence[str]
    eips: Mapping[str, bool] = field(default_factory=dict)
    """Whether the stack's file of an instance declares an EIP, by instance."""
    copies: Mapping[str, DeclaredCopy] = field(default_factory=dict)
    """The copies that the stack's files declare, by instance."""

    @property
    def recipient(self) -> Callable[[str], Cloud] | None:
        """The recipient's account in a region, where its profile is known."""
        profile = self.recipient_profile
        return (lambda region: Cloud(profile, region)) if profile else None


def _chosen(
    stack: str | None,
    project: Path | None,
    region: str | None,
    profile: str | None,
    recipient_profile: str | None,
    expiry_days: int | None,
) -> _Looking:
    """The options, and what they leave open by the stack's settings."""
    if stack is None:
        if region is None:
            raise typer.BadParameter(
                "is missing; name the instances' region, or a stack with --stack", param_hint="--region"
            )
        days = EXPIRY_DAYS if expiry_days is None else expiry_days
        return _Looking(region, profile, recipient_profile, days, ())
    root = find_project(project)
    settings, folder = read_stack(root, stack)
    if profile is None:
        require_source(settings, Cloud(settings.source_profile, region or settings.region))
    both = settings.side == "both"
    files = _files(root, folder)
    return _Looking(
        region or settings.region,
        profile or settings.sourceProfile or None,
        recipient_profile or (settings.recipientProfile if both else "") or None,
        settings.expiryDays if expiry_days is None else expiry_days,
        settings.warnOnly,
        _declared_eips(files),
        declared_copies(files),
    )


def _files(root: Path, folder: Path) -> Sequence[Document]:
    """The files of a stack's folder; none where one is no YAML, which a program's run reports, file by file."""
    try:
        return StackFolder(root, folder).handovers
    except FilesRefused:
        return ()


def _declared_eips(files: Sequence[Document]) -> Mapping[str, bool]:
    """Whether each file declares an EIP, by instance."""
    recreated = {str(file.values.get("instance_id")): file.values.get("recreate") for file in files}
    return {
        instance_id: isinstance(recreate, Mapping) and recreate.get("eip") is not None
        for instance_id, recreate in recreated.items()
    }


def _as_json(
    inventory: Inventory, ids: Sequence[str], findings: Sequence[Finding], side_by_side: Mapping[str, Sequence[Verdict]]
) -> dict[str, Any]:
    return {
        "account_id": inventory.account_id,
        "region": inventory.region,
        "seen_at": inventory.observed_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "findings": [asdict(finding) for finding in findings if finding.subject not in ids],
        "instances": [
            {
                "instance_id": instance_id,
                "facts": _facts(inventory, instance_id),
                "findings": [asdict(finding) for finding in findings if finding.subject == instance_id],
                "channels": {verdict.channel: verdict.as_json() for verdict in side_by_side[instance_id]},
                "left_behind": asdict(left_behind.left_behind(inventory, instance_id))
                if instance_id in inventory.instances
                else None,
            }
            for instance_id in ids
        ],
        "check_yourself": [asdict(item) for item in eligibility.CHECK_YOURSELF],
    }


def _facts(inventory: Inventory, instance_id: str) -> dict[str, Any] | None:
    """Everything that was observed of an instance; None where it is not this account's in this region."""
    instance = inventory.instances.get(instance_id)
    if instance is None:
        return None
    groups, addresses = inventory.groups or {}, inventory.addresses or {}
    address = addresses.get(instance.eip_allocation_id or "")
    image = inventory.images.get(instance.image_id or "")
    content: dict[str, Any] = _plain(
        {
            **asdict(instance),
            "disks": [asdict(disk) for disk in inventory.disks.get(instance_id, ())],
            "image": asdict(image) if image else None,
            "address": asdict(address) if address else None,
            "security_groups": [
                asdict(groups[security_group_id])
                for security_group_id in instance.security_group_ids
                if security_group_id in groups
            ],
            "ram_role": (inventory.ram_roles or {}).get(instance_id),
            "transfers": [
                {key: getattr(transfer, key) for key in SHOWN}
                for transfer in (inventory.transfers or {}).get(instance_id, ())
            ],
            "maintenance": [asdict(event) for event in (inventory.maintenance or {}).get(instance_id, ())],
        }
    )
    return content


def _plain(value: Any) -> Any:
    """The same with times as texts."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(value, datetime) else value


def _print(
    out: Console,
    inventory: Inventory,
    ids: Sequence[str],
    findings: Sequence[Finding],
    side_by_side: Mapping[str, Sequence[Verdict]],
    not_checked: Sequence[str],
) -> None:
    for finding in findings:
        if finding.subject not in ids:
            print_line(
                out, f"Account {finding.subject}: {finding.code}. {finding.message} {finding.remedy}", style="red"
            )
    for instance_id in ids:
        own = [finding for finding in findings if finding.subject == instance_id]
        _print_instance(out, inventory, instance_id, own, side_by_side[instance_id])
    print_line(out, "Check yourself, for no API reports it:", style="bold")
    for check in eligibility.CHECK_YOURSELF:
        print_line(out, f"  {check.what}")
    for sentence in not_checked:
        print_line(out, f"  {sentence}")
    blocked = len({finding.subject for finding in findings if finding.blocks})
    out.print()
    print_line(out, f"{len(ids)} checked, {blocked} blocked.", style="red" if blocked else "green")


def _print_instance(
    out: Console,
    inventory: Inventory,
    instance_id: str,
    findings: Sequence[Finding],
    verdicts: Sequence[Verdict],
) -> None:
    instance = inventory.instances.get(instance_id)
    print_line(out, f"{instance.name} ({instance_id})" if instance and instance.name else instance_id, style="bold")
    if instance is not None:
        out.print(table(("", ""), _lines(inventory, instance)))
    rows = [
        ("blocks" if finding.blocks else "warns", finding.code, f"{finding.message} {finding.remedy}", finding.source)
        for finding in findings
    ]
    if rows:
        out.print(table(("", "finding", "what is wrong, and what to do", "rule"), rows))
    else:
        print_line(out, "No findings.", style="green")
    if instance is not None:
        out.print(table(("channel", "can it?", "what keeps it from it"), [verdict.row for verdict in verdicts]))
        behind = left_behind.left_behind(inventory, instance_id)
        for heading, items in (("Follows it", behind.follows), ("Stays behind", behind.stays)):
            out.print(table((heading, ""), [(item.what, item.detail) for item in items]))
        print_line(out, f"Can't be observed from here: {', '.join(item.what for item in behind.unseen)}.")
    out.print()


def _lines(inventory: Inventory, instance: Instance) -> list[tuple[str, str]]:
    """What an instance is, in a few lines."""
    groups = inventory.groups or {}
    names = [
        f"{security_group_id} {groups[security_group_id].name}".rstrip()
        if security_group_id in groups
        else security_group_id
        for security_group_id in instance.security_group_ids
    ]
    disks = [
        f"{disk.disk_id} {disk.type} {disk.size_gib} GiB {disk.status}"
        for disk in inventory.disks.get(instance.instance_id, ())
    ]
    until = f" until {instance.expires:%Y-%m-%d %H:%M} UTC" if instance.expires else ""
    facts = {
        "status": instance.status,
        "type": instance.instance_type,
        "paid": f"{instance.charge_type}{until}",
        "VPC": f"{instance.vpc_id} {instance.vswitch_id}" if instance.vpc_id else "",
        "addresses": " ".join(filter(None, (*instance.private_ips, instance.fixed_public_ip, instance.eip))),
        "groups": ", ".join(names),
        "disks": ", ".join(disks),
        "image": instance.image_id or "",
    }
    return [(name, text) for name, text in facts.items() if text]
