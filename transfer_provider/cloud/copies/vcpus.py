"""How many vCPUs an account may have, and how many a type has; published actions of ECS 2014-05-26.

DescribeAccountAttributes reports the limit of a region for instances that are paid as they are used, and how many of
those there are; DescribeInstanceTypes the size of a type. What a subscription may have is in the Quota Center alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from transfer_provider.cloud.client import Cloud
from transfer_provider.cloud.errors import no_answer
from transfer_provider.cloud.paging import UNREADABLE, in_batches
from transfer_provider.cloud.sdk import models

LIMIT, USED = "max-postpaid-instance-vcpu-count", "used-postpaid-instance-vcpu-count"
MOST_TYPES = 10


def limit_and_used(cloud: Cloud) -> tuple[int, int] | None:
    """The most vCPUs of pay-as-you-go instances in the region, and how many there are; None where the account is not
    shown both. One call; raises as a call does."""
    request = models.DescribeAccountAttributesRequest(region_id=cloud.region, attribute_name=[LIMIT, USED])
    doing = f"look up the vCPU quota of {cloud} in {cloud.region}"
    body = cloud.read(lambda ecs, runtime: ecs.describe_account_attributes_with_options(request, runtime), doing=doing)
    try:
        found = {
            item.attribute_name: int(item.attribute_values.value_item[0].value)
            for item in body.account_attribute_items.account_attribute_item
            if item.attribute_name in (LIMIT, USED)
        }
    except (*UNREADABLE, IndexError):
        raise no_answer(doing, "not the requested numbers") from None
    # A caller that may not see them is answered with an empty list.
    return (found[LIMIT], found[USED]) if found.keys() == {LIMIT, USED} else None


def of_types(cloud: Cloud, types: Sequence[str]) -> Mapping[str, int]:
    """How many vCPUs each of these types has, those that there are; 10 a call. Raises as a call does."""
    found: dict[str, int] = {}
    for some in in_batches(types, MOST_TYPES):
        found |= _of_some(cloud, some)
    return found


def _of_some(cloud: Cloud, types: Sequence[str]) -> Mapping[str, int]:
    request = models.DescribeInstanceTypesRequest(instance_types=list(types))
    doing = f"look up the vCPUs of {', '.join(types)} with {cloud}"
    body = cloud.read(lambda ecs, runtime: ecs.describe_instance_types_with_options(request, runtime), doing=doing)
    try:
        entries = body.instance_types.instance_type
        return {str(entry.instance_type_id): int(entry.cpu_core_count) for entry in entries}
    except UNREADABLE:
        raise no_answer(doing, "not the requested list") from None
