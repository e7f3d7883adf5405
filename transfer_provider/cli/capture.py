"""`handover capture`: writes the files of handovers, and the security groups, from what the source account has."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from transfer_provider.capture import yaml_writer as captured_yaml
from transfer_provider.capture.differences import Difference
from transfer_provider.capture.plan import Given, Plan, vpcs
from transfer_provider.capture.split import (
    HIGHEST_NUMBER,
    groups_of_several,
    part_number,
    plan_split,
    require_elsewhere_none,
    share_out,
)
from transfer_provider.cli.inspect import Instances
from transfer_provider.cli.stack import find_project, require_source
from transfer_provider.cli.stack_parts import Prepared, StackParts
from transfer_provider.cli.terminal import console, count, print_json, print_line, progress, table
from transfer_provider.cloud import inventory as cloud_inventory
from transfer_provider.cloud.client import Cloud
from transfer_provider.cloud.errors import Refused
from transfer_provider.inputs.stack_files import MOST_HANDOVERS
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
    split: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=MOST_HANDOVERS,
            help="Write to stacks of at most so many handovers each: <stack>-1, <stack>-2, …",
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write nothing; print what would be written.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")] = False,
) -> None:
    """Write the files of handovers, with the instances' security groups and all rules, for a person to go on with.

    What is there already is never overwritten: where it differs from what the account has, the difference is shown.
    """
    stacks = StackParts(find_project(project), stack)
    if split is None:
        require_elsewhere_none(instances, stack, stacks.written)
    else:
        stacks.require_alike()
    settings = stacks.settings
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
    shared = {stack: list(inventory.instances)} if split is None else _share_out(instances, stacks, split)
    plans = plan_split(inventory, shared, stacks.written, given)
    doubled = groups_of_several(inventory, shared, stacks.written) if split else {}
    prepared = stacks.prepare(plans)
    if not dry_run:
        stacks.write(prepared)
    captured = _Captured(plans, prepared, stacks.names(prepared), split is not None, doubled, dry_run)
    if as_json:
        print_json(captured.as_json())
    else:
        _print(console(), captured)


def _share_out(instances: Sequence[str], stacks: StackParts, most: int) -> dict[str, list[str]]:
    """Each stack's instances, by its name."""
    shared = share_out(instances, stacks.stack, stacks.written, most)
    if any(name != stacks.stack and part_number(name, stacks.stack) is None for name in shared):
        raise typer.BadParameter(
            f"makes stacks past {stacks.stack}-{HIGHEST_NUMBER}; take more handovers a stack, or another --stack",
            param_hint="--split",
        )
    return shared


@dataclass(frozen=True)
class _Captured:
    """What was captured, to be reported: the texts are by file."""

    plans: Mapping[str, Plan]
    prepared: Prepared
    texts: Mapping[str, str]
    split: bool
    doubled: Mapping[str, Sequence[str]]
    """The source's groups of which several stacks have one of their own each, with these stacks."""
    dry_run: bool

    @property
    def handovers(self) -> int:
        """How many are new."""
        return sum(len(planned.handovers) for planned in self.plans.values())

    @property
    def groups(self) -> list[str]:
        """The new groups of every stack."""
        return [name for planned in self.plans.values() for name in planned.groups]

    @property
    def unchanged(self) -> list[str]:
        """The files, and groups of files, that are there already and as the account has them."""
        return [name for planned in self.plans.values() for name in planned.unchanged]

    @property
    def differences(self) -> list[Difference]:
        """Where files that are there already differ from the account."""
        return [difference for planned in self.plans.values() for difference in planned.differences]

    def as_json(self) -> dict[str, Any]:
        """All of it for scripts; with --split also by stack."""
        whole = {
            "written": [] if self.dry_run else list(self.texts),
            "would_write": self.texts if self.dry_run else {},
            "groups": self.groups,
            "unchanged": self.unchanged,
            "differences": [asdict(difference) for difference in self.differences],
        }
        stacks = {
            name: {
                "handovers": [file.removesuffix(".yaml") for file in planned.handovers],
                "groups": list(planned.groups),
                "new": name in self.prepared.new,
                "not_copied": self.prepared.new.get(name, []),
            }
            for name, planned in self.plans.items()
        }
        return whole | ({"stacks": stacks, "groups_of_several_stacks": self.doubled} if self.split else {})


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


def _print(out: Console, captured: _Captured) -> None:
    texts = captured.texts
    if captured.dry_run:
        for name, text in texts.items():
            print_line(out, f"--- {name}", style="bold")
            for line in text.split("\n"):
                print_line(out, line)
    if texts:
        verb = "Would write" if captured.dry_run else "Wrote"
        what = f"{count(captured.handovers, 'handover')} and {count(len(captured.groups), 'security group')}"
        where = f" in {count(len(captured.plans), 'stack')}" if captured.split else ""
        print_line(out, f"{verb} {what}{where}:")
        out.print(table(("", "to fill in", "to decide"), [(name, *_left(text)) for name, text in texts.items()]))
        _print_new_stacks(out, captured.prepared.new)
        if captured.doubled:
            out.print("Each of these stacks gets a group of its own; what they allowed each other ends between stacks:")
            rows = [(group, ", ".join(names)) for group, names in captured.doubled.items()]
            out.print(table(("group at the source", "stacks"), rows))
        out.print("Fill in and decide what is marked with #, then run `pulumi preview`.")
    if captured.unchanged:
        print_line(out, f"Unchanged: {', '.join(captured.unchanged)}.")
    if captured.differences:
        out.print("These differ from the account, and were left as they are:")
        out.print(
            table(
                ("file", "key", "in the file", "in the account"),
                [(_place(found), found.key, found.in_file, found.in_account) for found in captured.differences],
            )
        )
    if not texts and not captured.differences:
        out.print("Nothing to write.")


def _print_new_stacks(out: Console, new: Mapping[str, Sequence[str]]) -> None:
    """What is to be done for stacks that are new; the same was left out of the settings of each."""
    if not new:
        return
    print_line(out, f"New stacks, each to be made with `pulumi stack init <stack>`: {', '.join(new)}.")
    left_out = list(dict.fromkeys(key for keys in new.values() for key in keys))
    if left_out:
        print_line(
            out,
            f"Not copied into their settings, as it is secret or belongs to one stack: {', '.join(left_out)}. Where it "
            "is needed, set it in each; a secret with `pulumi config set --secret`.",
        )


def _place(found: Difference) -> str:
    return found.file if found.line is None else f"{found.file}:{found.line}"


def _left(text: str) -> tuple[str, str]:
    """How much of a file a person has to fill in, and to decide."""
    return str(captured_yaml.open_values(text)), str(captured_yaml.undecided(text))
