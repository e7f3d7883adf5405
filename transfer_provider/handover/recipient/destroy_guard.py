"""DestroyGuard: a `pulumi destroy` that can't be completed is refused before anything is deleted.

A destroy runs no program, and deletes in the reverse order of dependencies: the binding and the address of an instance
before its security groups, which Alibaba Cloud then refuses to delete, because the instance is in them. This resource
depends on all of that, so its `delete` comes first of all. A stack declares it once something was received and nothing
is protected, and from then on always: only a destroy deletes it.

check   nothing; the program makes its inputs
diff    its inputs, as they are; nothing is replaced; no call
create  no call; neither have read and update any
delete  refuses while an instance of the recipient's account is in one of the groups; the instances of each region are
        queried, 100 a call. No answer and no permission refuse as well, and so does a run without a person

Persisted in state files, so never renamed: this module's path, both class names, the type token
`pulumi-python:dynamic/destroy_guard:DestroyGuard` and the inputs' names.

The stack's setting that is read: `recipientProfile`, as by InstanceReceipt.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import pulumi
from pulumi import dynamic

from transfer_provider.channels.process import end_with_engine, in_its_own_words
from transfer_provider.channels.unattended import refuse_unattended
from transfer_provider.cloud.errors import Refused
from transfer_provider.model.text import printable

TYPE = "pulumi-python:dynamic/destroy_guard:DestroyGuard"

INPUTS = ("handovers", "security_group_ids", "regions")

WHAT_TO_DO = (
    "To keep it with the recipient, set `protect: true`, run `pulumi up` and then `pulumi destroy "
    "--exclude-protected`, which cancels and deletes all the rest. To delete it, first release these instances, or "
    "move them to other groups, in the recipient's console."
)


class DestroyGuardProvider(dynamic.ResourceProvider):
    """The operations of the table above. Stateless until configured, so that it is stored by reference."""

    serialize_as_secret_always = False

    def configure(self, req: dynamic.ConfigureRequest) -> None:
        """Called once in the provider's process, with the stack's settings."""
        end_with_engine()
        self._profile: str | None = req.config.get("recipientProfile") or None

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> dynamic.DiffResult:
        return dynamic.DiffResult(changes=any(olds.get(key) != news.get(key) for key in INPUTS))

    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        return dynamic.CreateResult("destroy-guard", _inputs(props))

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> dynamic.UpdateResult:
        return dynamic.UpdateResult(_inputs(news))

    @in_its_own_words
    def delete(self, _id: str, props: dict[str, Any]) -> None:
        refuse_unattended("destroy the stack")
        names = {str(instance_id): str(name) for name, instance_id in props["handovers"].items()}
        in_use = list(self._in_use(props["regions"], props["security_group_ids"], names))
        if in_use:
            listed = "\n".join(f"  {printable(line)}" for line in in_use)
            raise Refused(
                "Could not destroy the stack: these security groups are in use, and what is in use can't be deleted. "
                f"Nothing was deleted, unbound, released or cancelled.\n{listed}\n{WHAT_TO_DO}"
            )

    def _in_use(self, regions: Sequence[str], group_ids: Sequence[str], names: Mapping[str, str]) -> Iterator[str]:
        """A line for each instance that is in one of the groups."""
        # Imported here: a program that only declares the guard does not wait for Alibaba Cloud's SDK.
        from transfer_provider.cloud import instances
        from transfer_provider.cloud.client import Cloud
        from transfer_provider.cloud.paging import all_tokens

        for region in regions if group_ids else ():
            cloud = Cloud(self._profile, region)
            listed = list(all_tokens(partial(instances.listed_page, cloud)))
            if not listed:
                instances.confirm_listing(cloud)
            for instance in listed:
                groups = [group_id for group_id in instance.security_group_ids if group_id in group_ids]
                if groups:
                    whose = names.get(instance.instance_id, "received by no handover of this stack")
                    yield f"{instance.instance_id} ({whose}) is in {', '.join(groups)}."


class DestroyGuard(dynamic.Resource, module="destroy_guard", name="DestroyGuard"):
    """Keeps `pulumi destroy` from beginning what it can't complete. One a stack.

    `handovers` are the received instances by their handovers' names, `security_group_ids` the groups that the stack
    declares, in `regions`.
    """

    def __init__(
        self,
        resource_name: str,
        *,
        handovers: Mapping[str, pulumi.Input[str]],
        security_group_ids: pulumi.Input[Sequence[str]],
        regions: Sequence[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props = {"handovers": handovers, "security_group_ids": security_group_ids, "regions": regions}
        super().__init__(DestroyGuardProvider(), resource_name, props, opts)


def _inputs(props: Mapping[str, Any]) -> dict[str, Any]:
    return {key: props[key] for key in INPUTS}
