"""Pulumi's part, small: a state, and the operations of the provider classes that a run makes of a program.

As the engine does it (pkg/resource/deploy): a run first refreshes every resource; then it looks each registration up
by its URN and after that by its aliases, checks, diffs and creates, updates or replaces it; at last it deletes what
was not registered. The state is written after each step. A replacement that deletes first leaves the old resource
`pending_replacement` until the new one is there: such a resource is not refreshed, not deleted again, but diffed.
What nothing orders may happen in any order. A failed operation ends the run; a kill ends it anywhere.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, cast

from pulumi import dynamic

from transfer_provider import receipt, transfer
from transfer_provider.cloud import permissions
from transfer_provider.cloud.errors import Refused
from transfer_provider.receipt import InstanceReceiptProvider
from transfer_provider.transfer import InstanceTransferProvider

Properties = Mapping[str, Any]


class Killed(BaseException):
    """`kill -9`: nothing below gets to handle it."""


class EngineError(Exception):
    """What the engine itself refuses, in its own words."""


@dataclass(frozen=True)
class Resource:
    """A resource in the state."""

    type: str
    name: str
    id: str
    inputs: Properties
    outputs: Properties
    pending_replacement: bool = False
    """Deleted already, and not created again yet."""
    delete: bool = False
    """Replaced already, and not deleted yet."""

    @property
    def urn(self) -> str:
        return urn(self.type, self.name)


@dataclass(frozen=True)
class Registration:
    """A resource that the program declares; `alias` is its earlier name, `after` what has to be there before it."""

    type: str
    name: str
    inputs: Properties
    alias: str | None = None
    after: tuple[str, ...] = ()

    @property
    def urn(self) -> str:
        return urn(self.type, self.name)


def urn(type_: str, name: str) -> str:
    """The URN of a handover's resource."""
    return f"urn:pulumi:test::instance-handover::instance-handover:index:Handover${type_}::{name}"


@dataclass
class Engine:
    """A stack. `wrote` is called after each write of its state, and may kill the run."""

    config: Mapping[str, str]
    wrote: Callable[[], None] = lambda: None
    state: tuple[Resource, ...] = ()
    _providers: dict[str, dynamic.ResourceProvider] = field(default_factory=dict)

    def refresh(self, order: random.Random) -> None:
        """`pulumi refresh`."""
        self._begin()
        self._read_everything(order)

    def up(self, program: Callable[[], Sequence[Registration]], order: random.Random) -> None:
        """`pulumi up`, with `refresh: always`."""
        self._begin()
        self._read_everything(order)
        declared = program()
        _Deployment(self, declared, order).run()
        registered = {registration.urn for registration in declared}
        self._delete([old for old in self.state if old.delete or old.urn not in registered], order)

    def provider(self, type_: str) -> dynamic.ResourceProvider:
        """The provider of this run."""
        return self._providers[type_]

    def put(self, old: Resource | None, new: Resource | None) -> None:
        """Write the state: `new` in the place of `old`."""
        kept = [resource for resource in self.state if resource is not old]
        self.state = (*kept, *([new] if new is not None else []))
        self.wrote()

    def _begin(self) -> None:
        """Each run has a provider process of its own."""
        permissions.begin_run()
        self._providers = {transfer.TYPE: InstanceTransferProvider(), receipt.TYPE: InstanceReceiptProvider()}
        for provider in self._providers.values():
            provider.configure(dynamic.ConfigureRequest(cast(Any, self.config)))

    def _read_everything(self, order: random.Random) -> None:
        for old in _shuffled(self.state, order):
            if old.pending_replacement or old.delete:
                continue
            result = self.provider(old.type).read(old.id, _sent(old.outputs))
            if not result.id:
                self.put(old, None)
                continue
            inputs = old.inputs if result.inputs is None else _sent(result.inputs)
            self.put(old, replace(old, id=str(result.id), inputs=inputs, outputs=_sent(result.outs or {})))

    def _delete(self, surplus: Sequence[Resource], order: random.Random) -> None:
        """Receipts first: they depend on the transfers."""
        for old in sorted(_shuffled(surplus, order), key=lambda old: old.type != receipt.TYPE):
            if not old.pending_replacement:
                self.provider(old.type).delete(old.id, _sent(old.outputs))
            self.put(old, None)


class _Deployment:
    """The middle of a run: every registration's steps."""

    def __init__(self, engine: Engine, registrations: Sequence[Registration], order: random.Random) -> None:
        self._engine = engine
        self._waiting = list(registrations)
        self._order = order
        self._aliased: dict[str, str] = {}
        self._registered: set[str] = set()
        self._steps: list[tuple[Registration, list[Callable[[], None]]]] = []
        self._done: set[str] = set()

    def run(self) -> None:
        """Plan and carry out, in any order that dependencies allow; the steps of a resource one after the other."""
        while self._waiting or self._steps:
            ready = [registration for registration in self._waiting if self._done.issuperset(registration.after)]
            moves: list[Callable[[], None]] = [partial(self._plan, registration) for registration in ready[:1]]
            moves += [partial(self._step, registration, steps) for registration, steps in self._steps]
            moves[self._order.randrange(len(moves))]()

    def _plan(self, registration: Registration) -> None:
        self._waiting.remove(registration)
        self._steps.append((registration, self._steps_of(registration)))
        self._registered.add(registration.urn)

    def _step(self, registration: Registration, steps: list[Callable[[], None]]) -> None:
        if steps:
            steps.pop(0)()
        if not steps:
            self._steps.remove((registration, steps))
            self._done.add(registration.urn)

    def _steps_of(self, registration: Registration) -> list[Callable[[], None]]:
        old = self._old(registration)
        provider = self._engine.provider(registration.type)
        checked = provider.check(_sent(old.inputs) if old else {}, _sent(registration.inputs))
        if checked.failures:
            raise Refused("; ".join(f"{failure.property}: {failure.reason}" for failure in checked.failures))
        news = _sent(checked.inputs)
        if old is None:
            return [partial(self._create, registration, news, None)]
        diff = provider.diff(old.id, _sent(old.outputs), news)
        if not (diff.replaces or old.pending_replacement):
            if diff.changes:
                return [partial(self._update, registration, old, news)]
            same = replace(old, name=registration.name, inputs=news)
            return [] if same == old else [partial(self._engine.put, old, same)]
        if old.pending_replacement:
            return [partial(self._create, registration, news, old)]
        if diff.delete_before_replace:
            deleted = replace(old, pending_replacement=True)
            return [partial(self._delete_first, old, deleted), partial(self._create, registration, news, deleted)]
        return [partial(self._create_first, registration, news, old)]

    def _old(self, registration: Registration) -> Resource | None:
        """What the state holds of it, by its own URN, else by its alias."""
        if registration.urn in self._aliased:
            raise EngineError(
                f"Duplicate resource: {registration.name} is claimed by {self._aliased[registration.urn]}"
            )
        live = {old.urn: old for old in self._engine.state if not old.delete}
        if registration.urn in live or registration.alias is None:
            return live.get(registration.urn)
        alias = urn(registration.type, registration.alias)
        if alias in live:
            if alias in self._registered or alias in self._aliased:
                raise EngineError(f"Duplicate resource alias {registration.alias} applied to {registration.name}")
            self._aliased[alias] = registration.name
        return live.get(alias)

    def _create(self, registration: Registration, news: Properties, instead_of: Resource | None) -> None:
        result = self._engine.provider(registration.type).create(_sent(news))
        made = Resource(registration.type, registration.name, result.id, news, _sent(result.outs or {}))
        self._engine.put(instead_of, made)

    def _update(self, registration: Registration, old: Resource, news: Properties) -> None:
        result = self._engine.provider(registration.type).update(old.id, _sent(old.outputs), _sent(news))
        updated = replace(old, name=registration.name, inputs=news, outputs=_sent(result.outs or {}))
        self._engine.put(old, updated)

    def _delete_first(self, old: Resource, deleted: Resource) -> None:
        self._engine.provider(old.type).delete(old.id, _sent(old.outputs))
        self._engine.put(old, deleted)

    def _create_first(self, registration: Registration, news: Properties, old: Resource) -> None:
        result = self._engine.provider(registration.type).create(_sent(news))
        made = Resource(registration.type, registration.name, result.id, news, _sent(result.outs or {}))
        self._engine.state = tuple(
            replace(resource, delete=True) if resource is old else resource for resource in self._engine.state
        )
        self._engine.put(None, made)


def _sent(properties: Properties) -> dict[str, Any]:
    """Properties as they arrive on the other side of the wire: copies, without what is None."""
    return {key: copy.copy(value) for key, value in properties.items() if value is not None}


def _shuffled(resources: Sequence[Resource], order: random.Random) -> list[Resource]:
    return order.sample(list(resources), len(resources))
