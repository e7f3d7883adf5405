"""What a handover declares besides its transfer: a backup, and what the recipient gets re-created for it. By the
channel `image`: what the copy is like, and what becomes of the source's instance.

`Backup`, `Recreate`, `Copy` and `Cutover` are `backup:`, `recreate:`, `copy:` and `cutover:` in a handover's file; all
but `Recreate` are also given to `Handover` in a program, as is `Eip`. Formats are those of Alibaba Cloud's ECS and EIP
documents. There is no password: who signs in to a copy does so with a key pair, or with what the image has.
"""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)

from transfer_provider.inputs.fields import STRICT, Line, ResourceGroupId, VSwitchId, each_once, invalid
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


# Of a copy: the sizes and numbers that RunInstances takes.
LARGEST_SYSTEM_GIB = 2048
LARGEST_DATA_GIB = 32768
MOST_DATA_DISKS = 16

Category = Literal["cloud_efficiency", "cloud_ssd", "cloud_essd", "cloud_auto", "cloud_essd_entry"]

# Whole months that RunInstances takes for a subscription.
MONTHS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 24, 36, 48, 60)


def _address(value: str) -> str:
    if value != "keep":
        try:
            IPv4Address(value)
        except ValueError:
            raise invalid(
                "is malformed; give an address of the recipient's vSwitch, such as 10.0.0.10, or keep"
            ) from None
    return value


def _months(value: int) -> int:
    if value not in MONTHS:
        raise invalid(f"is no period that is offered; give a number of months: {', '.join(map(str, MONTHS))}")
    return value


def _no_password(value: Any) -> Any:
    if isinstance(value, dict) and "password" in value:
        raise invalid("holds a password; a password is never given here: use key_pair, and remove it")
    return value


class SystemDisk(BaseModel):
    """The copy's system disk; what is left out is as the source's."""

    model_config = STRICT

    category: Category | None = Field(default=None, description="the disk's category, such as cloud_essd")
    size_gib: Annotated[int, Field(ge=20, le=LARGEST_SYSTEM_GIB)] | None = Field(
        default=None, description=f"the disk's size in GiB, at least the source's, up to {LARGEST_SYSTEM_GIB}"
    )


class DataDisk(BaseModel):
    """One of the copy's data disks, by the device that it is attached as; what is left out is as the source's."""

    model_config = STRICT

    device: Annotated[str, Field(pattern=r"^/dev/(xvd|vd)[a-z]{1,2}$")] = Field(
        description="the device of the source's disk that is meant, such as /dev/xvdb"
    )
    category: Category | None = Field(default=None, description="the disk's category, such as cloud_essd")
    size_gib: Annotated[int, Field(ge=10, le=LARGEST_DATA_GIB)] | None = Field(
        default=None, description=f"the disk's size in GiB, at least the source's, up to {LARGEST_DATA_GIB}"
    )


def _each_device_once(disks: list[DataDisk]) -> list[DataDisk]:
    if len({disk.device for disk in disks}) < len(disks):
        raise invalid("names a device twice; name each once")
    return disks


class Copy(BaseModel):
    """The copy of an instance that the recipient gets.

    Copy()                                          as the source's instance, paid as it is used
    Copy(instance_type="ecs.g7.large", stop_source=True, key_pair="orchid")
    """

    model_config = STRICT

    instance_type: Annotated[str, Field(pattern=r"^ecs\.[a-z0-9-]+(\.[a-z0-9-]+)+$")] | None = Field(
        default=None, description="the copy's instance type, such as ecs.g7.large; the source's where left out"
    )
    private_ip: Annotated[str, AfterValidator(_address)] | None = Field(
        default=None,
        description="the copy's address in the recipient's vSwitch, such as 10.0.0.10; keep, for the source's where "
        "the vSwitch has it; any free one where left out",
    )
    system_disk: SystemDisk = Field(
        default=SystemDisk(), description="a mapping of category and size_gib; as the source's where left out"
    )
    data_disks: Annotated[list[DataDisk], Field(max_length=MOST_DATA_DISKS), AfterValidator(_each_device_once)] = Field(
        default=[],
        description="a list of data disks that differ from the source's, each with its device, and category, size_gib "
        "or both",
    )
    charge_type: Literal["PostPaid", "PrePaid"] = Field(
        default="PostPaid", description="how the copy is paid for: PostPaid, as it is used, or PrePaid, with a period"
    )
    period: Annotated[int, AfterValidator(_months)] | None = Field(
        default=None,
        validate_default=True,
        description="with PrePaid, how many months are paid for: 1 to 9, 12, 24, 36, 48 or 60",
    )
    key_pair: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9:_.-]{1,127}$"), Line] | None = Field(
        default=None,
        description="the name of a key pair of the recipient's; where left out, who signs in does so as in the image",
    )
    kms_key_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{4,64}$")] | None = Field(
        default=None,
        description="the id of a KMS key of the recipient's that encrypts the copy's disks; where left out, encrypted "
        "disks get the key of the service",
    )
    stop_source: bool = Field(
        default=False,
        description="true or false: whether the source's instance is stopped for the image, so that the copy is "
        "consistent",
    )
    leave_stopped: bool = Field(
        default=False,
        description="true or false, with stop_source: whether the source's instance stays stopped once the image is "
        "made; it is started again where the copy fails",
    )
    own_image: bool = Field(
        default=True,
        description="true or false: whether the recipient gets an image of its own, by which the system disk can be "
        "re-initialised after the source's image is gone",
    )
    tags: bool = Field(default=True, description="true or false: whether the copy gets the source's tags")

    @field_validator("period", mode="after")
    @classmethod
    def _only_for_a_subscription(cls, period: int | None, others: ValidationInfo) -> int | None:
        charge_type = others.data.get("charge_type")
        if charge_type == "PrePaid" and period is None:
            raise invalid("is missing; PrePaid needs a number of months, for it is paid in advance")
        if charge_type == "PostPaid" and period is not None:
            raise invalid("goes with charge_type: PrePaid only; remove it")
        return period

    @field_validator("leave_stopped")
    @classmethod
    def _only_what_is_stopped(cls, leave_stopped: bool, others: ValidationInfo) -> bool:
        if leave_stopped and others.data.get("stop_source") is False:
            raise invalid("goes with stop_source: true only, which stops the source's instance; set it, or remove this")
        return leave_stopped

    def __hash__(self) -> int:
        return hash(self.model_dump_json())


CopyEntry = Annotated[Copy, BeforeValidator(_no_password)]


class Cutover(BaseModel):
    """What becomes of the source's instance once the copy is there. It is never released by this tool."""

    model_config = STRICT

    source: Literal["keep", "stop"] = Field(
        default="keep",
        description="keep, so that the source's instance goes on, or stop, so that it is stopped once the copy runs",
    )
