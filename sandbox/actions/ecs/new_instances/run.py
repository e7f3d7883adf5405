"""ECS: RunInstances, one instance a call. Passwords are not implemented: a key pair or none."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sandbox.actions import common_parameters
from sandbox.actions.call import Action, Answer, Call
from sandbox.actions.ecs.images.visible import COMMON, Visible, one_visible
from sandbox.actions.ecs.instances import used_vcpus
from sandbox.actions.ecs.new_instances import new_disks, offers, place
from sandbox.actions.ecs.new_instances.instance_types import InstanceType
from sandbox.models.errors import ApiError, dry_run_passed, invalid
from sandbox.models.instances import Instance
from sandbox.models.timestamps import NEVER
from sandbox.state.ids import new_id

MONTHS = (*range(1, 10), 12, 24, 36, 48, 60)
WEEKS = range(1, 5)
A_MONTH, A_WEEK = timedelta(days=30), timedelta(days=7)
BAD_NAME = "InvalidInstanceName.Malformed"
# What an instance runs by the platform of its image, where that is called otherwise.
SYSTEMS = {"Aliyun": "Alibaba Cloud Linux 3 64 bit", "RedHat": "Red Hat Enterprise Linux 8.4 64 bit"}
LARGEST_USER_DATA = 32 * 1024


def run_instances(call: Call) -> Answer:
    """Make an instance of an image. It is Pending, then Starting, then Running, by the clock."""
    region, cloud, now = call.region(), call.cloud, call.cloud.clock.now()
    if call.account.real_name == "none":
        raise ApiError(
            403, "RealNameAuthenticationError", "Your account has not passed the real-name authentication yet."
        )
    seen = _usable_image(call, region)
    where = place.requested(call, region)
    kind = offers.require_offered(call, call.required("InstanceType"), where.vswitch.zone)
    charge_type = call.choice("InstanceChargeType", ("PostPaid", "PrePaid")) or "PostPaid"
    _require_quota(call, region, kind, charge_type)
    if call.number("Amount", default=1, highest=100) != 1:
        raise invalid("Amount", "has to be 1: the sandbox makes one instance a call")
    instance_id = new_id("i", region)
    instance = Instance.model_validate(
        {
            "id": instance_id,
            "name": common_parameters.name(call, "InstanceName", code=BAD_NAME) or instance_id,
            "description": common_parameters.description(call, code="InvalidDescription.Malformed"),
            "region": region,
            "status": "Pending",
            "zone": where.vswitch.zone,
            "type": kind.name,
            "cpu": kind.cpu,
            "memory_mib": kind.memory_mib,
            "host_name": call.text("HostName") or instance_id.replace("-", "")[:14] + "Z",
            "image": seen.image.id,
            "system": SYSTEMS.get(seen.image.platform, seen.image.platform),
            "created": now,
            "charge_type": charge_type,
            "expires": paid_until(call, now) if charge_type == "PrePaid" else NEVER,
            "auto_renew_months": _auto_renew(call) if charge_type == "PrePaid" else 0,
            "spot_strategy": call.choice("SpotStrategy", ("NoSpot", "SpotWithPriceLimit", "SpotAsPriceGo")) or "NoSpot",
            "deletion_protection": call.flag("DeletionProtection"),
            "resource_group": common_parameters.resource_group(call),
            "vswitch": where.vswitch.id,
            "security_groups": where.groups,
            "private_ip": where.address,
            "key_pair": _key_pair(call, region),
            "ram_role": call.text("RamRoleName") or "",
            "user_data": _user_data(call),
            "disks": new_disks.requested(call, seen, region),
            "tags": common_parameters.tags(call),
        }
    )
    _require_accepted(call)
    if call.flag("DryRun"):
        raise dry_run_passed()
    held = cloud.add_instance(call.account, instance)
    times = cloud.world.times
    starting = now + times.pending
    cloud.switch_instance(instance_id, [(starting, "Starting"), (starting + times.starting, "Running")])
    order = {"OrderId": f"2{held.number:011d}"} if charge_type == "PrePaid" else {}
    return {"InstanceIdSets": {"InstanceIdSet": [instance_id]}, **order}


def paid_until(call: Call, now: datetime) -> datetime:
    """When what is paid for in advance runs out: after Period times PeriodUnit."""
    unit = call.choice("PeriodUnit", ("Month", "Week", "Year")) or "Month"
    if call.text("Period") is None:
        raise ApiError(400, "InvalidPeriod", "The specified period is not valid.")
    count = call.number("Period", default=1)
    allowed = {"Month": MONTHS, "Week": WEEKS, "Year": range(1, 6)}[unit]
    if count not in allowed:
        raise ApiError(400, "InvalidPeriod", "The specified period is not valid.")
    return now + count * {"Month": A_MONTH, "Week": A_WEEK, "Year": timedelta(days=365)}[unit]


def _usable_image(call: Call, region: str) -> Visible:
    seen = one_visible(call, region, call.required("ImageId"))
    image = seen.image
    if image.status_at(call.cloud.clock.now()) not in ("Available", "Deprecated"):
        raise ApiError(403, "OperationDenied.ImageNotValid", "The specified Image is disabled or is deleted.")
    if image.product_code and image.product_code not in call.account.bought and seen.owner != call.account.id:
        raise ApiError(
            403,
            "QuotaExceed.BuyImage",
            "The specified image is from the image market, You have not bought it or your quota has been exceeded.",
        )
    if seen.alias in ("self", "others") and not image.disks and image.id != COMMON:
        raise invalid("ImageId", "names an image whose disks this world does not give; the sandbox can't use it")
    return seen


def _require_quota(call: Call, region: str, kind: InstanceType, charge_type: str) -> None:
    account = call.account
    own = [
        holding.instance
        for holding in call.cloud.holdings()
        if holding.owner == account.id and holding.instance.region == region
    ]
    too_many = account.instance_quota is not None and len(own) >= account.instance_quota
    limited = account.vcpu_quota is not None and charge_type == "PostPaid"
    too_large = limited and used_vcpus(call, region) + kind.cpu > (account.vcpu_quota or 0)
    if too_many or too_large:
        raise ApiError(
            403,
            "QuotaExceed.ElasticQuota",
            "The number of the specified ECS instances has exceeded the quota of the specified instance type, or the "
            "number of vCPUs has exceeded the quota vCPUs of the specified ECS instance type.",
        )


def _key_pair(call: Call, region: str) -> str:
    named = call.text("KeyPairName")
    if named is not None and not any(pair.name == named and pair.region == region for pair in call.account.key_pairs):
        raise ApiError(
            404,
            "InvalidKeyPairName.NotFound",
            'The specified parameter "KeyPairName" does not exist in our records.',
        )
    return named or ""


def _auto_renew(call: Call) -> int:
    if not call.flag("AutoRenew"):
        return 0
    return call.number("AutoRenewPeriod", default=1, highest=60)


def _user_data(call: Call) -> str:
    given = call.text("UserData") or ""
    if len(given) > LARGEST_USER_DATA:
        raise ApiError(400, "InvalidUserData.SizeExceeded", 'The specified parameter "UserData" exceeds the size.')
    return given


def _require_accepted(call: Call) -> None:
    """What is taken and has no effect here still has to be well-formed."""
    for name in ("InternetMaxBandwidthIn", "InternetMaxBandwidthOut"):
        call.number(name, default=0, lowest=0, highest=200)
    call.number("AutoRenewPeriod", default=1, highest=60)
    call.number("Period", default=1)
    for name in ("AutoPay", "AutoRenew", "PasswordInherit"):
        call.flag(name)


_IMAGE_AND_PLACE: tuple[str, ...] = (
    "ImageId",
    "InstanceType",
    "ZoneId",
    "VSwitchId",
    "PrivateIpAddress",
    "SecurityGroupId",
    "SecurityGroupIds.N",
)
_REST: tuple[str, ...] = (
    "InstanceName",
    "HostName",
    "Description",
    "ResourceGroupId",
    "InstanceChargeType",
    "Period",
    "PeriodUnit",
    "AutoPay",
    "AutoRenew",
    "AutoRenewPeriod",
    "SpotStrategy",
    "InternetChargeType",
    "InternetMaxBandwidthIn",
    "InternetMaxBandwidthOut",
    "KeyPairName",
    "PasswordInherit",
    "RamRoleName",
    "UserData",
    "DeletionProtection",
    "SecurityEnhancementStrategy",
    "HttpEndpoint",
    "HttpTokens",
    "Amount",
    "ClientToken",
    "DryRun",
)
PARAMETERS: tuple[Any, ...] = (
    *_IMAGE_AND_PLACE,
    *_REST,
    *new_disks.SYSTEM_FIELDS,
    *new_disks.DATA_FIELDS,
    *common_parameters.TAG_FIELDS,
)

ACTIONS = (Action("RunInstances", run_instances, PARAMETERS),)
