"""One handover, whole: the transfer by the source; the receipt, the address and its binding by the recipient.

What is declared follows from the survey, from plain values known when the program starts: the transfer at once, an
address `now` or on arrival, the receipt once approved and in its receive window, the binding once arrived, and both for
ever after. So a preview shows each exactly when the next `up` will create it.

    Handover web-01
    ├── EcsSnapshot web-01/d-…      source, one a disk, before the transfer; with a backup only
    ├── InstanceTransfer web-01     source
    ├── EipAddress web-01           recipient, `now` or on arrival
    ├── InstanceReceipt web-01      recipient, once approved, in its receive window
    └── EipAssociation web-01       recipient, once arrived

With `channel: image` neither transfer nor receipt: what copying/declare.py declares is in their place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pulumi

from transfer_provider.cloud.errors import HandoverError
from transfer_provider.handover import sdk_overhead
from transfer_provider.handover.copying.declare import MadeCopy, Place, Providers, declare_copy
from transfer_provider.handover.copying.outputs import outputs_of
from transfer_provider.handover.plan import Due, Observed, Wanted
from transfer_provider.handover.recipient.network import bind_eip, declare_eip
from transfer_provider.handover.recipient.state import EIP_ADDRESS
from transfer_provider.handover.run import Prepared, Run, this_run
from transfer_provider.handover.wanted import wanted_of
from transfer_provider.inputs.handover import Backup, Copy, Cutover, Eip
from transfer_provider.inputs.window import Window
from transfer_provider.model import status_messages
from transfer_provider.receipt import InstanceReceipt
from transfer_provider.transfer import InstanceTransfer

if TYPE_CHECKING:
    import pulumi_alicloud as alicloud

    from transfer_provider.handover.copying.plan import CopyDue
    from transfer_provider.handover.snapshots import PlannedSnapshot

EXPORTED = ("transfer_id", "status", "status_message", "old_address", "new_address", "security_group_ids")


class Handover(pulumi.ComponentResource):
    """One instance handed over, with what the recipient gets re-created for it.

        Handover(
            "web-01",
            instance_id="i-bp1web00000000000001",
            region="cn-hangzhou",
            recipient_account_id="1000000000000002",
            reason="Project Orchid moves to its own company",
            accept_terms=True,
            vswitch_id="vsw-bp1orchid00000001",
            security_group_ids=[web.id],
            eip=Eip(bandwidth=5),
        )

    Arguments: those of `InstanceTransfer`, of which instance, region and recipient have to be known when the program
    starts; and of the recipient's side `vswitch_id` and `security_group_ids` (1 to 5; both or none: without them only
    the transfer is declared), `recipient_resource_group_id` and `eip`; `receive_after` are resources that have to
    exist before the instance is received, and as long as it is in use: its groups' rules. Addresses are made by the
    alicloud provider given as `opts.providers`, else by one with the stack's `recipientProfile`. Outside of `window`,
    or else the stack's, an approved instance waits. `backup` is made of the instance's disks, in the source account,
    before the transfer is submitted. `protect` keeps the transfer from being removed, and so from being cancelled,
    until it is taken away again. `after` names handovers declared before this one: until all of them have arrived it is
    not submitted, unless it was already. With `channel="image"` the recipient gets a copy, as `copy` says, which needs
    `vswitch_id` and `security_group_ids`; `cutover` is what becomes of the source's instance then.

    Both accounts are queried once for all handovers of a program. Raises pulumi.RunError where a query fails, and for
    blocking findings about a transfer that is not submitted yet.
    """

    transfer: InstanceTransfer | None
    """The transfer; None where this program runs the recipient's half only, or it waits for its turn."""
    receipt: InstanceReceipt | None
    """The receipt; None until the transfer is approved and its receive window is open, or where this program runs the
    source's half only."""
    status: pulumi.Output[str | None]
    """Where the handover stands, in a transfer's statuses; None where nothing was submitted yet."""
    status_message: pulumi.Output[str | None]
    transfer_id: pulumi.Output[str | None]
    old_address: pulumi.Output[str | None]
    """The public address at the source when it was submitted; None where there was none, or on the recipient's half."""
    new_address: pulumi.Output[str | None]
    """The public address at the recipient, as soon as it is known."""
    new_instance_id: pulumi.Output[str | None]
    """Channel `image` alone: the recipient's instance, once it is made."""
    security_group_ids: pulumi.Output[Sequence[str] | None]
    """The re-created groups the instance is in; None before the receipt."""
    copy: MadeCopy | None
    """Channel `image`: what was declared of the copy; None with another channel, or while it waits for its turn."""
    binding: pulumi.Resource | None
    """The new address bound to the instance; None until it has arrived, or without `eip`."""
    name: str
    instance_id: str
    region: str
    into: Sequence[pulumi.Input[str]]
    """The security groups the instance is received into, as they were given."""
    arrived: bool
    """Whether the recipient's account was observed to list the instance."""
    _run: Run
    _plan: Due
    _by_transfer: bool
    _waits: str | None

    def __init__(
        self,
        resource_name: str,
        *,
        instance_id: str,
        region: str,
        recipient_account_id: str,
        accept_terms: pulumi.Input[bool],
        recipient_account_name: pulumi.Input[str] | None = None,
        recipient_email: pulumi.Input[str] | None = None,
        resource_group_id: pulumi.Input[str] | None = None,
        reason: pulumi.Input[str] | None = None,
        channel: pulumi.Input[str] = "api",
        vswitch_id: pulumi.Input[str] | None = None,
        security_group_ids: Sequence[pulumi.Input[str]] | None = None,
        recipient_resource_group_id: pulumi.Input[str] | None = None,
        eip: Eip | None = None,
        backup: Backup | None = None,
        window: Window | None = None,
        protect: bool = False,
        after: Sequence[str] = (),
        receive_after: Sequence[pulumi.Resource] = (),
        copy: Copy | None = None,
        cutover: Cutover | None = None,
        run: Run | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        run = run or this_run()
        wanted = wanted_of(
            resource_name,
            instance_id=instance_id,
            region=region,
            recipient_account_id=recipient_account_id,
            resource_group_id=resource_group_id,
            reason=reason,
            channel=channel,
            vswitch_id=vswitch_id,
            security_group_ids=security_group_ids,
            eip=eip,
            backup=backup,
            after=after,
            window=window,
            copy=copy,
            cutover=cutover,
            opts=opts,
        )
        try:
            prepared = run.prepared(wanted)
        except HandoverError as error:
            raise pulumi.RunError(str(error)) from None
        plan, observed = prepared.plan, prepared.observed
        if plan.state_name != resource_name:
            # Renamed: its resources are kept under the new name, above all its address.
            renamed = pulumi.ResourceOptions(aliases=[pulumi.Alias(name=plan.state_name)])
            opts = pulumi.ResourceOptions.merge(opts, renamed)
        with sdk_overhead.call_stacks_limited_to(sdk_overhead.DECLARED_AT):
            super().__init__("instance-handover:index:Handover", resource_name, None, opts)
        self.name, self.instance_id, self.region = resource_name, instance_id, region
        self.into, self.arrived = security_group_ids or (), observed.arrived
        self._run, self._plan, self._by_transfer = run, plan, prepared.copy is None
        self._waits = " ".join(prepared.wait.sentences(resource_name)) if prepared.wait else None

        for finding in prepared.checked.warnings:
            pulumi.log.warn(f"{finding.code}: {finding.message} {finding.remedy}", self)
        for report in prepared.reports:
            pulumi.log.warn(report, self)
        snapshots = self._snapshots(region, instance_id, backup, prepared.snapshots)
        transfer = {
            "instance_id": instance_id,
            "region": region,
            "recipient_account_id": recipient_account_id,
            "recipient_account_name": recipient_account_name,
            "recipient_email": recipient_email,
            "resource_group_id": resource_group_id,
            "reason": reason,
            "accept_terms": accept_terms,
            "channel": channel,
        }
        self.transfer = self._transfer(transfer, snapshots, protect=protect, kept=prepared.kept)
        receipt = {
            "instance_id": instance_id,
            "region": region,
            "vswitch_id": vswitch_id,
            "security_group_ids": security_group_ids,
            "resource_group_id": recipient_resource_group_id,
        }
        self.receipt = self._receipt(receipt, receive_after)
        place = Place(vswitch_id or "", security_group_ids or (), recipient_resource_group_id, receive_after)
        self.copy = self._copy(wanted, prepared, place, protect=protect)
        address = self._address(region, instance_id, eip, prepared.adopted_address)
        self.binding = self._binding(region, instance_id, address, prepared.adopted_binding)
        if prepared.copy is None:
            self._export(observed, address)
        else:
            self._export_copy(prepared.copy, address)
        self._record(address)
        if plan.chosen_by_recipient and self.transfer is not None:
            groups = pulumi.Output.all(*(security_group_ids or ()))
            chosen = pulumi.Output.all(self.transfer.status, self.transfer.status_message, vswitch_id, groups)
            self.status_message = chosen.apply(lambda known: status_messages.with_recipient_choice(*known))

    @sdk_overhead.call_stacks_limited_to(sdk_overhead.NONE)
    def _snapshots(
        self, region: str, instance_id: str, backup: Backup | None, planned: Sequence[PlannedSnapshot]
    ) -> list[pulumi.Resource]:
        """The snapshots of the instance's disks; none where no backup is due."""
        if not self._plan.snapshots or backup is None:
            return []
        if not planned and self._plan.transfer and not self._run.state.terminal(instance_id):
            pulumi.log.warn("backup: the transfer is submitted already, so no snapshot is made any more.", self)
        under_this = pulumi.ResourceOptions(parent=self)
        return self._run.snapshots.declare(self.name, region, backup, planned, under_this)

    @sdk_overhead.call_stacks_limited_to(sdk_overhead.NONE)
    def _transfer(
        self, inputs: Mapping[str, Any], snapshots: Sequence[pulumi.Resource], *, protect: bool, kept: bool
    ) -> InstanceTransfer | None:
        """The transfer, submitted once the snapshots are made; `kept`: as the state holds it, whatever is declared."""
        if not self._plan.transfer:
            return None
        options = pulumi.ResourceOptions(
            parent=self,
            # Before handovers had a recipient's side, a transfer had no parent.
            aliases=[pulumi.Alias(parent=pulumi.ROOT_STACK_RESOURCE)],
            depends_on=snapshots,
            protect=protect or None,
            ignore_changes=[*inputs] if kept else None,
        )
        return InstanceTransfer(self.name, **inputs, opts=options)

    @sdk_overhead.call_stacks_limited_to(sdk_overhead.NONE)
    def _receipt(self, inputs: Mapping[str, Any], receive_after: Sequence[pulumi.Resource]) -> InstanceReceipt | None:
        """The receipt, through the channel the transfer was submitted through."""
        if not self._plan.receipt:
            return None
        before = [*receive_after, *([self.transfer] if self.transfer else [])]
        options = pulumi.ResourceOptions(parent=self, protect=self._run.network.protect, depends_on=before)
        return InstanceReceipt(self.name, **inputs, channel=self._plan.receipt_channel, opts=options)

    def _copy(self, wanted: Wanted, prepared: Prepared, place: Place, *, protect: bool) -> MadeCopy | None:
        """The copy, as far as it is due."""
        due, run = prepared.copy, self._run
        if due is None or due.status is None:
            return None
        region = wanted.request.region
        return declare_copy(
            wanted,
            due,
            run.copies.held(wanted),
            (prepared.checked.instance, prepared.checked.disks or ()),
            place,
            Providers(run.snapshots.provider(region), run.network.provider(region)),
            run.copies.owner,
            parent=self,
            protect=run.network.protect,
            from_the_beginning=protect,
        )

    @sdk_overhead.call_stacks_limited_to(sdk_overhead.NONE)
    def _address(
        self, region: str, instance_id: str, eip: Eip | None, adopted: str | None
    ) -> alicloud.ecs.EipAddress | None:
        """The new address; one that is taken over is imported."""
        if not self._plan.address or eip is None:
            return None
        imported = pulumi.ResourceOptions(import_=adopted)
        options = pulumi.ResourceOptions.merge(self._address_options(region), imported)
        return declare_eip(self.name, instance_id, eip, options)

    @sdk_overhead.call_stacks_limited_to(sdk_overhead.NONE)
    def _binding(
        self, region: str, instance_id: str, address: alicloud.ecs.EipAddress | None, adopted: str | None
    ) -> alicloud.ecs.EipAssociation | None:
        """The address bound to the instance, once it has arrived; a binding that exists already is imported."""
        arrived = self.received
        if not self._plan.binding or address is None or arrived is None:
            return None
        after = pulumi.ResourceOptions(depends_on=[arrived], import_=adopted)
        bound = pulumi.ResourceOptions.merge(self._address_options(region), after)
        return bind_eip(self.name, address, arrived.id if self.copy else instance_id, bound)

    @property
    def received(self) -> pulumi.CustomResource | None:
        """What shows that the recipient has it: the receipt, or the copy; None before."""
        return self.copy.instance if self.copy else self.receipt

    def _address_options(self, region: str) -> pulumi.ResourceOptions:
        network = self._run.network
        provider = self.get_provider(EIP_ADDRESS) or network.provider(region)
        return pulumi.ResourceOptions(parent=self, provider=provider, protect=network.protect)

    def outputs(self) -> dict[str, pulumi.Output[Any]]:
        """What a stack exports of it, by name."""
        names = EXPORTED if self._by_transfer else (*EXPORTED, "new_instance_id")
        return {name: getattr(self, name) for name in names}

    def _export(self, observed: Observed, address: alicloud.ecs.EipAddress | None) -> None:
        """The outputs: of the receipt, where there is one, else of the transfer, else what the survey observed."""
        offered = None if self._waits else observed.transfer
        further: InstanceReceipt | InstanceTransfer | None = self.receipt or self.transfer
        self.status = further.status if further else _known(str(offered.status) if offered else None)
        self.status_message = (
            further.status_message if further else _known(offered.status_message() if offered else self._waits)
        )
        if self.transfer is not None:
            self.transfer_id = self.transfer.transfer_id
        elif self.receipt is not None:
            self.transfer_id = self.receipt.accepted_transfer_id
        else:
            self.transfer_id = _known(offered.transfer_id if offered else None)
        self.old_address = self.transfer.source_public_ip.apply(_none_for_empty) if self.transfer else _known(None)
        if address is not None:
            self.new_address = address.ip_address
        else:
            self.new_address = self.receipt.public_ip.apply(_none_for_empty) if self.receipt else _known(None)
        self.security_group_ids = self.receipt.security_group_ids if self.receipt else _known(None)

    def _export_copy(self, due: CopyDue, address: alicloud.ecs.EipAddress | None) -> None:
        """The outputs of a copy, as this run decided it."""
        for name, output in outputs_of(due, self.copy, address, self._waits).items():
            setattr(self, name, output)

    def _record(self, address: alicloud.ecs.EipAddress | None) -> None:
        """Record in the state whether what the recipient got is protected."""
        made = address or self.received
        if made is not None:
            # The next run has to know what Pulumi will refuse to delete. Nothing else is registered: the engine writes
            # the whole state for each resource's outputs.
            self.register_outputs({"protected": made.id.apply(lambda _: self._run.network.protect)})


def addresses(handovers: Iterable[Handover]) -> pulumi.Output[dict[str, str]]:
    """Old address → new address of every handover that has arrived: what DNS is changed by."""
    pairs = [(handover.old_address, handover.new_address) for handover in handovers if handover.arrived]
    return pulumi.Output.all(*[pulumi.Output.all(*pair) for pair in pairs]).apply(
        lambda known: {old: new for old, new in known if old and new}
    )


def _known(value: str | None) -> pulumi.Output[str | None]:
    return pulumi.Output.from_input(value)


def _none_for_empty(value: str | None) -> str | None:
    return value or None
