"""The copies that a stack's files declare, as far as `handover inspect` judges them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import ValidationError

from transfer_provider.handover.copying.checks import Asked
from transfer_provider.inputs.handover import Copy
from transfer_provider.inputs.yaml_file import Document
from transfer_provider.model.transfer import TransferRequest


@dataclass(frozen=True)
class DeclaredCopy:
    """What a file declares of a copy, and the recipient's vSwitch; without a file, nothing."""

    copy: Copy = field(default_factory=Copy)
    vswitch_id: str | None = None

    def asked(self, request: TransferRequest) -> Asked:
        """The same, to be checked."""
        return Asked(request, self.copy, self.vswitch_id)


def declared_copies(files: Sequence[Document]) -> Mapping[str, DeclaredCopy]:
    """The copies by instance. What is wrong with a file is reported by a program's run: here it declares nothing."""
    return {
        str(file.values.get("instance_id")): _declared(file) for file in files if file.values.get("channel") == "image"
    }


def _declared(file: Document) -> DeclaredCopy:
    recreate = file.values.get("recreate")
    vswitch_id = recreate.get("vswitch_id") if isinstance(recreate, Mapping) else None
    try:
        copy = Copy.model_validate(file.values.get("copy") or {})
    except ValidationError:
        copy = Copy()
    return DeclaredCopy(copy, vswitch_id if isinstance(vswitch_id, str) else None)
