"""The program: read settings and files, look at both accounts, refuse what can't be, declare each handover."""

from pathlib import Path

import pulumi
from pulumi.runtime.config import get_config_env

from transfer_provider import Handover
from transfer_provider.cloud.errors import HandoverError
from transfer_provider.handover.component import addresses
from transfer_provider.handover.run import Program
from transfer_provider.inputs import manifest, settings
from transfer_provider.inputs.stack_files import StackFiles
from transfer_provider.inputs.yaml_file import FilesRefused
from transfer_provider.model.transfer import TransferRequest

ROOT = Path(__file__).parent


def main() -> None:
    files = StackFiles(ROOT, pulumi.get_stack())
    try:
        chosen = settings.read(get_config_env(), pulumi.get_project(), files.settings_file, ROOT)
        folder = files.handovers_folder(chosen)
        declared = manifest.load_folder(folder, ROOT, chosen)
    except FilesRefused as refused:
        raise pulumi.RunError(str(refused)) from None
    if not declared.handovers:
        pulumi.log.warn(f"{files.name(folder)} holds no handovers")

    program = Program.of(chosen)
    try:
        program.survey.identify(chosen.region)
        asked = (one.inputs for one in declared.handovers)
        program.survey.look([(one.instance_id, one.region, one.channel) for one in asked])
        program.checks.look({one.name: planned(one) for one in declared.handovers})
    except HandoverError as error:
        raise pulumi.RunError(str(error)) from None

    if program.settings.runs_recipient:
        program.network.declare_groups(declared.groups)
    handovers = [declare(one, program) for one in declared.handovers]
    pulumi.export("handovers", {handover.name: handover.outputs() for handover in handovers})
    pulumi.export("addresses", addresses(handovers))


def planned(one: manifest.Declared) -> TransferRequest:
    """What a file's transfer requests."""
    return TransferRequest(**one.inputs.model_dump(exclude={"accept_terms", "channel"}))


def declare(one: manifest.Declared, program: Program) -> Handover:
    """One file's handover, into the stack's security groups."""
    given = one.inputs.model_dump() | {"backup": one.backup, "protect": one.protect}
    if one.recreate is not None:
        names = one.recreate.security_groups
        given |= {
            "vswitch_id": one.recreate.vswitch_id,
            "security_group_ids": program.network.group_ids(names),
            "receive_after": program.network.rules(names),
            "recipient_resource_group_id": one.recreate.resource_group_id,
            "eip": one.recreate.eip,
        }
    return Handover(one.name, **given, program=program)


main()
