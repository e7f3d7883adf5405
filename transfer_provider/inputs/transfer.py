"""What a transfer is declared with: one model for both doors, manifests (`manifest.py`) and `InstanceTransfer` in a
program (`transfer_provider/transfer.py`)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field

from transfer_provider.inputs.fields import (
    STRICT,
    AccountId,
    Channel,
    HandoverChannel,
    InstanceId,
    Line,
    Region,
    ResourceGroupId,
    invalid,
)
from transfer_provider.model.transfer import TransferRequest

CHANNELS = "the way the transfer is submitted: api, or console for two people to do it there; or image, by a copy"

EMAIL = r"^[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s.<>,;]+$"  # one address, without a name or brackets around it


def _terms(value: Any) -> Any:
    if value is not True:
        raise invalid("has to be true: a transfer needs the provider's terms accepted by the source account")
    return value


class TransferFields(BaseModel):
    """What both doors require in the same way."""

    model_config = STRICT

    instance_id: InstanceId = Field(description="the id of the instance to hand over, such as i-bp1web00000000000001")
    recipient_account_id: AccountId = Field(
        description='the 16 digits of the recipient\'s account id, in quotes, such as "1000000000000002"'
    )
    recipient_account_name: Annotated[str, Field(min_length=1, max_length=128), Line] | None = Field(
        default=None, description="the account name that belongs to the recipient's id, 1 to 128 characters"
    )
    recipient_email: Annotated[str, Field(pattern=EMAIL, max_length=254), Line] | None = Field(
        default=None,
        description="the e-mail address registered for the recipient's id (kept as a secret)",
    )
    resource_group_id: ResourceGroupId | None = Field(
        default=None, description="the id of the instance's resource group, such as rg-acfmxazb4ph6aiy"
    )
    reason: Annotated[str, Field(min_length=1, max_length=500), Line] | None = Field(
        default=None,
        description="why the instance changes owner, for the review: one line, 1 to 500 characters",
    )
    accept_terms: Annotated[Literal[True], BeforeValidator(_terms)] = Field(
        description="true, to accept the provider's terms of transfer for the source account"
    )


class TransferInputs(TransferFields):
    """The inputs of an `InstanceTransfer`; every one of them is part of the request's identity."""

    channel: Channel = Field(
        default="api", description="the way the transfer is submitted: api, or console for two people to do it there"
    )
    region: Region = Field(description="the id of the instance's region, such as cn-hangzhou")

    def request(self) -> TransferRequest:
        """What is requested of Alibaba Cloud with these inputs."""
        return _request(self)


class HandoverInputs(TransferFields):
    """The same of a handover, which may be by a copy, too: by no transfer at all."""

    channel: HandoverChannel = Field(default="api", description=CHANNELS)
    region: Region = Field(description="the id of the instance's region, such as cn-hangzhou")

    def request(self) -> TransferRequest:
        """What is handed over to whom; requested of Alibaba Cloud by the channels with a transfer."""
        return _request(self)


INPUTS = tuple(TransferInputs.model_fields)


def _request(inputs: TransferFields) -> TransferRequest:
    return TransferRequest(**inputs.model_dump(exclude={"accept_terms", "channel"}))
