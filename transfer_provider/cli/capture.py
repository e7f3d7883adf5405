"""`handover capture`: writes the files of handovers, and the security groups, from what the source account has."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from transfer_provider.capture import yaml_writer as captured_yaml
from transfer_provider.capture.differences import Difference
from transfer_provider.capture.plan import GROUPS_SCHEMA, Given, Plan, plan, vpcs
from transfer_provider.cli.inspect import Instances
from transfer_provider.cli.stack import find_project, read_stack, require_source
from transfer_provider.cli.terminal import console, count, print_json, progress, table
from transfer_provider.cloud import inventory as cloud_inventory
from transfer_provider.cloud.client import Cloud
from transfer_provider.cloud.errors import Refused
from transfer_provider.inputs import security_groups_file as security_groups
from transfer_provider.inputs.yaml_file import Document, FilesRefused, Problem, load
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
    written = _Folder(root, folder)
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
    _report(planned, texts, root, written, dry_run=dry_run, as_json=as_json)


class _Folder:
    """A stack's folder as it is, read before anything is written. Raises FilesRefused where a file is no YAML."""

    def __init__(self, root: Path, folder: Path) -> None:
        self._root = root
        self.folder = folder
        self.groups_file = folder / security_groups.FILE
        problems: list[Problem] = []
        self.handovers: list[Document] = []
        for path in sorted(folder.glob("*.yaml")) if folder.is_dir() else ():
            try:
                if path != self.groups_file and not path.name.startswith("."):
                    self.handovers.append(load(path, self.name(path)))
            except FilesRefused as refused:
                problems += refused.problems
        self.groups: Document | None = None
        self._before = ""
        try:
            if self.groups_file.exists():
                self.groups = load(self.groups_file, self.name(self.groups_file), may_be_empty=True)
                self._before = self.groups_file.read_bytes().decode()
        except FilesRefused as refused:
            problems += refused.problems
        if problems:
            raise FilesRefused(problems)

    def name(self, path: Path) -> str:
        """A file as messages name it."""
        return str(path.relative_to(self._root))

    def texts(self, planned: Plan) -> dict[Path, str]:
        """What to write, by file: new handovers, and the groups' file with what is added."""
        texts = {self.folder / name: text for name, text in planned.handovers.items()}
        if planned.groups:
            begun = self._before or f"{GROUPS_SCHEMA}\n"
            gap = "" if begun.endswith("\n") else "\n"
            texts[self.groups_file] = begun + gap + "".join(f"\n{text}" for text in planned.groups.values())
            self._require_whole(texts[self.groups_file], planned)
        return texts

    def write(self, texts: Mapping[Path, str]) -> None:
        """Each file at once or not at all. One that came up, or changed, since it was read is left alone."""
        if texts:
            self.folder.mkdir(parents=True, exist_ok=True)
        for path, text in texts.items():
            now = path.read_bytes().decode() if path.exists() else ""
            if now != (self._before if path == self.groups_file else ""):
                raise FilesRefused([Problem(self.name(path), 1, "", "has changed meanwhile; run the command again")])
            _replace(path, text)

    def _require_whole(self, text: str, planned: Plan) -> None:
        """That the text still holds what it held, and the added groups, before anything is written."""
        with tempfile.TemporaryDirectory() as scratch:
            path = Path(scratch) / security_groups.FILE
            path.write_text(text, encoding="utf-8")
            before = dict(self.groups.values) if self.groups else {}
            try:
                after = load(path, self.name(self.groups_file)).values
            except FilesRefused:
                after = {}
        kept = {name: after.get(name) for name in before} == before
        if not kept or set(after) != set(before) | set(planned.groups):
            what = "can't be added to as it is; write its groups each on lines of their own, without braces around all"
            raise FilesRefused([Problem(self.name(self.groups_file), 1, "", what)])


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


def _replace(path: Path, text: str) -> None:
    """Write a file whole: what is broken off leaves the old one."""
    descriptor, scratch = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as stream:
            stream.write(text)
        Path(scratch).chmod(0o644)
        Path(scratch).replace(path)
    except BaseException:
        Path(scratch).unlink(missing_ok=True)
        raise


def _report(
    planned: Plan, texts: Mapping[Path, str], root: Path, written: _Folder, *, dry_run: bool, as_json: bool
) -> None:
    names = {str(path.relative_to(root)): text for path, text in texts.items()}
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
            out.print(f"--- {name}", style="bold")
            out.print(text)
    _sum_up(out, planned, names, dry_run=dry_run)


def _sum_up(out: Console, planned: Plan, names: Mapping[str, str], *, dry_run: bool) -> None:
    verb = "Would write" if dry_run else "Wrote"
    if names:
        out.print(
            f"{verb} {count(len(planned.handovers), 'handover')} and {count(len(planned.groups), 'security group')}:"
        )
        out.print(table(("", "to fill in", "to decide"), [(name, *_left(text)) for name, text in names.items()]))
        out.print("Fill in and decide what is marked with #, then run `pulumi preview`.")
    if planned.unchanged:
        out.print(f"Unchanged: {', '.join(planned.unchanged)}.")
    if planned.differences:
        out.print("These differ from the account, and were left as they are:")
        out.print(
            table(
                ("file", "key", "in the file", "in the account"),
                [
                    (
                        found.file if found.line is None else f"{found.file}:{found.line}",
                        found.key,
                        found.in_file,
                        found.in_account,
                    )
                    for found in planned.differences
                ],
            )
        )
    if not names and not planned.differences:
        out.print("Nothing to write.")


def _place(found: Difference) -> str:
    return found.file if found.line is None else f"{found.file}:{found.line}"


def _left(text: str) -> tuple[str, str]:
    """How much of a file a person has to fill in, and to decide."""
    return str(captured_yaml.open_values(text)), str(text.count("# decide:"))
