"""The admin side, below `/_sandbox/`: review desk, clock, faults, log. JSON in, JSON out.

Only for this machine: the server listens on loopback, and what a web page could make a browser send is refused
by its Host or its content type.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, ValidationError
from pydantic_core import to_jsonable_python
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.gateway.faults import Fault, Faults
from sandbox.gateway.request_log import RequestLog
from sandbox.models.base import Model
from sandbox.models.errors import SandboxError
from sandbox.people.console import Console
from sandbox.people.review_desk import ReviewDesk
from sandbox.server.home import Facts
from sandbox.state.cloud import CloudState

PREFIX = "/_sandbox"

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Advance(Model):
    """How far the clock is moved ahead."""

    seconds: float = Field(ge=0, le=timedelta(days=3650).total_seconds())


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


Body = TypeVar("Body", bound=BaseModel)


@dataclass(frozen=True)
class Admin:
    """What the routes work on."""

    cloud: CloudState
    desk: ReviewDesk
    console: Console
    faults: Faults
    log: RequestLog
    facts: Facts

    def routes(self) -> list[Route]:
        """The admin routes."""
        return [
            _route("GET", "/status", self._status),
            _route("GET", "/instances", self._instances),
            _route("GET", "/network", self._network),
            _route("GET", "/transfers", lambda _: self.desk.transfers()),
            _route("POST", "/transfers/{name}/approve", lambda request: self.desk.approve(request.name)),
            _route("POST", "/transfers/{name}/reject", self._reject),
            _route("POST", "/transfers/{name}/expire", lambda request: self.desk.expire(request.name)),
            _route("GET", "/console", lambda _: self.console.orders()),
            _route("POST", "/console", lambda request: self.console.initiate(**request.body(Offer).model_dump())),
            _route("POST", "/console/{name}/confirm", self._confirm),
            _route("POST", "/console/{name}/cancel", self._cancel),
            _route("GET", "/clock", self._clock),
            _route("POST", "/clock/advance", self._advance),
            _route("POST", "/clock/reset", self._reset),
            _route("GET", "/faults", lambda _: self.faults.in_force()),
            _route("POST", "/faults", self._add_fault),
            _route("DELETE", "/faults", lambda _: self.faults.clear()),
            _route("GET", "/log", lambda request: self.log.entries(request.query("action"))),
            _route("DELETE", "/log", lambda _: self.log.clear()),
        ]

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

    def _clock(self, _: AdminRequest) -> dict[str, Any]:
        clock = self.cloud.clock
        return {"now": clock.now(), "ahead_seconds": clock.offset.total_seconds()}

    def _advance(self, request: AdminRequest) -> Any:
        self.cloud.clock.advance(timedelta(seconds=request.body(Advance).seconds))
        return self._clock(request)

    def _reset(self, request: AdminRequest) -> Any:
        self.cloud.clock.reset()
        return self._clock(request)

    def _add_fault(self, request: AdminRequest) -> Any:
        fault = request.body(Fault)
        self.faults.add(fault)
        return fault


@dataclass(frozen=True)
class AdminRequest:
    """An admin request."""

    request: Request
    content: bytes

    @property
    def name(self) -> str:
        """The transfer or instance in the path."""
        return str(self.request.path_params["name"])

    def query(self, name: str) -> str | None:
        """A query parameter, or None."""
        return self.request.query_params.get(name)

    def body(self, model: type[Body]) -> Body:
        """The JSON body, validated. Raises SandboxError with everything that is invalid in it."""
        try:
            return model.model_validate_json(self.content or b"{}")
        except ValidationError as error:
            problems = error.errors(include_url=False, include_input=False)
            raise SandboxError(
                "; ".join(f"{'.'.join(map(str, problem['loc'])) or 'body'}: {problem['msg']}" for problem in problems)
            ) from None


def _route(method: str, path: str, handle: Callable[[AdminRequest], Any]) -> Route:
    async def endpoint(request: Request) -> Response:
        if urlsplit(f"//{request.headers.get('host', '')}").hostname not in _LOOPBACK:
            return _refused(403, "The admin side only answers at a loopback address.")
        if method != "GET" and request.headers.get("content-type", "").partition(";")[0] != "application/json":
            return _refused(415, "Send the content type application/json.")
        try:
            answer = handle(AdminRequest(request, await request.body()))
        except SandboxError as error:
            return _refused(400, str(error))
        return JSONResponse(to_jsonable_python(answer))

    return Route(path, endpoint, methods=[method])


def _refused(status: int, why: str) -> Response:
    return JSONResponse({"error": why}, status_code=status)
