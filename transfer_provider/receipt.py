"""InstanceReceipt: the recipient receiving an ECS instance that is handed over, as a Pulumi resource.

check   formats; skips what is unknown; all failures at once; no call
diff    another instance or region is another receipt; other security groups are joined and left; vSwitch and
        resource group can't change; no call
create  accepts the transfer into the vSwitch and security groups and returns at once (`Transferring`); tracks a
        transfer accepted before; adopts an instance that arrived already, in the console channel nothing else
read    one query of the recipient's instances for all receipts of the run; an instance that was received and is not
        listed stops the run: nothing is concluded from that
update  joins and leaves security groups until they match
delete  stops tracking, no call made: the instance stays with the recipient; refused in a run without a person

Persisted in state files, so never renamed: this module's path, both class names, the type token
`pulumi-python:dynamic/receipt:InstanceReceipt` and the outputs' names.

The stack's setting that is read: `recipientProfile` in the project's namespace, the Alibaba CLI profile of the
recipient's account. Without it the default credential chain is used.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi import dynamic

from transfer_provider.channels.process import end_with_engine, in_its_own_words
from transfer_provider.channels.unattended import refuse_unattended
from transfer_provider.cloud.errors import Refused, TryAgain
from transfer_provider.inputs.fields import validate
from transfer_provider.inputs.receipt import INPUTS, ReceiptInputs
from transfer_provider.model import status_messages
from transfer_provider.model.lifecycle import Status
from transfer_provider.model.text import printable

if TYPE_CHECKING:
    from transfer_provider.channels.recipient import Receipt, RecipientSide

TYPE = "pulumi-python:dynamic/receipt:InstanceReceipt"

OUTPUTS = (
    "status",
    "status_message",
    "accepted_transfer_id",
    "recipient_account_id",
    "private_ip",
    "public_ip",
)


class InstanceReceiptProvider(dynamic.ResourceProvider):
    """The operations of the table above. Stateless until configured, so that it is stored by reference."""

    # Nothing secret is captured; as a secret, its stored form would change with every encryption and fill previews.
    serialize_as_secret_always = False

    def configure(self, req: dynamic.ConfigureRequest) -> None:
        """Called once in the provider's process, with the stack's settings."""
        end_with_engine()
        self._profile: str | None = req.config.get("recipientProfile") or None
        self._lock = threading.Lock()
        self._sides: dict[str, RecipientSide] = {}

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> dynamic.CheckResult:
        unknown = {key for key in INPUTS if pulumi.contains_unknowns(news.get(key))}
        given = {key: news[key] for key in INPUTS if news.get(key) is not None}
        checked, problems = validate(given, unknown, ReceiptInputs)
        return dynamic.CheckResult(checked, [dynamic.CheckFailure(key, problem) for key, problem in problems])

    @in_its_own_words
    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> dynamic.DiffResult:
        identity = [key for key in ("instance_id", "region") if _differs(olds, news, key)]
        if identity:
            return dynamic.DiffResult(changes=True, replaces=identity)
        _require_same_place(olds, news)
        return dynamic.DiffResult(changes=_differs(olds, news, "security_group_ids"))

    @in_its_own_words
    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        # Imported here: a program that only declares receipts does not wait for Alibaba Cloud's SDK.
        from transfer_provider.channels.recipient import Destination

        side = self._side(props["region"])
        groups = tuple(props["security_group_ids"])
        destination = Destination(props["vswitch_id"], groups, props.get("resource_group_id"))
        account_id = side.account_id()
        if props.get("channel") == "console":
            receipt = side.verify_arrival(props["instance_id"], destination)
        else:
            receipt = side.accept(props["instance_id"], props.get("transfer_id"), destination)
        outputs = _outputs(receipt) | {"recipient_account_id": account_id}
        if receipt.found_in:
            chosen = ", ".join(receipt.found_in)
            pulumi.log.warn(
                printable(
                    f"{props['instance_id']} was received into {chosen}: security groups set to {', '.join(groups)}."
                )
            )
        pulumi.log.info(f"Receiving {props['instance_id']} in account {account_id}: {outputs['status_message']}")
        return dynamic.CreateResult(props["instance_id"], _inputs(props) | outputs)

    @in_its_own_words
    def read(self, id_: str, props: dict[str, Any]) -> dynamic.ReadResult:
        side = self._side(props["region"])
        receipt = side.read(id_, props.get("accepted_transfer_id"), props.get("recipient_account_id"))
        inputs, outputs = _inputs(props), _kept(props) | _outputs(receipt)
        if receipt.instance is not None:
            listed = receipt.instance.security_group_ids
            if set(listed) != set(inputs["security_group_ids"]):
                inputs["security_group_ids"] = list(listed)
            if props.get("status") != Status.COMPLETED:
                pulumi.log.info(f"{id_} arrived in account {props.get('recipient_account_id')}.")
        return dynamic.ReadResult(id_, inputs | outputs, inputs=inputs)

    @in_its_own_words
    def update(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> dynamic.UpdateResult:
        _require_same_place(olds, news)
        side = self._side(news["region"])
        instance = side.current(id_)
        if instance is None:
            raise TryAgain(
                f"Could not change the security groups of {id_}: the recipient's account does not list it yet. "
                "Run again once it has arrived."
            )
        from transfer_provider.channels.recipient import Receipt

        receipt = Receipt(None, side.set_security_groups(instance, news["security_group_ids"]))
        return dynamic.UpdateResult(_inputs(news) | _kept(olds) | _outputs(receipt))

    @in_its_own_words
    def delete(self, id_: str, props: dict[str, Any]) -> None:
        refuse_unattended(f"stop tracking the receipt of {id_}")
        pulumi.log.info(
            f"The receipt of {id_} is removed from state, no call made: the instance stays with the recipient."
        )

    def _side(self, region: str) -> RecipientSide:
        from transfer_provider.channels.recipient import RecipientSide
        from transfer_provider.cloud.client import Cloud

        with self._lock:
            if region not in self._sides:
                self._sides[region] = RecipientSide(Cloud(self._profile, region))
            return self._sides[region]


class InstanceReceipt(dynamic.Resource, module="receipt", name="InstanceReceipt"):
    """The receipt of an ECS instance, with the recipient account's credentials.

        InstanceReceipt(
            "web-01",
            instance_id="i-bp1web00000000000001",
            region="cn-hangzhou",
            vswitch_id="vsw-bp1orchid00000001",
            security_group_ids=[web.id],
        )

    Arguments: see `ReceiptInputs` for their formats. Creating it accepts the transfer, which has to be Approved,
    and returns at once; later runs observe its arrival. Changing the security groups joins and leaves them.
    Removing it stops tracking: nothing is given back.
    """

    status: pulumi.Output[str]
    """Transferring, or Completed once the recipient's account lists the instance."""
    status_message: pulumi.Output[str]
    accepted_transfer_id: pulumi.Output[str | None]
    """The transfer it came by; absent where it arrived before it was declared and no transfer is listed."""
    recipient_account_id: pulumi.Output[str]
    private_ip: pulumi.Output[str | None]
    """The instance's address in the recipient's VPC, once it has arrived."""
    public_ip: pulumi.Output[str]
    """The instance's fixed public address, which moves with it; empty: none, or not arrived. An EIP is not fixed."""

    instance_id: pulumi.Output[str]
    region: pulumi.Output[str]
    vswitch_id: pulumi.Output[str]
    security_group_ids: pulumi.Output[Sequence[str]]
    resource_group_id: pulumi.Output[str | None]
    transfer_id: pulumi.Output[str | None]
    channel: pulumi.Output[str]

    def __init__(
        self,
        resource_name: str,
        *,
        instance_id: pulumi.Input[str],
        region: pulumi.Input[str],
        vswitch_id: pulumi.Input[str],
        security_group_ids: pulumi.Input[Sequence[pulumi.Input[str]]],
        resource_group_id: pulumi.Input[str] | None = None,
        transfer_id: pulumi.Input[str] | None = None,
        channel: pulumi.Input[str] = "api",
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props: dict[str, Any] = dict.fromkeys(OUTPUTS) | {
            "instance_id": instance_id,
            "region": region,
            "vswitch_id": vswitch_id,
            "security_group_ids": security_group_ids,
            "resource_group_id": resource_group_id,
            "transfer_id": transfer_id,
            "channel": channel,
        }
        super().__init__(InstanceReceiptProvider(), resource_name, props, opts)


def _differs(olds: dict[str, Any], news: dict[str, Any], key: str) -> bool:
    """Whether an input changes, or may; the order of security groups means nothing."""
    if pulumi.contains_unknowns(news.get(key)):
        return True
    if key == "security_group_ids":
        return set(olds[key]) != set(news[key])
    return bool(olds.get(key) != news.get(key))


def _require_same_place(olds: dict[str, Any], news: dict[str, Any]) -> None:
    """The vSwitch and the resource group are settled when the instance is received."""
    for key in ("vswitch_id", "resource_group_id"):
        if not pulumi.contains_unknowns(news.get(key)) and olds.get(key) != news.get(key):
            raise Refused(
                f"Could not change {key}: {olds['instance_id']} was received into {olds.get(key) or 'the default'}. "
                "Restore the previous value; to move the instance, use Alibaba Cloud's console."
            )


def _inputs(props: dict[str, Any]) -> dict[str, Any]:
    return {key: props[key] for key in INPUTS if props.get(key) is not None}


def _kept(props: dict[str, Any]) -> dict[str, Any]:
    """What later queries don't return again."""
    return {key: props.get(key) for key in ("accepted_transfer_id", "recipient_account_id")}


def _outputs(receipt: Receipt) -> dict[str, Any]:
    """A receipt as the resource's outputs; what is None is left out on the way, as Pulumi has it."""
    outputs: dict[str, Any] = {}
    if receipt.transfer is not None:
        outputs["accepted_transfer_id"] = receipt.transfer.transfer_id
    if receipt.instance is None:
        return outputs | {
            "status": str(Status.TRANSFERRING),
            "status_message": status_messages.of_receipt(arrived=False),
            "public_ip": "",
        }
    return outputs | {
        "status": str(Status.COMPLETED),
        "status_message": status_messages.of_receipt(arrived=True),
        "private_ip": receipt.instance.private_ip,
        # Never absent: what a preview does not find in the state, it shows as unknown.
        "public_ip": receipt.instance.fixed_public_ip or "",
    }
