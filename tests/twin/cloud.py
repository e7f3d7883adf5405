"""The sandbox in process: the library's calls reach the gateway without a server, TLS or a socket.

Only the last step of Alibaba Cloud's SDK is exchanged, `DaraCore.do_action`, which sends a signed request and returns
the answer. So parameters, retries, typed models and errors are the SDK's, the library's and the sandbox's own; what is
left out are sockets, TLS and the check of the signature. Time stands still until it is moved, and no attempt waits for
the next.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, cast

import pytest
import requests
from alibabacloud_credentials.client import Client as CredentialClient
from alibabacloud_credentials.provider import StaticAKCredentialsProvider
from darabonba.core import DaraCore
from darabonba.exceptions import RetryError
from darabonba.response import DaraResponse

from sandbox.actions.call import Answer
from sandbox.actions.products import PRODUCTS
from sandbox.gateway.faults import Fault, Faults
from sandbox.gateway.gateway import PROTOCOL_PARAMETERS, Gateway
from sandbox.gateway.request_log import RequestLog
from sandbox.models.errors import ApiError
from sandbox.models.world import World
from sandbox.people.review_desk import ReviewDesk
from sandbox.state.clock import Clock
from sandbox.state.cloud import CloudState
from transfer_provider.cloud import credentials
from transfer_provider.cloud.client import Cloud

BEGIN = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)

READS = ("DescribeInstanceTransfers", "DescribeInstances")
WRITES = frozenset(
    {
        "TransferInstance",
        "CancelInstanceTransfer",
        "AcceptInstanceTransfer",
        "JoinSecurityGroup",
        "LeaveSecurityGroup",
    }
)


class StandingClock(Clock):
    """The sandbox's time, which only moves when it is moved."""

    def now(self) -> datetime:
        return BEGIN + self.offset


@dataclass(frozen=True)
class Trouble:
    """A fault that a run meets: at `times` calls of an action, after `spared` of them went well."""

    kind: str
    action: str
    spared: int = 0
    times: int = 1


@dataclass
class PlannedFaults(Faults):
    """The faults of one run."""

    plan: list[Trouble] = field(default_factory=list)

    def take(self, action: str, account_id: str) -> Fault | None:
        """The fault that this call meets, used up by one."""
        for place, trouble in enumerate(self.plan):
            if trouble.action not in ("*", action):
                continue
            if trouble.spared:
                self.plan[place] = Trouble(trouble.kind, trouble.action, trouble.spared - 1, trouble.times)
                continue
            self.plan[place : place + 1] = (
                [Trouble(trouble.kind, trouble.action, 0, trouble.times - 1)] if trouble.times > 1 else []
            )
            return Fault.model_validate({"kind": trouble.kind})
        return None


class LocalCloud:
    """Alibaba Cloud as `world` describes it, in this process. `wrote` is called after each write took effect."""

    def __init__(self, world: World) -> None:
        self.clock = StandingClock()
        self.state = CloudState(world, self.clock)
        self.desk = ReviewDesk(self.state)
        self.faults = PlannedFaults()
        self.calls: list[str] = []
        self.wrote: Callable[[], None] = lambda: None
        self._gateway = Gateway(self.state, self.faults, RequestLog())
        self._keys = {key.profile.name: key for key in self.state.keys.values()}

    @contextmanager
    def reached(self) -> Iterator[None]:
        """Whoever calls Alibaba Cloud in this process reaches this one, with its profiles' keys."""
        with pytest.MonkeyPatch.context() as patch:
            for product in ("ECS", "VPC", "STS"):
                patch.setenv(f"ALIBABA_CLOUD_ENDPOINT_{product}", "sandbox.invalid")
            patch.delenv("SSL_CERT_FILE", raising=False)
            patch.setattr(DaraCore, "do_action", staticmethod(self._answer))
            patch.setattr(credentials, "resolve", self._credentials)
            # The machine's own clock is right: the same as this cloud's, also before the first answer.
            patch.setattr(Cloud, "now", lambda _: self.clock.now())
            # The default is taken from here where no other is given.
            patch.setitem(cast(dict[str, Any], Cloud.__init__.__kwdefaults__), "sleep", _no_wait)
            yield

    def _credentials(self, profile: str) -> CredentialClient:
        key = self._keys[profile]
        provider = StaticAKCredentialsProvider(access_key_id=key.id, access_key_secret=key.secret)
        return CredentialClient(provider=provider)

    def _answer(self, request: Any, _options: Any = None) -> DaraResponse:
        """What the SDK gets for a request; raises what it raises where the connection is cut."""
        product, action = _OFFERED[request.headers["x-acs-version"], request.headers["x-acs-action"]]
        key = self.state.keys[_signed_by(request.headers["Authorization"])]
        parameters = {
            name: str(value)
            for name, value in request.query.items()
            if name not in PROTOCOL_PARAMETERS and value is not None
        }
        fault = self.faults.take(action.name, key.account.id)
        error: ApiError | None = None
        body: Answer = {}
        try:
            if fault is None or fault.kind != "cut-before":
                body = self._gateway.perform(product, action, key, fault, parameters)
        except ApiError as refused:
            error = refused
        self.calls.append(action.name)
        if action.name in WRITES and "DryRun" not in parameters:
            self.wrote()
        if fault is not None and fault.kind in ("cut-before", "cut-after"):
            raise _cut()
        return self._response(body, error)

    def _response(self, body: Answer, error: ApiError | None) -> DaraResponse:
        answer = DaraResponse()
        answer.status_code = error.http_status if error else 200
        answer.headers = {"date": format_datetime(self.clock.now(), usegmt=True), **(error.headers if error else {})}
        described = {"Code": error.code, "Message": error.message, **error.fields} if error else body
        answer.body = json.dumps({"RequestId": "0A1B2C3D-0000-0000-0000-000000000000", **described}).encode()
        return answer


_OFFERED = {(product.version, action.name): (product, action) for product in PRODUCTS for action in product.actions}


def _signed_by(authorization: str) -> str:
    """The access key's id: `ACS3-HMAC-SHA256 Credential=<id>,SignedHeaders=…`."""
    return authorization.partition("Credential=")[2].partition(",")[0]


def _cut() -> RetryError:
    """What the SDK raises for a connection that broke."""
    cut = RetryError("Connection aborted.")
    cut.__context__ = requests.exceptions.ConnectionError("Connection aborted.")
    return cut


def _no_wait(_seconds: float) -> None:
    """Between two attempts."""
