"""What a handover declares besides its transfer: a backup, and what the recipient gets re-created for it.

`Backup` and `Recreate` are `backup:` and `recreate:` in a handover's file; `Backup` and `Eip` are also given to
`Handover` in a program. Formats are those of Alibaba Cloud's ECS and EIP documents.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    Field,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)

from transfer_provider.inputs.fields import STRICT, ResourceGroupId, VSwitchId, each_once, invalid
from transfer_provider.inputs.window import WindowEntry

LONGEST_DAYS = 65536  # of a snapshot, by CreateSnapshot
DAYS = 30


class Backup(BaseModel):
    """Snapshots of every disk, made in the source account, which keeps them.

    Backup()                     kept for 30 days
    Backup(retention_days=365)   kept for a year
    """

    model_config = STRICT

    kind: Literal["snapshots"] = Field(default="snapshots", description="what is made of each disk: snapshots")
    retention_days: Annotated[int, Field(ge=1, le=LONGEST_DAYS)] = Field(
        default=DAYS, description=f"how many days the snapshots are kept, a whole number from 1 to {LONGEST_DAYS}"
    )


def _spelled_out(value: Any) -> Any:
    """`snapshots` alone is short for the mapping."""
    if isinstance(value, str) and value != "snapshots":
        raise invalid("is malformed; give snapshots, or a mapping of kind and retention_days")
    return {"kind": value} if isinstance(value, str) else value


BackupEntry = Annotated[
    Backup,
    BeforeValidator(_spelled_out),
    WithJsonSchema({"anyOf": [{"const": "snapshots"}, Backup.model_json_schema()]}),
]

# The highest bandwidth of a pay-as-you-go address, in Mbit/s: AllocateEipAddress.
HIGHEST_BANDWIDTH = {"PayByTraffic": 200, "PayByBandwidth": 500}


class Eip(BaseModel):
    """A pay-as-you-go elastic IP address that the recipient's instance gets.

    Eip()                                5 Mbit/s, from when the instance is there
    Eip(bandwidth=20, allocate="now")    known, and paid for, before the instance moves
    """

    model_config = STRICT

    internet_charge_type: Literal["PayByTraffic", "PayByBandwidth"] = Field(
        default="PayByTraffic", description="how traffic is paid: PayByTraffic or PayByBandwidth"
    )
    bandwidth: Annotated[int, Field(ge=1, le=500)] = Field(
        default=5,
        description="the address's bandwidth in Mbit/s, a whole number from 1 to 200, with PayByBandwidth to 500",
    )
    isp: Literal[
        "BGP",
        "BGP_PRO",
        "ChinaTelecom",
        "ChinaUnicom",
        "ChinaMobile",
        "ChinaTelecom_L2",
        "ChinaUnicom_L2",
        "ChinaMobile_L2",
        "BGP_FinanceCloud",
        "BGP_International",
    ] = Field(default="BGP", description="the line type: BGP, BGP_PRO, ChinaTelecom, …")
    name: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9._-]{0,127}$")] | None = Field(
        default=None,
        description="the address's name: 1 to 128 letters, digits, '.', '_' and '-', a letter first; "
        "the handover's where left out",
    )
    allocate: Literal["now", "on-arrival"] = Field(
        default="on-arrival",
        description="when the address is made: on-arrival, or now, so that it is known before the instance moves",
    )
    adopt: Annotated[str, Field(pattern=r"^eip-[0-9a-z]{4,60}$")] | None = Field(
        default=None,
        description="the allocation id of an address of the recipient that is taken over instead of allocating one, "
        "such as eip-bp1orchid00000001",
    )

    @field_validator("bandwidth")
    @classmethod
    def _within_what_is_paid_for(cls, bandwidth: int, others: ValidationInfo) -> int:
        charge = others.data.get("internet_charge_type", "PayByBandwidth")
        if bandwidth > HIGHEST_BANDWIDTH[charge]:
            raise invalid(
                f"is above the {HIGHEST_BANDWIDTH[charge]} Mbit/s of {charge}; give less, or pay by bandwidth"
            )
        return bandwidth


class Recreate(BaseModel):
    """Where and when the recipient takes the instance, and the address it gets there."""

    model_config = STRICT

    vswitch_id: VSwitchId = Field(
        description="the id of the recipient's vSwitch that takes the instance, such as vsw-bp1orchid00000001"
    )
    security_groups: Annotated[list[str], Field(min_length=1, max_length=5), each_once("a security group")] = Field(
        description="a list of 1 to 5 security groups: names of security-groups.yaml, or ids the recipient has"
    )
    resource_group_id: ResourceGroupId | None = Field(
        default=None, description="the id of a resource group of the recipient, such as rg-acfmxazb4ph6aiy"
    )
    eip: Eip | None = Field(
        default=None, description="the new elastic IP address, at least `{}`; without it none is allocated"
    )
    window: WindowEntry | None = Field(
        default=None,
        description="a mapping of days, from, to and time_zone, or always: when the recipient takes the instance; the "
        "stack's where left out",
    )
