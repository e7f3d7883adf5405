"""ECS: instances are stopped, started and released, and go over to another way of being paid for."""

from __future__ import annotations

from sandbox.actions.call import Action, Answer, Call
from sandbox.actions.ecs.new_instances.run import paid_until
from sandbox.models.errors import ApiError, dry_run_passed, missing
from sandbox.models.instances import Instance
from sandbox.models.timestamps import NEVER


def stop_instance(call: Call) -> Answer:
    """Stop an instance that runs: it is Stopping, then Stopped, by the clock."""
    instance = own_instance(call)
    for flag in ("ForceStop", "ConfirmStop"):
        call.flag(flag)
    mode = call.choice("StoppedMode", ("KeepCharging", "StopCharging", "Not-applicable"))
    if instance.status != "Running":
        raise _wrong_status(403)
    _require_unlocked(instance)
    if call.flag("DryRun"):
        raise dry_run_passed()
    if mode is None:
        mode = "StopCharging" if instance.charge_type == "PostPaid" else "KeepCharging"
    call.cloud.change_instance(instance.id, {"status": "Stopping", "stopped_mode": mode})
    now = call.cloud.clock.now()
    call.cloud.switch_instance(instance.id, [(now + call.cloud.world.times.stopping, "Stopped")])
    return {}


def start_instance(call: Call) -> Answer:
    """Start an instance that is stopped: it is Starting, then Running, by the clock."""
    instance = own_instance(call)
    if instance.status != "Stopped":
        raise _wrong_status(403)
    _require_unlocked(instance)
    if {"financial", "Recycling", "refunded"} & set(instance.locks) or call.cloud.clock.now() >= instance.expires:
        raise ApiError(
            403,
            "InstanceExpiredOrInArrears",
            "The specified operation is denied as your prepay instance is expired (prepay mode) or in arrears "
            "(afterpay mode).",
        )
    if call.flag("DryRun"):
        raise dry_run_passed()
    call.cloud.change_instance(instance.id, {"status": "Starting", "stopped_mode": "Not-applicable"})
    now = call.cloud.clock.now()
    call.cloud.switch_instance(instance.id, [(now + call.cloud.world.times.starting, "Running")])
    return {}


def delete_instance(call: Call) -> Answer:
    """Release an instance for good with its disks; its address stays, unbound. `Force` is for one that runs."""
    instance, now = own_instance(call), call.cloud.clock.now()
    force, ended = call.flag("Force"), call.flag("TerminateSubscription")
    call.flag("ForceStop")
    if instance.deletion_protection:
        raise ApiError(
            403, "InvalidOperation.DeletionProtection", "The specified instance is protected from being released."
        )
    if instance.status == "Pending":
        raise ApiError(
            403, "IncorrectInstanceStatus.Initializing", "The specified instance status does not support this."
        )
    if instance.charge_type == "PrePaid" and not (now >= instance.expires and ended):
        raise ApiError(
            403,
            "ChargeTypeViolation",
            "The operation is not permitted due to charge type of the instance.",
        )
    if instance.status != "Stopped" and not force:
        raise _wrong_status(403)
    if call.cloud.in_transfer(instance.id):
        raise _wrong_status(403)
    if call.flag("DryRun"):
        raise dry_run_passed()
    call.cloud.lose(instance.id)
    return {}


def modify_instance_charge_type(call: Call) -> Answer:
    """Pay for instances as they go, or for a period in advance."""
    call.region()
    ids = call.ids("InstanceIds", malformed="InvalidInstanceIds.Malformed")
    if not ids:
        raise missing("InstanceIds")
    charge_type = call.choice("InstanceChargeType", ("PrePaid", "PostPaid")) or "PrePaid"
    for flag in ("AutoPay", "IncludeDataDisks"):
        call.flag(flag)
    call.number("Period", default=1)
    now = call.cloud.clock.now()
    expires = paid_until(call, now) if charge_type == "PrePaid" else NEVER
    for instance_id in sorted(ids):
        if own_instance(call, instance_id).status not in ("Running", "Stopped"):
            raise _wrong_status(403)
    if call.flag("DryRun"):
        raise dry_run_passed()
    for instance_id in ids:
        call.cloud.change_instance(instance_id, {"charge_type": charge_type, "expires": expires})
    return {"OrderId": f"2{int(now.timestamp()):011d}"}


def own_instance(call: Call, instance_id: str | None = None) -> Instance:
    """The instance, or that of InstanceId, in any region unless RegionId names one: the caller's."""
    region = call.region_if_given()
    holding = call.cloud.holding(instance_id or call.required("InstanceId"))
    if holding is None or holding.owner != call.account.id or region not in (None, holding.instance.region):
        raise ApiError(404, "InvalidInstanceId.NotFound", "The specified InstanceId does not exist.")
    return holding.instance


def _require_unlocked(instance: Instance) -> None:
    if "security" in instance.locks:
        raise ApiError(
            403,
            "InstanceLockedForSecurity",
            "The specified operation is denied as your instance is locked for security reasons.",
        )


def _wrong_status(http_status: int) -> ApiError:
    return ApiError(
        http_status, "IncorrectInstanceStatus", "The current status of the resource does not support this operation."
    )


ACTIONS = (
    Action("StopInstance", stop_instance, ("InstanceId", "ForceStop", "ConfirmStop", "StoppedMode", "DryRun")),
    Action("StartInstance", start_instance, ("InstanceId", "DryRun")),
    Action("DeleteInstance", delete_instance, ("InstanceId", "Force", "ForceStop", "TerminateSubscription", "DryRun")),
    Action(
        "ModifyInstanceChargeType",
        modify_instance_charge_type,
        (
            "InstanceIds",
            "InstanceChargeType",
            "Period",
            "PeriodUnit",
            "AutoPay",
            "IncludeDataDisks",
            "ClientToken",
            "DryRun",
        ),
    ),
)
