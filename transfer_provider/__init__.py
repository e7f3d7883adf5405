"""Hand over Alibaba Cloud ECS instances to another account, declared in Pulumi stack code."""

from transfer_provider.handover.component import Handover
from transfer_provider.handover.declare import HandoverArgs, declare_handovers
from transfer_provider.inputs.handover import Backup, Eip
from transfer_provider.model.lifecycle import Status
from transfer_provider.receipt import InstanceReceipt
from transfer_provider.transfer import InstanceTransfer

__all__ = [
    "Backup",
    "Eip",
    "Handover",
    "HandoverArgs",
    "InstanceReceipt",
    "InstanceTransfer",
    "Status",
    "declare_handovers",
]
