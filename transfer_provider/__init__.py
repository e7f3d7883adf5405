"""Hand over Alibaba Cloud ECS instances to another account, declared in Pulumi stack code."""

from transfer_provider.lifecycle import Status
from transfer_provider.transfer import InstanceTransfer

__all__ = ["InstanceTransfer", "Status"]
