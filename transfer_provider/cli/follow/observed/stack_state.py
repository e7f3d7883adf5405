"""A stack's state, exported anew each time it is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from transfer_provider import receipt, transfer
from transfer_provider.cli.engine.backend import Backend
from transfer_provider.cli.engine.backend_address import shown
from transfer_provider.cli.engine.command import Engine, EngineFailed, NotReady, resources_of
from transfer_provider.cli.examined_stack import ExaminedStack
from transfer_provider.cloud.errors import Refused
from transfer_provider.handover.copying import source_image
from transfer_provider.handover.recipient.state import EIP_ADDRESS
from transfer_provider.handover.state import StackState, of_resources

# The providers of pulumi-alicloud.
ALICLOUD = "pulumi:providers:alicloud"


@dataclass(frozen=True)
class Written:
    """By what the state was written last; what is None it does not say."""

    engine: str | None = None
    """The version of `pulumi`, such as v3.259.0."""
    plugins: Sequence[str] = ()
    """The versions of the alicloud plugin that its providers name."""
    at: str | None = None


@dataclass(frozen=True)
class Exported:
    """What a stack's state holds. Outputs are by instance; those of a secret are encrypted."""

    state: StackState = field(default_factory=StackState)
    transfers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """The outputs of each `InstanceTransfer`; of a copy, of its `SourceImage`."""
    receipts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """The outputs of each `InstanceReceipt`."""
    names: Mapping[str, str] = field(default_factory=dict)
    """The resource's name of each of these."""
    addresses: Mapping[str, str] = field(default_factory=dict)
    """The public address of each `EipAddress`, by its handover's name."""
    written: Written = Written()
    no_state: str | None = None
    """The address of the backend that has no such stack yet; None where it has."""


class StateReader:
    """Reads the state of one stack, as often as it is asked for. Where the state is, is looked up once it is there."""

    def __init__(self, stack: ExaminedStack, engine: Engine) -> None:
        self._stack = stack
        self._engine = engine
        self._backend: Backend | None = None

    def read(self) -> Exported:
        """What the state holds now. Raises Refused where it can't be read."""
        try:
            backend = self._backend or Backend(self._stack, self._engine)
            if self._backend is None and backend.listed is None:
                return Exported(no_state=shown(backend.url))
            self._backend = backend
            deployment = self._engine.export(self._stack.name, folder=self._stack.root, backend=backend.url)
            return replace(_exported(resources_of(deployment)), written=_written(deployment))
        except NotReady as missing:
            why = f"the {missing.check} is missing"
        except EngineFailed as error:
            why = str(error).rstrip(".")
        except (KeyError, TypeError, ValueError) as error:
            why = f"it holds what this version does not know ({type(error).__name__})"
        self._backend = None
        raise Refused(
            f"Could not read the state of stack {self._stack.name}: {why}. Check PULUMI_BACKEND_URL, or run `pulumi "
            f"login`; `handover doctor --stack {self._stack.name}` reports more."
        )


def _written(deployment: Mapping[str, Any]) -> Written:
    made = deployment.get("manifest") or {}
    versions = {
        str(resource["inputs"]["version"])
        for resource in deployment.get("resources") or ()
        if resource["type"] == ALICLOUD and (resource.get("inputs") or {}).get("version")
    }
    return Written(made.get("version") or None, sorted(versions), made.get("time") or None)


def _exported(resources: Mapping[str, Mapping[str, Any]]) -> Exported:
    names: dict[str, str] = {}
    of_kind: dict[str, dict[str, Mapping[str, Any]]] = {receipt.TYPE: {}, transfer.TYPE: {}, source_image.TYPE: {}}
    for urn, resource in resources.items():
        found = of_kind.get(resource["type"])
        instance_id = resource["outputs"].get("instance_id")
        if found is None or not instance_id:
            continue
        found[str(instance_id)] = resource["outputs"]
        names[str(instance_id)] = urn.rsplit("::", 1)[-1]
    addresses = {
        urn.rsplit("::", 1)[-1]: str(resource["outputs"].get("ipAddress") or "")
        for urn, resource in resources.items()
        if resource["type"] == EIP_ADDRESS
    }
    of_all = of_kind[source_image.TYPE] | of_kind[transfer.TYPE]
    submitted = {instance: outputs for instance, outputs in of_all.items() if outputs.get("status")}
    return Exported(of_resources(resources), submitted, of_kind[receipt.TYPE], names, addresses)
