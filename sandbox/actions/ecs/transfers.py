"""ECS: the four transfer actions, as this project assumes them.

Only the name TransferInstance is known from outside; what the actions take, answer and refuse is assumed.
"""

from __future__ import annotations

import string
from typing import Any

from sandbox.actions import paging
from sandbox.actions.call import Action, Answer, Call, seconds
from sandbox.actions.ecs.security_groups import several_types
from sandbox.models.errors import ApiError, dry_run_passed, invalid, missing
from sandbox.models.instances import Instance
from sandbox.models.transfers import Destination, Status, Transfer
from sandbox.models.world import Account, SecurityGroup, VSwitch
from sandbox.state.cloud import Holding
from sandbox.state.keys import random_text

MOST_SECURITY_GROUPS = 5


def transfer_instance(call: Call) -> Answer:
    """The source requests that an instance becomes the recipient's; a review decides."""
    region = call.region()
    instance_id = call.required("InstanceId")
    recipient_id = call.required("RecipientAccountId")
    _require_agreement(call)
    holding = call.cloud.holding(instance_id)
    if holding is None or holding.owner != call.account.id or holding.instance.region != region:
        raise ApiError(404, "InvalidInstanceId.NotFound", "The specified InstanceId does not exist.")
    _require_resource_group(call)
    _require_real_name(call.account)
    _require_recipient(call, recipient_id)
    _require_transferable(call, holding)
    now = call.cloud.clock.now()
    known = call.cloud.transfers()
    transfer = Transfer(
        number=len(known) + 1,
        id="it-" + random_text(20, string.ascii_lowercase + string.digits),
        instance_id=instance_id,
        region=region,
        source_account_id=call.account.id,
        recipient_account_id=recipient_id,
        recipient_account_name=call.text("RecipientAccountName"),
        resource_group_id=call.text("ResourceGroupId"),
        reason=call.text("Reason"),
        created=now,
        cancellable_until=now + call.cloud.world.times.cancel_window,
    )
    if call.cloud.in_transfer(instance_id):
        raise ApiError(409, "OperationConflict.TransferInProgress", "The instance has a transfer that is not finished.")
    if any(other.status is Status.CANCELLED and other.same_request(transfer) for other in known):
        raise ApiError(403, "OperationDenied.RepeatedTransfer", "The same transfer was cancelled before.")
    if call.flag("DryRun"):
        raise dry_run_passed()
    call.cloud.put_transfer(transfer)
    return {"TransferId": transfer.id, "Status": transfer.status.value}


def describe_instance_transfers(call: Call) -> Answer:
    """What the caller sends or receives, newest first."""
    region = call.region()
    role = call.text("Role")
    if role not in (None, "Source", "Recipient"):
        raise invalid("Role", "has to be Source or Recipient")
    transfer_ids, instance_ids = call.ids("TransferIds"), call.ids("InstanceIds")
    statuses = (call.text("Status") or ",".join(Status)).split(",")
    if not set(statuses) <= set(Status):
        raise invalid("Status", f"has to be some of {','.join(Status)}")
    found = [
        transfer
        for transfer in call.cloud.transfers()
        if transfer.region == region
        and (
            (role != "Recipient" and transfer.source_account_id == call.account.id)
            or (role != "Source" and transfer.recipient_account_id == call.account.id)
        )
        and (transfer_ids is None or transfer.id in transfer_ids)
        and (instance_ids is None or transfer.instance_id in instance_ids)
        and transfer.status in statuses
    ]
    page, next_token = paging.by_token(call, found, lambda transfer: -transfer.number)
    return {
        "NextToken": next_token,
        "TotalCount": len(found),
        "Transfers": {"Transfer": [_described(transfer) for transfer in page]},
    }


def accept_instance_transfer(call: Call) -> Answer:
    """The recipient takes the instance, into a vSwitch and security groups of its own."""
    transfer = _own(call, "recipient_account_id")
    if transfer.status is not Status.APPROVED:
        raise _incorrect_status(transfer)
    _require_real_name(call.account)
    destination = _destination(call, transfer.region)
    _require_resource_group(call)
    held = sum(
        holding.owner == call.account.id and holding.instance.region == transfer.region
        for holding in call.cloud.holdings()
    )
    if call.account.instance_quota is not None and held >= call.account.instance_quota:
        raise ApiError(403, "QuotaExceeded.Instance", "The account's quota of instances in this region is used up.")
    call.cloud.put_transfer(transfer.accepted(call.cloud.clock.now(), call.cloud.world.times, destination))
    return {}


def cancel_instance_transfer(call: Call) -> Answer:
    """The source takes its request back, while the window is open."""
    transfer = _own(call, "source_account_id")
    if transfer.status not in (Status.UNDER_REVIEW, Status.APPROVED):
        raise _incorrect_status(transfer)
    if call.cloud.clock.now() >= transfer.cancellable_until:
        raise ApiError(
            403, "OperationDenied.CancelWindowClosed", "The time in which the transfer could be cancelled is over."
        )
    call.cloud.put_transfer(transfer.cancelled())
    return {}


def _require_agreement(call: Call) -> None:
    if call.text("AgreementAccepted") is None:
        raise missing("AgreementAccepted")
    if call.text("AgreementAccepted") != "true":
        raise ApiError(400, "AgreementNotAccepted", "The terms of transfer have to be accepted.")


def _require_resource_group(call: Call) -> None:
    named = call.text("ResourceGroupId")
    if named is not None and named not in {group.id for group in call.account.resource_groups}:
        raise ApiError(404, "InvalidResourceGroup.NotFound", "The specified ResourceGroupId does not exist.")


def _require_real_name(account: Account) -> None:
    if account.real_name == "none":
        raise ApiError(
            403, "RealNameAuthenticationError", "Your account has not passed the real-name authentication yet."
        )


def _require_recipient(call: Call, recipient_id: str) -> None:
    if recipient_id == call.account.id:
        raise ApiError(403, "InvalidRecipient.SameAccount", "The recipient is the account that owns the instance.")
    recipient = call.cloud.accounts.get(recipient_id)
    if recipient is None:
        raise ApiError(404, "InvalidRecipient.NotFound", "The specified RecipientAccountId does not exist.")
    name, email = call.text("RecipientAccountName"), call.text("RecipientEmail")
    if name not in (None, recipient.name) or (email or recipient.email).lower() != recipient.email.lower():
        raise ApiError(
            403, "InvalidRecipient.Mismatch", "The specified name or e-mail does not belong to RecipientAccountId."
        )


def _require_transferable(call: Call, holding: Holding) -> None:
    instance = holding.instance
    if instance.expires <= call.cloud.clock.now():
        raise ApiError(403, "InstanceExpired", "The specified instance has expired.")
    if "security" in instance.locks:
        raise ApiError(403, "InstanceLockedForSecurity", "The specified instance is locked for security.")
    if _releasing(instance) or instance.status not in ("Running", "Stopped"):
        raise ApiError(
            403, "IncorrectInstanceStatus", "The current status of the resource does not support this operation."
        )
    if instance.locks:
        raise ApiError(403, "OperationDenied.InstanceLocked", f"The instance is locked: {', '.join(instance.locks)}.")
    if any(disk.type == "data" and disk.status != "In_use" for disk in instance.disks):
        raise ApiError(403, "OperationDenied.DiskNotAttached", "A data disk of the instance is not attached.")


def _releasing(instance: Instance) -> bool:
    return instance.recyclable or "Recycling" in instance.locks


def _own(call: Call, side: str) -> Transfer:
    """The transfer named by TransferId, as its source or its recipient."""
    region = call.region()
    transfer = call.cloud.transfer(call.required("TransferId"))
    if transfer is None or transfer.region != region or getattr(transfer, side) != call.account.id:
        raise ApiError(404, "InvalidTransferId.NotFound", "The specified TransferId does not exist.")
    return transfer


def _incorrect_status(transfer: Transfer) -> ApiError:
    return ApiError(
        403, "IncorrectTransferStatus", f"The transfer is {transfer.status}, which does not support this operation."
    )


def _destination(call: Call, region: str) -> Destination:
    """Where the recipient wants it; what is left open becomes the account's first of the region that fits."""
    named = call.numbered("SecurityGroupId", most=MOST_SECURITY_GROUPS)
    own = {group.id: group for group in call.cloud.group_store.of(call.account.id, region)}
    if not set(named) <= own.keys():
        raise _no_such_group()
    if len({own[group].type for group in named}) > 1:
        raise several_types()
    vpcs = {own[group].vpc_id for group in named}
    vswitch = _vswitch(call, region, vpcs)
    if vpcs - {vswitch.vpc_id}:
        raise _no_such_group()
    groups = named or _first_group(own, vswitch)
    return Destination(vswitch.id, groups, call.text("ResourceGroupId"))


def _vswitch(call: Call, region: str, vpcs: set[str]) -> VSwitch:
    named = call.text("VSwitchId")
    for vswitch in call.account.vswitches:
        if vswitch.region == region and (vswitch.id == named if named else not vpcs or vswitch.vpc_id in vpcs):
            return vswitch
    raise ApiError(404, "InvalidVSwitchId.NotFound", "The specified VSwitchId does not exist.")


def _first_group(own: dict[str, SecurityGroup], vswitch: VSwitch) -> tuple[str, ...]:
    for group in own.values():
        if group.vpc_id == vswitch.vpc_id:
            return (group.id,)
    raise _no_such_group()


def _no_such_group() -> ApiError:
    return ApiError(
        404, "InvalidSecurityGroupId.NotFound", "The specified SecurityGroupId does not exist in the vSwitch's VPC."
    )


def _described(transfer: Transfer) -> dict[str, Any]:
    completed = transfer.completed if transfer.status is Status.COMPLETED else None
    described = {
        "TransferId": transfer.id,
        "InstanceId": transfer.instance_id,
        "RegionId": transfer.region,
        "ResourceGroupId": transfer.resource_group_id,
        "Status": transfer.status.value,
        "SourceAccountId": transfer.source_account_id,
        "RecipientAccountId": transfer.recipient_account_id,
        "RecipientAccountName": transfer.recipient_account_name,
        "Reason": transfer.reason,
        "CreationTime": seconds(transfer.created),
        "ReviewTime": seconds(transfer.reviewed),
        "CancellableUntil": seconds(transfer.cancellable_until),
        "AcceptBefore": seconds(transfer.accept_before),
        "CompletionTime": seconds(completed),
        "FailureCode": transfer.failure_code,
        "FailureMessage": transfer.failure_message,
    }
    return {name: value for name, value in described.items() if value is not None}


ACTIONS = (
    Action(
        "TransferInstance",
        transfer_instance,
        (
            "InstanceId",
            "ResourceGroupId",
            "RecipientAccountId",
            "RecipientAccountName",
            "RecipientEmail",
            "Reason",
            "AgreementAccepted",
            "ClientToken",
            "DryRun",
        ),
    ),
    Action(
        "DescribeInstanceTransfers",
        describe_instance_transfers,
        ("Role", "TransferIds", "InstanceIds", "Status", "NextToken", "MaxResults"),
    ),
    Action(
        "AcceptInstanceTransfer",
        accept_instance_transfer,
        ("TransferId", "VSwitchId", "SecurityGroupId.N", "ResourceGroupId", "ClientToken"),
    ),
    Action("CancelInstanceTransfer", cancel_instance_transfer, ("TransferId", "ClientToken")),
)
