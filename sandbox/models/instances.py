"""Instances and their disks, as a world file has them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from sandbox.models.base import Model
from sandbox.models.timestamps import LONG_AGO, NEVER, Timestamp

DiskStatus = Literal["In_use", "Available", "Attaching", "Detaching", "Creating", "ReIniting"]


class Disk(Model):
    """A disk that belongs to an instance, whatever its status is."""

    id: str
    type: Literal["system", "data"] = "data"
    name: str = ""
    status: DiskStatus = "In_use"
    category: str = "cloud_essd"
    size_gib: int = 40
    encrypted: bool = False
    kms_key: str = Field(default="", description="the key it is encrypted with; empty: the service's own, or none")
    shared: bool = Field(default=False, description="several instances may attach it")
    product_code: str = ""
    snapshot_policy: str = ""
    snapshot: str = Field(default="", description="the snapshot it was made from; empty: none")
    description: str = ""
    performance_level: str = ""
    delete_with_instance: bool = True


class InitialTransfer(Model):
    """A transfer of an instance that is there at the start."""

    recipient: str
    status: Literal["UnderReview", "Approved", "Rejected", "Cancelled", "Expired"] = "UnderReview"
    reason: str | None = None


class Instance(Model):
    """An instance as its account lists it. Without vSwitch or groups it gets the account's first of the region."""

    id: str
    name: str
    region: str
    status: Literal["Pending", "Running", "Starting", "Stopping", "Stopped"] = "Running"
    zone: str | None = None
    type: str = "ecs.g7.large"
    cpu: int = 2
    memory_mib: int = 8192
    host_name: str = ""
    description: str = ""
    system: str = "Alibaba Cloud Linux 3 64 bit"
    image: str = "aliyun_3_x64_20G_alibase_20250117.vhd"
    created: Timestamp = LONG_AGO
    expires: Timestamp = NEVER
    auto_release: Timestamp | None = None
    maintenance: Timestamp | None = Field(default=None, description="when a move to another host is scheduled")
    charge_type: Literal["PrePaid", "PostPaid"] = "PostPaid"
    spot_strategy: Literal["NoSpot", "SpotWithPriceLimit", "SpotAsPriceGo"] = "NoSpot"
    stopped_mode: Literal["KeepCharging", "StopCharging", "Not-applicable"] = "Not-applicable"
    deletion_protection: bool = False
    recyclable: bool = False
    locks: tuple[Literal["financial", "security", "Recycling", "dedicatedhostfinancial", "refunded"], ...] = ()
    resource_group: str | None = None
    vswitch: str | None = None
    security_groups: tuple[str, ...] = ()
    private_ip: str | None = None
    public_ip: str | None = None
    secondary_interfaces: tuple[str, ...] = ()
    key_pair: str = ""
    ram_role: str = ""
    dedicated_host: str = ""
    deployment_set: str = ""
    hpc_cluster: str = ""
    capacity_reservation: str = ""
    disks: tuple[Disk, ...] = ()
    tags: dict[str, str] = Field(default_factory=dict)
    internet_bandwidth: int = Field(default=0, description="Mbit/s outwards, of a fixed public address")
    auto_renew_months: int = Field(default=0, description="months that it is renewed by; 0: it is not renewed")
    user_data: str = Field(default="", description="in Base64")
    image_fails: bool = Field(default=False, description="an image made from it ends as CreateFailed, half-way")
    transfer: InitialTransfer | None = None
    wrong: tuple[str, ...] = Field(default=(), description="what is wrong with it, for tests to compare with")
