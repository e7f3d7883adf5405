"""The program: load settings and files, survey both accounts, refuse on blocking findings, declare each handover."""

from pathlib import Path

import pulumi
from pulumi.runtime.config import get_config_env

from transfer_provider import Handover
from transfer_provider.cloud.errors import HandoverError
from transfer_provider.handover.component import addresses
from transfer_provider.handover.run import Run
from transfer_provider.inputs import manifest, settings
from transfer_provider.inputs.manifest import Declared
from transfer_provider.inputs.stack_files import StackFiles
from transfer_provider.inputs.yaml_file import FilesRefused

ROOT = Path(__file__).parent


def main() -> None:
    files = StackFiles(ROOT, pulumi.get_stack())
    try:
        chosen = settings.read(get_config_env(), pulumi.get_project(), files.settings_file, ROOT)
        folder = files.handovers_folder(chosen)
        stack = manifest.load_folder(folder, ROOT, chosen)
    except FilesRefused as refused:
        raise pulumi.RunError(str(refused)) from None
    if not stack.handovers:
        pulumi.log.warn(f"{files.name(folder)} holds no handovers")

    run = Run.of(chosen)
    try:
        run.query(stack.handovers)
    except HandoverError as error:
        raise pulumi.RunError(str(error)) from None

    if chosen.runs_recipient:
        run.network.declare_groups(stack.groups, chosen.region)
    handovers = [declare(declared, run) for declared in stack.handovers]
    pulumi.export("handovers", {handover.name: handover.outputs() for handover in handovers})
    pulumi.export("addresses", addresses(handovers))


def declare(declared: Declared, run: Run) -> Handover:
    """One file's handover, into the stack's security groups."""
    arguments = declared.inputs.model_dump() | {"backup": declared.backup, "protect": declared.protect}
    recreate = declared.recreate
    if recreate is not None:
        arguments |= {
            "vswitch_id": recreate.vswitch_id,
            "security_group_ids": run.network.group_ids(recreate.security_groups),
            "receive_after": run.network.rules(recreate.security_groups),
            "recipient_resource_group_id": recreate.resource_group_id,
            "eip": recreate.eip,
        }
    return Handover(declared.name, **arguments, run=run)


main()
