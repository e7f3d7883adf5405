"""What a transfer is declared with, in a handover's file and in a program.

One model serves both: manifests (`manifest.py`) and `InstanceTransfer` (`transfer.py`).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from transfer_provider.inputs.fields import AccountId, Line, Region, ResourceGroupId, accepted_terms


class Request(BaseModel):
    """What both doors ask for in the same way."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)

    instance_id: Annotated[str, Field(pattern=r"^i-[0-9a-z]{6,40}$")] = Field(
        description="the id of the instance to hand over, such as i-bp1web00000000000001"
    )
    recipient_account_id: AccountId = Field(
        description='the 16 digits of the recipient\'s account id, in quotes, such as "1000000000000002"'
    )
    recipient_account_name: Annotated[str, Field(min_length=1, max_length=128), Line] | None = Field(
        default=None, description="the account name that belongs to the recipient's id, 1 to 128 characters"
    )
    recipient_email: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s.]+$", max_length=254)] | None = Field(
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
    accept_terms: Annotated[Literal[True], BeforeValidator(accepted_terms)] = Field(
        description="true, to accept the provider's terms of transfer for the source account"
    )
    channel: Literal["api", "console"] = Field(
        default="api", description="the way the transfer is submitted: api, or console for two people to do it there"
    )


class TransferInputs(Request):
    """The inputs of an `InstanceTransfer`; every one of them is part of the request's identity."""

    region: Region = Field(description="the id of the instance's region, such as cn-hangzhou")


INPUTS = tuple(TransferInputs.model_fields)

# Valid values that stand in for what a preview does not know yet, while the rest is checked.
STAND_INS: dict[str, Any] = {
    "instance_id": "i-000000",
    "region": "cn-hangzhou",
    "recipient_account_id": "0000000000000000",
    "accept_terms": True,
}
