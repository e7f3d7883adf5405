"""ECS: single attributes of instances, which have actions of their own."""

from __future__ import annotations

from typing import Any

from sandbox.actions import common_parameters, paging
from sandbox.actions.call import Action, Answer, Call, minutes
from sandbox.actions.ecs.instance_power import own_instance
from sandbox.models.errors import ApiError, missing
from sandbox.models.instances import Instance

MOST_IDS = 100


def describe_instance_attribute(call: Call) -> Answer:
    """One instance, with some of what DescribeInstances lists."""
    instance = own_instance(call)
    return {
        "InstanceId": instance.id,
        "InstanceName": instance.name,
        "HostName": instance.host_name,
        "Description": instance.description,
        "RegionId": instance.region,
        "ZoneId": instance.zone,
        "Status": instance.status,
        "InstanceType": instance.type,
        "Cpu": instance.cpu,
        "Memory": instance.memory_mib,
        "ImageId": instance.image,
        "CreationTime": minutes(instance.created),
        "ExpiredTime": minutes(instance.expires),
        "InstanceChargeType": instance.charge_type,
        "InstanceNetworkType": "vpc",
        "IoOptimized": "optimized",
        "StoppedMode": instance.stopped_mode,
        "OperationLocks": {"LockReason": [{"LockReason": lock} for lock in instance.locks]},
        "SecurityGroupIds": {"SecurityGroupId": list(instance.security_groups)},
        "VpcAttributes": {
            "VpcId": call.cloud.vpc_of(instance),
            "VSwitchId": instance.vswitch,
            "PrivateIpAddress": {"IpAddress": [instance.private_ip]},
        },
        "PublicIpAddress": {"IpAddress": [instance.public_ip] if instance.public_ip else []},
        "DedicatedHostAttribute": {"DedicatedHostId": instance.dedicated_host},
    }


def modify_instance_attribute(call: Call) -> Answer:
    """Another name, description, host name, or protection from being released."""
    instance = own_instance(call)
    changes: dict[str, Any] = {}
    if call.text("InstanceName"):
        changes["name"] = common_parameters.name(call, "InstanceName", code="InvalidInstanceName.Malformed")
    if "Description" in call.parameters:
        changes["description"] = common_parameters.description(call, code="InvalidDescription.Malformed")
    if call.text("HostName"):
        changes["host_name"] = call.text("HostName")
    if call.text("DeletionProtection"):
        changes["deletion_protection"] = call.flag("DeletionProtection")
    call.cloud.change_instance(instance.id, changes)
    return {}


def describe_user_data(call: Call) -> Answer:
    """What an instance was given to run at its start, in Base64."""
    call.region()
    instance = own_instance(call)
    return {"InstanceId": instance.id, "RegionId": instance.region, "UserData": instance.user_data}


def describe_instance_maintenance_attributes(call: Call) -> Answer:
    """What is done with instances when their host is maintained: here always the default."""
    wanted = call.numbered("InstanceId", most=MOST_IDS)
    found = [instance for instance in _own(call) if not wanted or instance.id in wanted]
    page, pagination = paging.of_vpc(call, found)
    attributes = [
        {
            "InstanceId": instance.id,
            "ActionOnMaintenance": {
                "Value": "AutoRecover",
                "DefaultValue": "AutoRecover",
                "SupportedValues": {"SupportedValue": ["Stop", "AutoRecover", "AutoRedeploy"]},
            },
            "MaintenanceWindows": {"MaintenanceWindow": []},
            "NotifyOnMaintenance": False,
        }
        for instance in page
    ]
    return pagination | {"MaintenanceAttributes": {"MaintenanceAttribute": attributes}}


def describe_instance_attachment_attributes(call: Call) -> Answer:
    """The private pools of capacity that instances use: here any that is open."""
    ids = call.ids("InstanceIds", malformed="InvalidInstanceIds.Malformed")
    if ids is None:
        raise missing("InstanceIds")
    page, pagination = paging.of_vpc(call, [instance for instance in _own(call) if instance.id in ids])
    listed = [{"InstanceId": instance.id, "PrivatePoolOptionsMatchCriteria": "Open"} for instance in page]
    return pagination | {"Instances": {"Instance": listed}}


def describe_instance_auto_renew_attribute(call: Call) -> Answer:
    """Which of the instances named are renewed when what was paid for runs out. For instances paid for in advance."""
    call.region()
    wanted = call.comma_separated("InstanceId", most=MOST_IDS)
    if wanted is None:
        raise missing("InstanceId")
    found = [instance for instance in _own(call) if instance.id in wanted]
    if any(instance.charge_type != "PrePaid" for instance in found):
        raise ApiError(403, "ChargeTypeViolation", "The operation is not permitted due to charge type of the instance.")
    listed = [
        {
            "InstanceId": instance.id,
            "AutoRenewEnabled": instance.auto_renew_months > 0,
            "Duration": instance.auto_renew_months,
            "PeriodUnit": "Month",
            "RenewalStatus": "AutoRenewal" if instance.auto_renew_months else "Normal",
        }
        for instance in found
    ]
    return {
        "TotalCount": len(found),
        "PageNumber": 1,
        "PageSize": MOST_IDS,
        "InstanceRenewAttributes": {"InstanceRenewAttribute": listed},
    }


def _own(call: Call) -> list[Instance]:
    region = call.region()
    return [
        holding.instance
        for holding in call.cloud.holdings()
        if holding.owner == call.account.id and holding.instance.region == region
    ]


ACTIONS = (
    Action("DescribeInstanceAttribute", describe_instance_attribute, ("InstanceId",)),
    Action(
        "ModifyInstanceAttribute",
        modify_instance_attribute,
        ("InstanceId", "InstanceName", "Description", "HostName", "DeletionProtection"),
    ),
    Action("DescribeUserData", describe_user_data, ("InstanceId",)),
    Action(
        "DescribeInstanceMaintenanceAttributes",
        describe_instance_maintenance_attributes,
        ("InstanceId.N", "PageNumber", "PageSize"),
    ),
    Action(
        "DescribeInstanceAttachmentAttributes",
        describe_instance_attachment_attributes,
        ("InstanceIds", "PageNumber", "PageSize"),
    ),
    Action("DescribeInstanceAutoRenewAttribute", describe_instance_auto_renew_attribute, ("InstanceId",)),
)
