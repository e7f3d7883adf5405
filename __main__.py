"""The program: read a stack's settings and its handovers' files, and declare each."""

from pathlib import Path

import pulumi
from pulumi.runtime.config import get_config_env

from transfer_provider import InstanceTransfer, manifest, settings
from transfer_provider.yaml_file import FilesRefused

ROOT = Path(__file__).parent
STACKS = ROOT / "stacks"


def main() -> None:
    stack = pulumi.get_stack()
    try:
        chosen = settings.read(get_config_env(), pulumi.get_project(), STACKS / f"Pulumi.{stack}.yaml", ROOT)
        handovers = manifest.load_folder(STACKS / stack, ROOT, chosen.region)
    except FilesRefused as refused:
        raise pulumi.RunError(str(refused)) from None

    if not handovers:
        pulumi.log.warn(f"stacks/{stack} holds no handovers")
    transfers = {handover.name: InstanceTransfer(handover.name, **dict(handover.inputs)) for handover in handovers}
    pulumi.export(
        "handovers",
        {
            name: {
                "transfer_id": transfer.transfer_id,
                "status": transfer.status,
                "status_message": transfer.status_message,
            }
            for name, transfer in transfers.items()
        },
    )


main()
