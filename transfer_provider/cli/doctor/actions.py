"""Which actions each side's credentials are used for, and for each a call that changes nothing, where there is one.

Reads are made as small as they get. Of the writes only TransferInstance has a dry run; the others can't be tried
without making them. Names are those of RAM policies, `<product>:<action>`, as in docs/policies/.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from transfer_provider.cloud.client import Action, Cloud
from transfer_provider.cloud.errors import Refused
from transfer_provider.cloud.inventory import REAL_NAME
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
    yield _read("ecs:DescribeInstances", InstanceIds="[]")
    if not handovers or by_api(handovers):
        yield _read(DESCRIBE_TRANSFERS, Role="Source", **ONE)
        yield RequiredAction("ecs:CancelInstanceTransfer")
    yield _read("ecs:DescribeDisks", **ONE)
    yield _read("ecs:DescribeImages", **ONE_BY_NUMBER)
    yield _read(
        "ecs:DescribeInstancesFullStatus", "scheduled maintenance is not checked before a submission", **ONE_BY_NUMBER
    )
    yield _read_account()
    if any(handover.backup for handover in handovers):
        yield _read("ecs:DescribeSnapshots", **ONE)
        yield from (RequiredAction(f"ecs:{write}") for write in BACKUP_WRITES)


def of_recipient(handovers: Sequence[Declared]) -> Iterator[RequiredAction]:
    """What the recipient's credentials are used for."""
    yield _read("ecs:DescribeInstances", InstanceIds="[]")
    yield _read_account()
    recreated = [handover for handover in handovers if handover.recreate]
    if not handovers or by_api(handovers):
        yield _read(DESCRIBE_TRANSFERS, Role="Recipient", **ONE)
    if by_api(recreated):
        yield RequiredAction("ecs:AcceptInstanceTransfer")
    # What the stack made and nobody owns is looked up by every run.
    yield _read("ecs:DescribeSecurityGroups", "" if recreated else UNOWNED, **ONE)
    if recreated:
        yield _read_rules()
        yield from (RequiredAction(f"ecs:{write}") for write in GROUP_WRITES)
    addresses = any(handover.recreate and handover.recreate.eip for handover in recreated)
    yield _read("vpc:DescribeEipAddresses", "" if addresses else UNOWNED, **ONE_BY_NUMBER)
    if addresses:
        yield from (RequiredAction(f"vpc:{write}") for write in ADDRESS_WRITES)


def by_api(handovers: Sequence[Declared]) -> list[Declared]:
    """Those that are submitted through the api channel."""
    return [handover for handover in handovers if handover.inputs.channel == "api"]


def _read(action: str, otherwise: str = "", **query: str) -> RequiredAction:
    product, name = action.split(":")
    call = Action(name, repeatable=True, product=product, version=VERSIONS[product])

    def probe(cloud: Cloud) -> object:
        return cloud.ask(call, {"RegionId": cloud.region} | query, doing=f"call {action} with {cloud}")

    return RequiredAction(action, probe, otherwise)


def _read_rules() -> RequiredAction:
    read = _read("ecs:DescribeSecurityGroupAttribute", SecurityGroupId=NO_GROUP)

    def probe(cloud: Cloud) -> None:
        try:
            if read.probe is not None:
                read.probe(cloud)
        except Refused as error:
            if error.code != "InvalidSecurityGroupId.NotFound":
                raise

    return RequiredAction(read.name, probe)


def _read_account() -> RequiredAction:
    otherwise = "the account's real-name state is not checked before a submission"
    return _read("ecs:DescribeAccountAttributes", otherwise, **{"AttributeName.1": REAL_NAME})
