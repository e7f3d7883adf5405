"""The admin side, below `/_sandbox/`: review desk, console, owners, clock, faults, log. JSON in, JSON out.

Only for who runs the sandbox on this machine; `admin_request.py` refuses everybody else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from pydantic import Field
from starlette.routing import Mount

from sandbox.gateway.faults import Fault, Faults
from sandbox.gateway.request_log import RequestLog
from sandbox.models.base import Model
from sandbox.models.errors import SandboxError
from sandbox.models.security_group_rules import Rule
from sandbox.people.console import Console
from sandbox.people.image_maker import ImageMaker
from sandbox.people.owner import Owner
from sandbox.people.review_desk import ReviewDesk
from sandbox.server.admin_request import AdminRequest, mount, route
from sandbox.server.home import Facts
from sandbox.state.cloud import CloudState

PREFIX = "/_sandbox"


class Advance(Model):
    """How far the clock is moved ahead."""

    seconds: float = Field(ge=0, le=timedelta(days=3650).total_seconds(), allow_inf_nan=False)


class Rejection(Model):
    """Why the review refuses."""

    reason: str = Field(min_length=1)


class Login(Model):
    """The profile that is signed in; None: the main account whose step it is."""

    profile: str | None = None


class Offer(Login):
    """What the source enters in the console."""

    instance_id: str
    recipient_account_id: str


class Confirmation(Login):
    """What the recipient chooses there."""

    vswitch: str
    groups: tuple[str, ...]


class NewRule(Model):
    """The rule that an owner adds to a group."""

    rule: Rule


class RuleChange(Model):
    """What an owner changes of a rule; None: stays as it is."""

    ports: str | None = None
    cidr: str | None = None
    policy: Literal["accept", "drop"] | None = None
    priority: int | None = None
    description: str | None = None


class Quotas(Model):
    """How many of its own an account may have in a region; None: stays as it is."""

    image_quota: int | None = Field(default=None, ge=0)
    snapshot_quota: int | None = Field(default=None, ge=0)
    instance_quota: int | None = Field(default=None, ge=0)
    vcpu_quota: int | None = Field(default=None, ge=0)


class Binding(Model):
    """The instance that an address is bound to."""

    instance: str


class Membership(Model):
    """A security group, for an instance to join or leave."""

    group: str


@dataclass(frozen=True)
class Admin:
    """What the routes work on."""

    cloud: CloudState
    desk: ReviewDesk
    console: Console
    owner: Owner
    images: ImageMaker
    faults: Faults
    log: RequestLog
    facts: Facts

    def mounted(self, token: str) -> Mount:
        """The admin routes, for requests that carry the token."""
        routes = [
            route("GET", "/status", self._status),
            route("GET", "/instances", self._instances),
            route("GET", "/network", self._network),
            route("GET", "/images", lambda _: self.images.images()),
            route("POST", "/images/{name}/finish", lambda request: self.images.finish(request.name)),
            route("POST", "/images/{name}/fail", lambda request: self.images.fail(request.name)),
            route("GET", "/transfers", lambda _: self.desk.transfers()),
            route("POST", "/transfers/{name}/approve", lambda request: self.desk.approve(request.name)),
            route("POST", "/transfers/{name}/reject", self._reject),
            route("POST", "/transfers/{name}/expire", lambda request: self.desk.expire(request.name)),
            route("GET", "/console", lambda _: self.console.orders()),
            route("POST", "/console", lambda request: self.console.initiate(**request.body(Offer).model_dump())),
            route("POST", "/console/{name}/confirm", self._confirm),
            route("POST", "/console/{name}/cancel", self._cancel),
            route("POST", "/accounts/{name}/quotas", self._set_quotas),
            route("DELETE", "/groups/{name}", lambda request: self.owner.delete_group(request.name)),
            route("POST", "/groups/{name}/rules", self._add_rule),
            route("POST", "/rules/{name}", self._change_rule),
            route("DELETE", "/rules/{name}", lambda request: self.owner.remove_rule(request.name)),
            route("POST", "/eips/{name}/bind", self._bind),
            route("POST", "/eips/{name}/unbind", lambda request: self.owner.unbind_address(request.name)),
            route("DELETE", "/eips/{name}", lambda request: self.owner.release_address(request.name)),
            route("POST", "/instances/{name}/join", self._join),
            route("POST", "/instances/{name}/leave", self._leave),
            route("POST", "/instances/{name}/stop", lambda request: self.owner.stop(request.name)),
            route("POST", "/instances/{name}/start", lambda request: self.owner.start(request.name)),
            route("POST", "/instances/{name}/expire", lambda request: self.owner.expire(request.name)),
            route("DELETE", "/instances/{name}", lambda request: self.owner.release(request.name)),
            route("POST", "/transfers/{name}/cancel", lambda request: self.owner.cancel_transfer(request.name)),
            route("GET", "/clock", self._clock),
            route("POST", "/clock/advance", self._advance),
            route("POST", "/clock/reset", self._reset),
            route("GET", "/faults", lambda _: self.faults.in_force()),
            route("POST", "/faults", self._add_fault),
            route("DELETE", "/faults", lambda _: self.faults.clear()),
            route("GET", "/log", lambda request: self.log.entries(request.query("action"))),
            route("DELETE", "/log", lambda _: self.log.clear()),
        ]
        return mount(PREFIX, routes, token)

    def _status(self, request: AdminRequest) -> Any:
        accounts = [
            {"id": account.id, "name": account.name, "profiles": [profile.name for profile in account.profiles]}
            for account in self.cloud.world.accounts
        ]
        return {**self.facts.model_dump(), **self._clock(request), "accounts": accounts}

    def _instances(self, _: AdminRequest) -> Any:
        return [
            {
                "id": holding.instance.id,
                "name": holding.instance.name,
                "region": holding.instance.region,
                "status": holding.instance.status,
                "account_id": holding.owner,
                "account_name": self.cloud.accounts[holding.owner].name,
            }
            for holding in self.cloud.holdings()
        ]

    def _network(self, _: AdminRequest) -> Any:
        return [
            {
                "account_id": account.id,
                "account_name": account.name,
                "security_groups": [
                    {**group.model_dump(), "instances": self.cloud.members(group.id)}
                    for group in self.cloud.security_groups(account.id)
                ],
                "eips": self.cloud.eips(account.id),
            }
            for account in self.cloud.world.accounts
        ]

    def _reject(self, request: AdminRequest) -> Any:
        return self.desk.reject(request.name, reason=request.body(Rejection).reason)

    def _confirm(self, request: AdminRequest) -> Any:
        return self.console.confirm(request.name, **request.body(Confirmation).model_dump())

    def _cancel(self, request: AdminRequest) -> Any:
        return self.console.cancel(request.name, profile=request.body(Login).profile)

    def _set_quotas(self, request: AdminRequest) -> Any:
        account = self.owner.set_quotas(request.name, request.body(Quotas).model_dump(exclude_none=True))
        return {"id": account.id, **{name: getattr(account, name) for name in Quotas.model_fields}}

    def _add_rule(self, request: AdminRequest) -> Any:
        return self.owner.add_rule(request.name, request.body(NewRule).rule)

    def _change_rule(self, request: AdminRequest) -> Any:
        return self.owner.change_rule(request.name, **request.body(RuleChange).model_dump(exclude_none=True))

    def _bind(self, request: AdminRequest) -> Any:
        return self.owner.bind_address(request.name, request.body(Binding).instance)

    def _join(self, request: AdminRequest) -> Any:
        return self.owner.join(request.name, request.body(Membership).group)

    def _leave(self, request: AdminRequest) -> Any:
        return self.owner.leave(request.name, request.body(Membership).group)

    def _clock(self, _: AdminRequest) -> dict[str, Any]:
        clock = self.cloud.clock
        return {"now": clock.now(), "ahead_seconds": clock.offset.total_seconds()}

    def _advance(self, request: AdminRequest) -> Any:
        try:
            self.cloud.clock.advance(timedelta(seconds=request.body(Advance).seconds))
        except ValueError as error:
            raise SandboxError(f"Could not move the clock: {error}.") from None
        return self._clock(request)

    def _reset(self, request: AdminRequest) -> Any:
        self.cloud.clock.reset()
        return self._clock(request)

    def _add_fault(self, request: AdminRequest) -> Any:
        fault = request.body(Fault)
        self.faults.add(fault)
        return fault
