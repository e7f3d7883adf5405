"""Whether an instance can be in the security groups that its handover names: they are of one VPC and of one type. Pure.

Those of security-groups.yaml are compared when the files are read; this compares those named by id, too, for Alibaba
Cloud does so (EnterpriseGroupLimited.MutliGroupType, as it writes that) only after the review.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from transfer_provider.handover.plan import Wanted
from transfer_provider.inputs.security_groups import SecurityGroupInputs
from transfer_provider.model.inventory import SecurityGroup
from transfer_provider.model.text import printable


def ids_to_look_up(wanted: Wanted, declared: Mapping[str, SecurityGroupInputs]) -> set[str]:
    """The groups it names by id; none where it names no other beside."""
    return {name for name in wanted.groups if name not in declared} if len(wanted.groups) > 1 else set()


def misfits(
    wanted: Wanted, declared: Mapping[str, SecurityGroupInputs], existing: Mapping[str, SecurityGroup]
) -> Iterator[str]:
    """Why its groups don't fit together; `existing` are those named by id, as the recipient's account lists them.

    What the account does not list is not judged: acceptance and joining name it.
    """
    known = [(name, group) for name in wanted.groups if (group := declared.get(name) or existing.get(name))]
    for name, group in known[1:]:
        first_name, first = known[0]
        about = f"{wanted.name}: its security group {name} is"
        if group.vpc_id != first.vpc_id:
            other = f"in {group.vpc_id}, and {first_name} in {first.vpc_id}"
            yield printable(f"{about} {other}; an instance's groups are of one VPC. Name groups of one VPC.")
        if group.type != first.type:
            other = f"{group.type}, and {first_name} is {first.type}"
            yield printable(f"{about} {other}; an instance's groups are of one type. Name groups of one type.")
