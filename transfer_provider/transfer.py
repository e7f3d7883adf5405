"""InstanceTransfer: a transfer of an ECS instance to another account, as a Pulumi resource.

check   formats, `accept_terms`; skips what is unknown; all failures at once; no call; keeps which instances are
        declared together out of the state
diff    compares inputs only; every input is identity, so a change is cancel-and-submit-again, and refused
        where either could not be done; no call, but for one before it refuses because the transfer is unfinished:
        a run that was killed between the two left a state that is not refreshed
create  adopts the same unfinished request, refuses another, else submits; returns at once, mostly `UnderReview`; looks
        up what is declared together in one batch
read    one batched query for all transfers of the run; terminal statuses need no call; gone only when confirmed not
        found
delete  cancels while that is possible, before a replacement only after a dry run of it; removes terminal transfers
        from the state; leaves what another resource tracks from here on (a rename); else an error with the way out;
        without a person it neither cancels nor removes (channels/unattended.py)

What `delete` depends on is in the run's `RunRecord` (channels/run_record.py):

    check   declared_together     the instances that the program declares together
    diff    will_be_replaced_by   the request that will replace the transfer, once all its inputs are known
    create  newly_declared        looked up together
            track_once            the transfer that the resource tracks
    read    refreshed             the transfer that a resource of the state tracks
    delete  leave_to_another      left as it is: another resource tracks it
            successor_of          submitted as a dry run before the transfer is cancelled

How a transfer is submitted, read and removed is its channel's (channels/channel.py).

Persisted in state files, so never renamed: this module's path, both class names, the type token
`pulumi-python:dynamic/transfer:InstanceTransfer` and the outputs' names.

Settings of the stack that are read, in the project's namespace: `sourceProfile`, the Alibaba CLI profile of the source
account (without it the default credential chain); for the console channel `recipientProfile`, `side` and
`forgetConsoleTransfers`.
"""

from __future__ import annotations

import threading
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi import dynamic

from transfer_provider.channels.channel import open_channel
from transfer_provider.channels.process import end_with_engine, in_its_own_words
from transfer_provider.channels.run_record import RunRecord
from transfer_provider.channels.unattended import refuse_unattended
from transfer_provider.cloud.errors import Refused
from transfer_provider.cloud.paging import PAGE
from transfer_provider.inputs.fields import validate
from transfer_provider.inputs.transfer import INPUTS, TransferInputs
from transfer_provider.model.lifecycle import (
    FAILED,
    MAY_CHANGE_CHANNEL,
    Status,
    parse_time,
    refusal_to_change,
    stop_tracking,
)
from transfer_provider.model.text import printable
from transfer_provider.model.transfer import Transfer, TransferRequest

if TYPE_CHECKING:
    from transfer_provider.channels.channel import Channel
    from transfer_provider.cloud.client import Cloud

TYPE = "pulumi-python:dynamic/transfer:InstanceTransfer"

# An input that is in no state: the instances that the program declares together, with commas between.
TOGETHER = "__together"

OUTPUTS = (
    "transfer_id",
    "status",
    "status_message",
    "source_account_id",
    "submitted_at",
    "reviewed_at",
    "cancellable_until",
    "accept_before",
    "completed_at",
    "origin",
    "source_public_ip",
    "left_source_at",
)


class InstanceTransferProvider(dynamic.ResourceProvider):
    """The operations of the table above. Stateless until configured, so that it is stored by reference."""

    # Nothing secret is captured; as a secret, its stored form would change with every encryption and fill previews.
    serialize_as_secret_always = False

    def configure(self, req: dynamic.ConfigureRequest) -> None:
        """Called once in the provider's process, with the stack's settings."""
        end_with_engine()
        self._profile: str | None = req.config.get("sourceProfile") or None
        # The console channel queries both accounts, where both are this stack's.
        both = (req.config.get("side") or "both") == "both"
        self._recipient_profile: str | None = (req.config.get("recipientProfile") or None) if both else None
        self._may_stop_tracking = req.config.get("forgetConsoleTransfers") == "true"
        self._run = RunRecord()
        self._lock = threading.Lock()
        self._clouds: dict[str, Cloud] = {}
        self._channels: dict[tuple[str, str], Channel] = {}

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> dynamic.CheckResult:
        unknown = {key for key in INPUTS if pulumi.contains_unknowns(news.get(key))}
        checked, problems = validate(
            {key: news[key] for key in INPUTS if news.get(key) is not None}, unknown, TransferInputs
        )
        failures = [_failure(key, problem, news.get(key)) for key, problem in problems]
        together = news.get(TOGETHER)
        if isinstance(together, str) and not unknown & {"region", "channel"}:
            self._run.declared_together(str(news.get("region")), news.get("channel") or "api", together.split(","))
        return dynamic.CheckResult(checked, failures)

    @in_its_own_words
    def diff(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> dynamic.DiffResult:
        changed = [key for key in INPUTS if pulumi.contains_unknowns(news.get(key)) or olds.get(key) != news.get(key)]
        if Status(olds["status"]) not in MAY_CHANGE_CHANNEL:
            changed = [key for key in changed if key != "channel"]
        certain = [key for key in changed if not pulumi.contains_unknowns(news.get(key))]
        if certain:
            refusal = self._refusal_to_change(changed, _tracked(id_, olds))
            if refusal and not Status(olds["status"]).terminal:
                current = self._channel(olds).read(_tracked(id_, olds), _request(olds))
                refusal = self._refusal_to_change(changed, current) if current else None
            if refusal:
                raise Refused(refusal)
        if changed and len(certain) == len(changed):
            self._run.will_be_replaced_by(id_, _request(news))
        return dynamic.DiffResult(changes=bool(changed), replaces=changed, delete_before_replace=True)

    @in_its_own_words
    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        request, channel = _request(props), self._channel(props)
        channel.expect(self._run.newly_declared(request.region, props.get("channel") or "api"))
        submission = channel.submit(request)
        transfer = submission.transfer
        self._run.track_once(transfer)
        outputs = _outputs(transfer) | {
            "origin": "adopted" if submission.adopted else "submitted",
            # Never absent: what a preview does not find in the state, it shows as unknown.
            "source_public_ip": submission.public_ip or "",
        }
        verb = "Tracking" if submission.adopted else channel.recorded_as
        _log(
            f"{verb} {transfer.transfer_id}: {transfer.instance_id} to account {transfer.recipient_account_id}, "
            f"{transfer.status}. {outputs['status_message']}"
        )
        return dynamic.CreateResult(transfer.transfer_id, _inputs(props) | outputs)

    @in_its_own_words
    def read(self, id_: str, props: dict[str, Any]) -> dynamic.ReadResult:
        before = Status(props["status"])
        if before.terminal:
            return dynamic.ReadResult(id_, props)
        self._run.refreshed(id_, str(props.get("origin")))
        transfer = self._channel(props).read(_tracked(id_, props), _request(props))
        if transfer is None:
            pulumi.log.warn(
                printable(f"{id_} of {props['instance_id']}: confirmed not found at Alibaba Cloud, removed from state.")
            )
            return dynamic.ReadResult("", {})
        outputs = _outputs(transfer) | {key: props.get(key) for key in ("origin", "source_public_ip")}
        if transfer.status is not before:
            report = pulumi.log.warn if transfer.status in FAILED else pulumi.log.info
            moved = f"{id_} of {transfer.instance_id}: {before} → {transfer.status}. {outputs['status_message']}"
            report(printable(moved))
        return dynamic.ReadResult(id_, _inputs(props) | outputs)

    @in_its_own_words
    def delete(self, id_: str, props: dict[str, Any]) -> None:
        status = Status(props["status"])
        instance_id = props["instance_id"]
        if status.terminal:
            refuse_unattended(f"stop tracking the transfer {id_} of {instance_id}")
            done = stop_tracking(status)
        elif self._run.leave_to_another(id_, str(props.get("origin"))):
            done = "left as it is: another resource tracks it from here on"
        else:
            done = self._channel(props).remove(_tracked(id_, props), _request(props), self._run.successor_of(id_))
        _log(f"{id_} of {instance_id}: {done}.")

    def _refusal_to_change(self, changed: Collection[str], transfer: Transfer) -> str | None:
        now = self._cloud(str(transfer.region)).now()
        return refusal_to_change(changed, transfer.status, parse_time(transfer.cancellable_until), now)

    def _channel(self, props: dict[str, Any]) -> Channel:
        name, region = props.get("channel") or "api", props["region"]
        source = self._cloud(region)
        with self._lock:
            if (name, region) not in self._channels:
                recipient = self._open(self._recipient_profile, region) if self._recipient_profile else None
                self._channels[name, region] = open_channel(
                    name, source, recipient, may_stop_tracking=self._may_stop_tracking
                )
            return self._channels[name, region]

    def _cloud(self, region: str) -> Cloud:
        with self._lock:
            if region not in self._clouds:
                self._clouds[region] = self._open(self._profile, region)
            return self._clouds[region]

    @staticmethod
    def _open(profile: str | None, region: str) -> Cloud:
        # Imported here: a program that only declares transfers does not wait for Alibaba Cloud's SDK.
        from transfer_provider.cloud.client import Cloud

        return Cloud(profile, region)


class InstanceTransfer(dynamic.Resource, module="transfer", name="InstanceTransfer"):
    """The transfer of an ECS instance to another account, submitted with the source account's credentials.

        InstanceTransfer(
            "web-01",
            instance_id="i-bp1web00000000000001",
            region="cn-hangzhou",
            recipient_account_id="1000000000000002",
            reason="Project Orchid moves to its own company",
            accept_terms=True,
        )

    Arguments: see `TransferInputs` for their formats. Creating it submits and returns at once; every later
    `pulumi up` or `pulumi refresh` refreshes its status; removing it cancels while that is possible.
    All inputs are identity: changing an input cancels the transfer and submits the changed request.

    Outputs, texts, absent until known; times are `YYYY-MM-DDThh:mm:ssZ`.
    """

    transfer_id: pulumi.Output[str]
    """Alibaba Cloud's id of the transfer, `it-…`."""
    status: pulumi.Output[str]
    """A `Status`: AwaitingInitiation, UnderReview, Approved, Transferring; terminal: Completed, Rejected,
    Cancelled, Expired."""
    status_message: pulumi.Output[str]
    """What the status means, and why a review rejected the request."""
    source_account_id: pulumi.Output[str]
    submitted_at: pulumi.Output[str | None]
    reviewed_at: pulumi.Output[str | None]
    cancellable_until: pulumi.Output[str | None]
    accept_before: pulumi.Output[str | None]
    completed_at: pulumi.Output[str | None]
    origin: pulumi.Output[str]
    """`submitted` by this resource, or `adopted`: it was under way before and is tracked since."""
    source_public_ip: pulumi.Output[str]
    """The instance's public address, elastic or fixed, as the source had it when it was submitted; empty: none."""
    left_source_at: pulumi.Output[str | None]
    """Console channel: when the source was first observed not to list the instance."""

    instance_id: pulumi.Output[str]
    region: pulumi.Output[str]
    recipient_account_id: pulumi.Output[str]
    recipient_account_name: pulumi.Output[str | None]
    recipient_email: pulumi.Output[str | None]
    resource_group_id: pulumi.Output[str | None]
    reason: pulumi.Output[str | None]
    accept_terms: pulumi.Output[bool]
    channel: pulumi.Output[str]

    def __init__(
        self,
        resource_name: str,
        *,
        instance_id: pulumi.Input[str],
        region: pulumi.Input[str],
        recipient_account_id: pulumi.Input[str],
        accept_terms: pulumi.Input[bool],
        recipient_account_name: pulumi.Input[str] | None = None,
        recipient_email: pulumi.Input[str] | None = None,
        resource_group_id: pulumi.Input[str] | None = None,
        reason: pulumi.Input[str] | None = None,
        channel: pulumi.Input[str] = "api",
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props: dict[str, Any] = dict.fromkeys(OUTPUTS) | {
            "instance_id": instance_id,
            "region": region,
            "recipient_account_id": recipient_account_id,
            "recipient_account_name": recipient_account_name,
            # A person's address: encrypted in state, and not shown in previews.
            "recipient_email": None if recipient_email is None else pulumi.Output.secret(recipient_email),
            "resource_group_id": resource_group_id,
            "reason": reason,
            "accept_terms": accept_terms,
            "channel": channel,
            TOGETHER: _declared_together(instance_id, region),
        }
        super().__init__(InstanceTransferProvider(), resource_name, props, opts)


class _Declared:
    """The instances of a program's transfers so far, by region, until the program has declared everything."""

    def __init__(self) -> None:
        self.instances: dict[str, list[str]] = {}
        self.complete = False


_declared = _Declared()


def _declared_together(instance_id: pulumi.Input[str], region: pulumi.Input[str]) -> pulumi.Output[str] | None:
    """The instances of the program's transfers in the region that one call looks up with this one; None where it is not
    known yet which instance it is."""
    global _declared
    if not isinstance(instance_id, str) or not isinstance(region, str):
        return None
    if _declared.complete:
        _declared = _Declared()
    declared = _declared
    instances = declared.instances.setdefault(region, [])
    first = len(instances) - len(instances) % PAGE
    instances.append(instance_id)

    def known(_: None) -> str:
        declared.complete = True
        return ",".join(instances[first : first + PAGE])

    # An output's callback runs once the program has declared everything.
    return pulumi.Output.from_input(None).apply(known)


def _log(message: str) -> None:
    """Ids and messages are Alibaba Cloud's own words."""
    pulumi.log.info(printable(message))


def _request(props: dict[str, Any]) -> TransferRequest:
    return TransferInputs(**_inputs(props)).request()


def _tracked(id_: str, props: dict[str, Any]) -> Transfer:
    """The transfer as the state holds it, as far as a channel needs it."""
    return Transfer(
        transfer_id=id_,
        instance_id=props["instance_id"],
        status=Status(props["status"]),
        recipient_account_id=props["recipient_account_id"],
        source_account_id=props.get("source_account_id"),
        region=props["region"],
        cancellable_until=props.get("cancellable_until"),
        left_source_at=props.get("left_source_at"),
    )


def _failure(key: str, problem: str, value: Any) -> dynamic.CheckFailure:
    """A failure on its property; of an e-mail on the resource, for Pulumi shows a property's value beside it."""
    if key == "recipient_email" or "@" in str(value):
        return dynamic.CheckFailure("", f"{key}: {problem}")
    return dynamic.CheckFailure(key, problem)


def _inputs(props: dict[str, Any]) -> dict[str, Any]:
    return {key: props[key] for key in INPUTS if key in props}


def _outputs(transfer: Transfer) -> dict[str, Any]:
    """A transfer as the resource's outputs; what is None is left out on the way, as Pulumi has it."""
    return {
        "transfer_id": transfer.transfer_id,
        "status": str(transfer.status),
        "status_message": transfer.status_message(),
        "source_account_id": transfer.source_account_id,
        "submitted_at": transfer.submitted_at,
        "reviewed_at": transfer.reviewed_at,
        "cancellable_until": transfer.cancellable_until,
        "accept_before": transfer.accept_before,
        "completed_at": transfer.completed_at,
        "left_source_at": transfer.left_source_at,
    }
