"""ECS: instances and account attributes."""

from __future__ import annotations

from typing import Any

from sandbox.actions import common_parameters, paging
from sandbox.actions.call import Action, Answer, Call, minutes
from sandbox.models.errors import invalid
from sandbox.models.world import Eip
from sandbox.state.cloud import CloudState, Holding

# What an account has a limit of whose world names none.
MANY_VCPUS = 100_000
STATUSES = ("Pending", "Running", "Starting", "Stopping", "Stopped")


def describe_instances(call: Call) -> Answer:
    """The caller's instances in a region. NextToken or MaxResults win over PageNumber and PageSize."""
    region = call.region()
    ids = call.ids("InstanceIds", malformed="InvalidInstanceIds.Malformed")
    status = call.text("Status")
    if status is not None and status not in STATUSES:
        raise invalid("Status", f"has to be one of {', '.join(STATUSES)}")
    named = common_parameters.name_filter(call.text("InstanceName"))
    tags = common_parameters.tags(call)
    found = [
        holding
        for holding in call.cloud.holdings()
        if holding.owner == call.account.id
        and holding.instance.region == region
        and (ids is None or holding.instance.id in ids)
        and (status is None or holding.instance.status == status)
        and named(holding.instance.name)
        and call.text("VpcId") in (None, call.cloud.vpc_of(holding.instance))
        and call.text("ResourceGroupId") in (None, holding.instance.resource_group)
        and call.text("ImageId") in (None, holding.instance.image)
        and common_parameters.has_tags(holding.instance.tags, tags)
    ]
    page, pagination = paging.of_ecs(call, found, lambda holding: holding.number, paging.INSTANCE_PAGES)
    # Once for the page: an account has as many addresses as instances.
    bound = {eip.instance: eip for eip in call.cloud.eip_store.everything()}
    described = [_described(call.cloud, holding, bound.get(holding.instance.id)) for holding in page]
    return pagination | {"Instances": {"Instance": described}}


def describe_account_attributes(call: Call) -> Answer:
    """What holds for the calling account, of what the sandbox knows: its real-name verification, and its vCPUs that
    are paid as they are used."""
    used, limit = used_vcpus(call, call.region()), call.account.vcpu_quota
    known = {
        "real-name-authentication": call.account.real_name,
        "max-postpaid-instance-vcpu-count": str(MANY_VCPUS if limit is None else limit),
        "used-postpaid-instance-vcpu-count": str(used),
    }
    requested = call.numbered("AttributeName", most=100) or tuple(known)
    if not set(requested) <= known.keys():
        raise invalid("AttributeName", f"has to be {' or '.join(known)}: the sandbox knows no other")
    items = [{"AttributeName": name, "AttributeValues": {"ValueItem": [{"Value": known[name]}]}} for name in requested]
    return {"AccountAttributeItems": {"AccountAttributeItem": items}}


def used_vcpus(call: Call, region: str) -> int:
    """How many vCPUs the caller's instances have that are paid as they are used."""
    return sum(
        holding.instance.cpu
        for holding in call.cloud.holdings()
        if holding.owner == call.account.id
        and holding.instance.region == region
        and holding.instance.charge_type == "PostPaid"
    )


def _described(cloud: CloudState, holding: Holding, eip: Eip | None) -> dict[str, Any]:
    instance = holding.instance
    return {
        "InstanceId": instance.id,
        "InstanceName": instance.name,
        "HostName": instance.host_name,
        "Description": instance.description,
        "RegionId": instance.region,
        "ZoneId": instance.zone,
        "Status": instance.status,
        "InstanceType": instance.type,
        "InstanceTypeFamily": instance.type.rpartition(".")[0],
        "Cpu": instance.cpu,
        "Memory": instance.memory_mib,
        "ImageId": instance.image,
        "OSType": "windows" if "windows" in instance.system.lower() else "linux",
        "OSName": instance.system,
        "OSNameEn": instance.system,
        "CreationTime": minutes(instance.created),
        "StartTime": minutes(instance.created),
        "ExpiredTime": minutes(instance.expires),
        "InstanceChargeType": instance.charge_type,
        "SpotStrategy": instance.spot_strategy,
        "StoppedMode": instance.stopped_mode,
        "DeletionProtection": instance.deletion_protection,
        "Recyclable": instance.recyclable,
        "DeviceAvailable": True,
        "IoOptimized": True,
        "MetadataOptions": {"HttpEndpoint": "enabled", "HttpTokens": "optional"},
        "OperationLocks": {"LockReason": [{"LockReason": lock, "LockMsg": ""} for lock in instance.locks]},
        "ResourceGroupId": instance.resource_group or "",
        "InstanceNetworkType": "vpc",
        "VpcAttributes": {
            "VpcId": cloud.vpc_of(instance),
            "VSwitchId": instance.vswitch,
            "PrivateIpAddress": {"IpAddress": [instance.private_ip]},
        },
        "SecurityGroupIds": {"SecurityGroupId": list(instance.security_groups)},
        "PublicIpAddress": {"IpAddress": [instance.public_ip] if instance.public_ip else []},
        "EipAddress": _described_eip(eip) if eip else {},
        "AutoReleaseTime": minutes(instance.auto_release) if instance.auto_release else "",
        "KeyPairName": instance.key_pair,
        "DedicatedHostAttribute": {"DedicatedHostId": instance.dedicated_host},
        "DedicatedInstanceAttribute": {"Tenancy": "host" if instance.dedicated_host else "default"},
        "DeploymentSetId": instance.deployment_set,
        "HpcClusterId": instance.hpc_cluster,
        "EcsCapacityReservationAttr": {"CapacityReservationId": instance.capacity_reservation},
        "NetworkInterfaces": {"NetworkInterface": interfaces(cloud, holding)},
        "Tags": common_parameters.ecs_tags(instance.tags),
    }


def _described_eip(eip: Eip) -> dict[str, Any]:
    return {
        "AllocationId": eip.id,
        "IpAddress": eip.ip_address,
        "Bandwidth": eip.bandwidth,
        "InternetChargeType": eip.internet_charge_type,
        "IsSupportUnassociate": True,
    }


def interfaces(cloud: CloudState, holding: Holding) -> list[dict[str, Any]]:
    """The network interfaces of an instance, the primary one first, as DescribeInstances lists them."""
    instance = holding.instance
    interfaces = [_interface(f"eni-{instance.id[2:]}", "Primary", instance.private_ip or "")]
    if instance.vswitch:
        # Addresses of secondary interfaces come from the second half of the vSwitch.
        cidr = cloud.vswitches[instance.vswitch].cidr
        first = cidr.num_addresses // 2 + 10 * holding.number
        interfaces += [
            _interface(interface, "Secondary", str(cidr[(first + number) % cidr.num_addresses]))
            for number, interface in enumerate(instance.secondary_interfaces)
        ]
    return interfaces


def _interface(interface_id: str, kind: str, address: str) -> dict[str, Any]:
    return {
        "NetworkInterfaceId": interface_id,
        "Type": kind,
        "PrimaryIpAddress": address,
        "PrivateIpSets": {"PrivateIpSet": [{"PrivateIpAddress": address, "Primary": True}]},
    }


ACTIONS = (
    Action(
        "DescribeInstances",
        describe_instances,
        (
            "InstanceIds",
            "Status",
            "InstanceName",
            "VpcId",
            "ResourceGroupId",
            "ImageId",
            *common_parameters.TAG_FIELDS,
            "NextToken",
            "MaxResults",
            "PageNumber",
            "PageSize",
            "AdditionalAttributes.N",
            "DryRun",
        ),
        lists=True,
    ),
    Action("DescribeAccountAttributes", describe_account_attributes, ("AttributeName.N",)),
)
