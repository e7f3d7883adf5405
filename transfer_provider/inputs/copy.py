"""What a handover by the channel `image` declares of the copy, and of what becomes of the source's instance.

`Copy` and `Cutover` are `copy:` and `cutover:` in a handover's file, and are also given to `Handover` in a program.
There is no password: who signs in does so with a key pair, or with what the image has.
"""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, ValidationInfo, field_validator

from transfer_provider.inputs.fields import STRICT, Line, invalid

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
