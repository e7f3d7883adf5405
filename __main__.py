"""The program: load settings and files, survey both accounts, refuse on blocking findings, declare each handover."""

import sys
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime.config import get_config_env

from transfer_provider import Handover
from transfer_provider.channels.process import end_with_engine
from transfer_provider.cloud.errors import HandoverError
from transfer_provider.handover import unattended
from transfer_provider.handover.component import addresses
from transfer_provider.handover.copying.declare import declare_given_up
from transfer_provider.handover.declare import declare_destroy_guard
from transfer_provider.handover.plan import Wanted
from transfer_provider.handover.run import Run
from transfer_provider.handover.sdk_overhead import leave_out_debug_messages
from transfer_provider.handover.state import APPLIED_FILES
from transfer_provider.handover.wanted import wanted_of
from transfer_provider.inputs import manifest, settings
from transfer_provider.inputs.manifest import Declared
from transfer_provider.inputs.stack_files import StackFiles
from transfer_provider.inputs.yaml_file import FilesRefused

ROOT = Path(__file__).parent

# The exit code by which Pulumi knows that the message was shown; with any other it adds one of its own.
REPORTED = 32


def main() -> None:
    files = StackFiles(ROOT, pulumi.get_stack())
    try:
        chosen = settings.read(get_config_env(), pulumi.get_project(), files.settings_file, ROOT)
        folder = files.handovers_folder(chosen)
        stack = manifest.load_folder(folder, ROOT, chosen)
    except FilesRefused as refused:
        raise pulumi.RunError(str(refused)) from None
    where = f"{files.name(folder)} {'does not exist' if stack.folder_missing else 'holds no handovers'}"
    if not stack.handovers:
        pulumi.log.warn(where)

    run = Run.of(chosen, files)
    refused_unattended = unattended.refusal(chosen, stack, run.state)
    if refused_unattended:
        raise pulumi.RunError(refused_unattended)
    try:
        run.prepare([wanted(declared) for declared in stack.handovers], groups=stack.groups, where=where)
    except HandoverError as error:
        raise pulumi.RunError(str(error)) from None
    run.report_waiting()
    run.report_untracked()

    if chosen.runs_recipient:
        adopted = run.objects.adopt_groups(stack.groups, chosen.region)
        run.network.declare_groups(stack.groups, chosen.region, adopted)
        if chosen.removes_rules:
            run.network.declare_exclusive_rules(run.objects.undeclared_rules(stack.groups, chosen.region))
    handovers = [declare(declared, run) for declared in stack.handovers]
    declare_given_up(run.given_up, run.copies.owner)
    declare_destroy_guard(run, handovers, {group.region or chosen.region for group in stack.groups.values()})
    pulumi.export("handovers", {handover.name: handover.outputs() for handover in handovers})
    pulumi.export("addresses", addresses(handovers))
    pulumi.export(APPLIED_FILES, unattended.files_digest(chosen, stack))


def wanted(declared: Declared) -> Wanted:
    """What one file declares, as far as decisions depend on it."""
    groups = declared.recreate.security_groups if declared.recreate else None
    return wanted_of(declared.name, **arguments(declared), security_group_ids=groups)


def arguments(declared: Declared) -> dict[str, Any]:
    """The arguments of one file's `Handover`, but for its security groups."""
    recreate = declared.recreate
    return {
        **declared.inputs.model_dump(),
        "backup": declared.backup,
        "after": declared.after,
        "vswitch_id": recreate.vswitch_id if recreate else None,
        "eip": recreate.eip if recreate else None,
        "window": recreate.window if recreate else None,
        "copy": declared.copy,
        "cutover": declared.cutover,
    }


def declare(declared: Declared, run: Run) -> Handover:
    """One file's handover, into the stack's security groups."""
    recreate = declared.recreate
    names = recreate.security_groups if recreate else []
    return Handover(
        declared.name,
        **arguments(declared),
        security_group_ids=run.network.group_ids(names) or None,
        receive_after=run.network.rules(names),
        recipient_resource_group_id=recreate.resource_group_id if recreate else None,
        protect=declared.protect,
        run=run,
    )


end_with_engine()
leave_out_debug_messages()
try:
    main()
except pulumi.RunError as error:
    pulumi.log.error(str(error))
    sys.exit(REPORTED)
