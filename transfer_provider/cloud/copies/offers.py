"""What Alibaba Cloud offers an account in a zone: instance types, by DescribeAvailableResource of ECS 2014-05-26."""

from __future__ import annotations

from transfer_provider.cloud.client import Cloud
from transfer_provider.cloud.errors import no_answer
from transfer_provider.cloud.paging import UNREADABLE, listed
from transfer_provider.cloud.sdk import models


def offered(cloud: Cloud, zone: str, instance_type: str, charge_type: str = "PostPaid") -> bool:
    """Whether the zone offers the instance type, and has it in stock, at this moment. Raises as a call does."""
    request = models.DescribeAvailableResourceRequest(
        region_id=cloud.region,
        destination_resource="InstanceType",
        zone_id=zone,
        instance_type=instance_type,
        instance_charge_type=charge_type,
    )
    doing = f"look up whether {zone} offers {instance_type} with {cloud}"
    body = cloud.read(lambda ecs, runtime: ecs.describe_available_resource_with_options(request, runtime), doing=doing)
    try:
        return any(
            supported.value == instance_type and supported.status == "Available"
            for where in listed(body.available_zones, "available_zone")
            if where.zone_id == zone
            for resource in listed(where.available_resources, "available_resource")
            for supported in listed(resource.supported_resources, "supported_resource")
        )
    except UNREADABLE:
        raise no_answer(doing, "not the requested list") from None
