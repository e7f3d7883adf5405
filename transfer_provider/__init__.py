"""Hand over Alibaba Cloud ECS instances to another account, declared in Pulumi stack code."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from transfer_provider.handover.component import Handover
    from transfer_provider.handover.declare import HandoverArgs, declare_handovers
    from transfer_provider.inputs.handover import Backup, Copy, Cutover, DataDisk, Eip, SystemDisk
    from transfer_provider.inputs.window import Window
    from transfer_provider.model.lifecycle import Status
    from transfer_provider.receipt import InstanceReceipt
    from transfer_provider.transfer import InstanceTransfer

__all__ = [
    "Backup",
    "Copy",
    "Cutover",
    "DataDisk",
    "Eip",
    "Handover",
    "HandoverArgs",
    "InstanceReceipt",
    "InstanceTransfer",
    "Status",
    "SystemDisk",
    "Window",
    "declare_handovers",
]

# Where each is. Imported when it is first used: the command and the provider's process use few of them.
_MODULES = {
    "Backup": "inputs.handover",
    "Copy": "inputs.handover",
    "Cutover": "inputs.handover",
    "DataDisk": "inputs.handover",
    "Eip": "inputs.handover",
    "Handover": "handover.component",
    "HandoverArgs": "handover.declare",
    "InstanceReceipt": "receipt",
    "InstanceTransfer": "transfer",
    "Status": "model.lifecycle",
    "SystemDisk": "inputs.handover",
    "Window": "inputs.window",
    "declare_handovers": "handover.declare",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
