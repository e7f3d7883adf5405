"""The program: read a stack's settings and its handovers' files, look at both accounts, and declare each handover."""

from pathlib import Path

import pulumi
from pulumi.runtime.config import get_config_env

from transfer_provider import Handover, manifest, settings
from transfer_provider.cloud.errors import HandoverError
from transfer_provider.handover import Program, addresses
from transfer_provider.seen import Sides
from transfer_provider.yaml_file import FilesRefused

ROOT = Path(__file__).parent
STACKS = ROOT / "stacks"


def main() -> None:
    stack = pulumi.get_stack()
    try:
        chosen = settings.read(get_config_env(), pulumi.get_project(), STACKS / f"Pulumi.{stack}.yaml", ROOT)
        folder = STACKS / (chosen.handovers or stack)
        declared = manifest.load_folder(folder, ROOT, chosen.region)
    except FilesRefused as refused:
        raise pulumi.RunError(str(refused)) from None
    if not declared.handovers:
        pulumi.log.warn(f"{folder.relative_to(ROOT)} holds no handovers")

    sides = Sides(chosen.side, chosen.sourceProfile or None, chosen.recipientProfile or None)
    program = Program.of(sides, protect=chosen.protect)
    try:
        program.survey.look([(one.inputs.instance_id, one.inputs.region) for one in declared.handovers])
    except HandoverError as error:
        raise pulumi.RunError(str(error)) from None

    if sides.recipient:
        program.network.declare_groups(declared.groups)
    handovers = [declare(one, program) for one in declared.handovers]
    pulumi.export("handovers", {handover.name: handover.outputs() for handover in handovers})
    pulumi.export("addresses", addresses(handovers))


def declare(one: manifest.Declared, program: Program) -> Handover:
    """One file's handover, into the stack's security groups."""
    given = one.inputs.model_dump()
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
