"""ECS: instances join and leave security groups."""

from __future__ import annotations

from sandbox.actions.call import Action, Answer, Call
from sandbox.actions.ecs.security_groups import own_group, several_types
from sandbox.models.errors import ApiError
from sandbox.state.cloud import Holding

MOST_GROUPS = 5


def join_security_group(call: Call) -> Answer:
    """Put an instance into one more group of its VPC, and of the type of those it is in."""
    instance, group = _own_instance(call).instance, own_group(call, call.region_if_given())
    if call.cloud.vpc_of(instance) != group.vpc_id or instance.region != group.region:
        raise ApiError(
            400, "InvalidInstanceId.Mismatch", "Specified instance and security group are not in the same VPC."
        )
    if group.id in instance.security_groups:
        raise ApiError(
            403,
            "InvalidInstanceId.AlreadyExists",
            "The specified instance already exists in the specified security group.",
        )
    if len(instance.security_groups) >= MOST_GROUPS:
        raise ApiError(
            400,
            "InstanceSecurityGroupLimitExceeded",
            "Exceeding the allowed amount of security groups that an instance can be in.",
        )
    own = {other.id: other for other in call.cloud.group_store.of(call.account.id)}
    if any(own[joined].type != group.type for joined in instance.security_groups):
        raise several_types()
    call.cloud.change_instance(instance.id, {"security_groups": (*instance.security_groups, group.id)})
    return {}


def leave_security_group(call: Call) -> Answer:
    """Take an instance out of a group that is not its last."""
    instance, group = _own_instance(call).instance, own_group(call, call.region_if_given())
    if group.id not in instance.security_groups:
        raise ApiError(403, "InstanceNotInSecurityGroup", "The instance not in the group.")
    left = tuple(other for other in instance.security_groups if other != group.id)
    if not left:
        raise ApiError(
            403,
            "InstanceLastSecurityGroup",
            "The specified security group is the last security group for the instance.",
        )
    call.cloud.change_instance(instance.id, {"security_groups": left})
    return {}


def _own_instance(call: Call) -> Holding:
    """The instance of InstanceId: the caller's, at rest or at work, and not locked."""
    region = call.region_if_given()
    holding = call.cloud.holding(call.required("InstanceId"))
    if holding is None or holding.owner != call.account.id or region not in (None, holding.instance.region):
        raise ApiError(404, "InvalidInstanceId.NotFound", "The specified InstanceId does not exist.")
    if holding.instance.status not in ("Running", "Stopped"):
        raise ApiError(
            403, "IncorrectInstanceStatus", "The current status of the resource does not support this operation."
        )
    if "security" in holding.instance.locks:
        raise ApiError(
            403,
            "InstanceLockedForSecurity",
            "The specified operation is denied as your instance is locked for security reasons.",
        )
    return holding


ACTIONS = (
    Action("JoinSecurityGroup", join_security_group, ("InstanceId", "SecurityGroupId")),
    Action("LeaveSecurityGroup", leave_security_group, ("InstanceId", "SecurityGroupId")),
)
