"""Which actions each side's credentials are used for, and for each a call that changes nothing, where there is one.

Reads are dry runs where there is one, for ECS may answer a denied listing with an empty list; the others are made as
small as they get, and an empty answer shows nothing. Of the writes only TransferInstance has a dry run; the others
can't be tried without making them. Names are those of RAM policies, `<product>:<action>`, as in docs/policies/.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from transfer_provider.cloud.client import Action, Cloud
from transfer_provider.cloud.errors import HandoverError, Refused
from transfer_provider.cloud.inventory import REAL_NAME
from transfer_provider.cloud.permissions import DRY_RUN_PASSED
from transfer_provider.inputs.manifest import Declared

DESCRIBE_TRANSFERS = "ecs:DescribeInstanceTransfers"
TRANSFER = "ecs:TransferInstance"

VERSIONS = {"ecs": "2014-05-26", "vpc": "2016-04-28"}
GROUP_WRITES = (
    "AuthorizeSecurityGroup",
    "AuthorizeSecurityGroupEgress",
    "CreateSecurityGroup",
    "DeleteSecurityGroup",
    "JoinSecurityGroup",
    "LeaveSecurityGroup",
    "ModifySecurityGroupAttribute",
    "ModifySecurityGroupEgressRule",
    "ModifySecurityGroupPolicy",
    "ModifySecurityGroupRule",
    "RevokeSecurityGroup",
    "RevokeSecurityGroupEgress",
    "TagResources",
)
ADDRESS_WRITES = (
    "AllocateEipAddress",
    "AssociateEipAddress",
    "ModifyEipAddressAttribute",
    "ReleaseEipAddress",
    "TagResources",
    "UnTagResources",
    "UnassociateEipAddress",
)
BACKUP_WRITES = ("CreateSnapshot", "ModifySnapshotAttribute", "TagResources", "UntagResources")

IMAGE_WRITES = ("CreateImage", "DeleteImage", "DeleteSnapshot", "ModifyImageSharePermission")
SOURCE_SWITCHES = ("StopInstance", "StartInstance")
COPY_WRITES = ("CancelCopyImage", "CopyImage", "DeleteImage", "DeleteSnapshot", "RunInstances")
# What the alicloud plugin reads of an instance beside itself.
OF_INSTANCE = (
    "DescribeInstanceAttachmentAttributes",
    "DescribeInstanceAttribute",
    "DescribeInstanceMaintenanceAttributes",
    "DescribeInstanceRamRole",
    "DescribeNetworkInterfaces",
    "DescribeUserData",
)

# The rules of a group are read by its id; of one that can't be, the answer shows the permission as well.
NO_GROUP = "sg-000000000000000000"

UNOWNED = "what a killed run left at the recipient is not reported"

ONE = {"MaxResults": "1"}
ONE_BY_NUMBER = {"PageSize": "1"}


@dataclass(frozen=True)
class RequiredAction:
    """An action, and a call of it that changes nothing (None: there is none).

    `otherwise` is what is done without it; empty where nothing works without it.
    """

    name: str
    probe: Callable[[Cloud], object] | None = None
    otherwise: str = ""


def of_source(handovers: Sequence[Declared]) -> Iterator[RequiredAction]:
    """What the source's credentials are used for. TransferInstance is tried with a handover, and so not here."""
    yield _list("ecs:DescribeInstances")
    if not handovers or by_api(handovers):
        yield _read(DESCRIBE_TRANSFERS, Role="Source", **ONE)
        yield RequiredAction("ecs:CancelInstanceTransfer")
    yield _list("ecs:DescribeDisks")
    yield _list("ecs:DescribeImages")
    yield _read_events()
    yield _read_account()
    if any(handover.backup for handover in handovers):
        yield _list("ecs:DescribeSnapshots")
        yield from (RequiredAction(f"ecs:{write}") for write in BACKUP_WRITES)
    copies = by_image(handovers)
    if copies:
        yield RequiredAction("ecs:DescribeImageSharePermission")
        yield from (RequiredAction(f"ecs:{write}") for write in IMAGE_WRITES)
    if any(copy.copy and copy.cutover and (copy.copy.stop_source or copy.cutover.source == "stop") for copy in copies):
        yield from (RequiredAction(f"ecs:{write}") for write in SOURCE_SWITCHES)


def of_recipient(handovers: Sequence[Declared]) -> Iterator[RequiredAction]:
    """What the recipient's credentials are used for."""
    yield _list("ecs:DescribeInstances")
    yield _read_account()
    recreated = [handover for handover in handovers if handover.recreate]
    if not handovers or by_api(handovers):
        yield _read(DESCRIBE_TRANSFERS, Role="Recipient", **ONE)
    if by_api(recreated):
        yield RequiredAction("ecs:AcceptInstanceTransfer")
    # What the stack made and nobody owns is looked up by every run.
    yield _list("ecs:DescribeSecurityGroups", "" if recreated else UNOWNED)
    if recreated:
        yield _read_rules()
        yield from (RequiredAction(f"ecs:{write}") for write in GROUP_WRITES)
    if by_image(handovers):
        yield _list("ecs:DescribeDisks")
        yield _list("ecs:DescribeImages")
        yield RequiredAction("ecs:DescribeImageSharePermission")
        not_checked = "the vSwitch, its zone and its addresses are not checked before a copy begins"
        yield _read("vpc:DescribeVSwitches", not_checked, **ONE_BY_NUMBER)
        yield RequiredAction(
            "ecs:DescribeAvailableResource",
            otherwise="whether the zone offers the instance type is not checked before a copy begins",
        )
        yield RequiredAction(
            "ecs:DescribeInstanceTypes",
            otherwise="the vCPUs of types that the source does not have are not checked before a copy begins",
        )
        yield from (RequiredAction(f"ecs:{name}") for name in (*COPY_WRITES, *OF_INSTANCE))
    addresses = any(handover.recreate and handover.recreate.eip for handover in recreated)
    yield _read("vpc:DescribeEipAddresses", "" if addresses else UNOWNED, **ONE_BY_NUMBER)
    if addresses:
        yield from (RequiredAction(f"vpc:{write}") for write in ADDRESS_WRITES)


def by_image(handovers: Sequence[Declared]) -> list[Declared]:
    """Those that are handed over by a copy."""
    return [handover for handover in handovers if handover.inputs.channel == "image"]


def by_api(handovers: Sequence[Declared]) -> list[Declared]:
    """Those that are submitted through the api channel."""
    return [handover for handover in handovers if handover.inputs.channel == "api"]


def _read(action: str, otherwise: str = "", **query: str) -> RequiredAction:
    product, name = action.split(":")
    call = Action(name, repeatable=True, product=product, version=VERSIONS[product])

    def probe(cloud: Cloud) -> object:
        return cloud.ask(call, {"RegionId": cloud.region} | query, doing=f"call {action} with {cloud}")

    return RequiredAction(action, probe, otherwise)


def _list(action: str, otherwise: str = "") -> RequiredAction:
    return _refused_with(DRY_RUN_PASSED, _read(action, otherwise, DryRun="true"))


def _read_rules() -> RequiredAction:
    read = _read("ecs:DescribeSecurityGroupAttribute", SecurityGroupId=NO_GROUP)
    return _refused_with("InvalidSecurityGroupId.NotFound", read)


def _read_events() -> RequiredAction:
    otherwise = "scheduled maintenance is not checked before a submission"
    read = _read("ecs:DescribeInstancesFullStatus", otherwise, **ONE_BY_NUMBER)
    return _showing(read, "InstanceFullStatusSet", "InstanceFullStatusType")


def _read_account() -> RequiredAction:
    otherwise = "the account's real-name state is not checked before a submission"
    read = _read("ecs:DescribeAccountAttributes", otherwise, **{"AttributeName.1": REAL_NAME})
    return _showing(read, "AccountAttributeItems", "AccountAttributeItem")


def _refused_with(code: str, read: RequiredAction) -> RequiredAction:
    """The same, allowed only where it is refused with this code: the permission is checked before."""

    def probe(cloud: Cloud) -> None:
        try:
            _answered(read, cloud)
        except Refused as error:
            if error.code != code:
                raise
        else:
            raise _unclear(read, "was answered where it is refused")

    return replace(read, probe=probe)


def _showing(read: RequiredAction, wrapper: str, entries: str) -> RequiredAction:
    """The same, allowed only where it lists something."""

    def probe(cloud: Cloud) -> None:
        if not (_answered(read, cloud).get(wrapper) or {}).get(entries):
            raise _unclear(read, "listed nothing")

    return replace(read, probe=probe)


def _answered(read: RequiredAction, cloud: Cloud) -> Mapping[str, Any]:
    """The answer to its call."""
    return cast(Mapping[str, Any], read.probe(cloud)) if read.probe else {}


def _unclear(read: RequiredAction, observed: str) -> HandoverError:
    return HandoverError(f"{read.name} {observed}, as without the permission: whether it is allowed was not shown.")
