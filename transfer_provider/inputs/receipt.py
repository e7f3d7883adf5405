"""What a receipt is declared with: the fields and their formats."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from transfer_provider.inputs.fields import (
    STRICT,
    Channel,
    InstanceId,
    Region,
    ResourceGroupId,
    SecurityGroupId,
    TransferId,
    VSwitchId,
    each_once,
)


class ReceiptInputs(BaseModel):
    """The inputs of an `InstanceReceipt`."""

    model_config = STRICT

    instance_id: InstanceId = Field(description="the id of the instance to receive, such as i-bp1web00000000000001")
    region: Region = Field(description="the id of the instance's region, such as cn-hangzhou")
    vswitch_id: VSwitchId = Field(
        description="the id of the recipient's vSwitch that takes the instance, such as vsw-bp1orchid00000001"
    )
    security_group_ids: Annotated[
        list[SecurityGroupId], Field(min_length=1, max_length=5), each_once("a security group")
    ] = Field(description="the ids of 1 to 5 security groups of the recipient, in the vSwitch's VPC, each once")
    resource_group_id: ResourceGroupId | None = Field(
        default=None, description="the id of a resource group of the recipient, such as rg-acfmxazb4ph6aiy"
    )
    transfer_id: TransferId | None = Field(
        default=None, description="the id of the transfer to accept, it-…; left out, it is found by the instance"
    )
    channel: Channel = Field(
        default="api",
        description="the way the instance is taken: api, or console where the recipient has confirmed it there",
    )


INPUTS = tuple(ReceiptInputs.model_fields)
