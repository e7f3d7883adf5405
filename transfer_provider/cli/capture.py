"""`handover capture`: writes the files of handovers, and the security groups, from what the source account has."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from transfer_provider.capture import yaml_writer as captured_yaml
from transfer_provider.capture.differences import Difference
from transfer_provider.capture.plan import Given, Plan, plan, vpcs
from transfer_provider.cli.inspect import Instances
from transfer_provider.cli.stack import find_project, read_stack, require_source
from transfer_provider.cli.stack_folder import StackFolder
from transfer_provider.cli.terminal import console, count, print_json, print_line, progress, table
from transfer_provider.cloud import inventory as cloud_inventory
from transfer_provider.cloud.client import Cloud
from transfer_provider.cloud.errors import Refused
from transfer_provider.model.inventory import Inventory


def capture(
    instances: Instances,
    stack: Annotated[str, typer.Option(help="The stack whose folder gets the files.")],
    project: Annotated[
        Path | None, typer.Option(help="The project's folder; else the next one upwards with a Pulumi.yaml.")
    ] = None,
    region: Annotated[str | None, typer.Option(help="The instances' region; else the stack's.")] = None,
    profile: Annotated[
        str | None, typer.Option(help="The source account's profile; else the stack's, else the default credentials.")
    ] = None,
    recipient_account_id: Annotated[str | None, typer.Option(help="Filled in: the recipient's account id.")] = None,
    vswitch_id: Annotated[
        str | None, typer.Option(help="Filled in: the recipient's vSwitch; for instances of one VPC.")
    ] = None,
    vpc_id: Annotated[
        str | None, typer.Option(help="Filled in: the recipient's VPC; for instances of one VPC.")
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Filled in: why they change owner.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write nothing; print what would be written.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")] = False,
) -> None:
    """Write the files of handovers, with the instances' security groups and all rules, for a person to go on with.

    What is there already is never overwritten: where it differs from what the account has, the difference is shown.
    """
    root = find_project(project)
    settings, folder = read_stack(root, stack)
    written = StackFolder(root, folder)
    source = Cloud(profile or settings.sourceProfile or None, region or settings.region)
    if profile is None:
        require_source(settings, source)
    with progress() as report:
        inventory = _look(source, instances, report)
    if (vswitch_id or vpc_id) and len(vpcs([inventory])) > 1:
        raise typer.BadParameter(
            "is for instances of one VPC, and these are of several; leave it out, and fill in each file",
            param_hint="--vswitch-id and --vpc-id",
        )
    given = Given(settings.region, recipient_account_id, vswitch_id, vpc_id, reason)
    planned = plan([inventory], written.handovers, written.groups, given)
    texts = written.texts(planned)
    if not dry_run:
        written.write(texts)
    _report(planned, {written.name(path): text for path, text in texts.items()}, dry_run=dry_run, as_json=as_json)


def _look(source: Cloud, instances: Sequence[str], report: Callable[[str], None]) -> Inventory:
    """The instances with their network. Raises Refused where some are not there."""
    inventory = cloud_inventory.query_instances(source, instances, progress=report)
    missing = [instance_id for instance_id in dict.fromkeys(instances) if instance_id not in inventory.instances]
    if missing:
        raise Refused(
            f"Could not capture {', '.join(missing)}: account {inventory.account_id} lists no such instance in "
            f"{inventory.region}. Nothing was written; check the ids, the region (--region) and the profile "
            "(--profile)."
        )
    return cloud_inventory.with_network(source, inventory, progress=report)


def _report(planned: Plan, names: Mapping[str, str], *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "written": [] if dry_run else list(names),
                "would_write": names if dry_run else {},
                "groups": list(planned.groups),
                "unchanged": planned.unchanged,
                "differences": [asdict(difference) for difference in planned.differences],
            }
        )
        return
    out = console()
    for name, text in names.items():
        if dry_run:
            print_line(out, f"--- {name}", style="bold")
            for line in text.split("\n"):
                print_line(out, line)
    _sum_up(out, planned, names, dry_run=dry_run)


def _sum_up(out: Console, planned: Plan, names: Mapping[str, str], *, dry_run: bool) -> None:
    verb = "Would write" if dry_run else "Wrote"
    if names:
        print_line(
            out,
            f"{verb} {count(len(planned.handovers), 'handover')} and {count(len(planned.groups), 'security group')}:",
        )
        out.print(table(("", "to fill in", "to decide"), [(name, *_left(text)) for name, text in names.items()]))
        out.print("Fill in and decide what is marked with #, then run `pulumi preview`.")
    if planned.unchanged:
        print_line(out, f"Unchanged: {', '.join(planned.unchanged)}.")
    if planned.differences:
        out.print("These differ from the account, and were left as they are:")
        out.print(
            table(
                ("file", "key", "in the file", "in the account"),
                [(_place(found), found.key, found.in_file, found.in_account) for found in planned.differences],
            )
        )
    if not names and not planned.differences:
        out.print("Nothing to write.")


def _place(found: Difference) -> str:
    return found.file if found.line is None else f"{found.file}:{found.line}"


def _left(text: str) -> tuple[str, str]:
    """How much of a file a person has to fill in, and to decide."""
    return str(captured_yaml.open_values(text)), str(captured_yaml.undecided(text))
