"""The RPC gateway: a request is checked in the real one's order, handled, answered, and written down.

action and version → signature → fault → permission → unknown parameters → client token → the action's handler.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import Response

from sandbox.actions.call import Action, Answer, Call, Product
from sandbox.actions.products import PRODUCTS
from sandbox.gateway.client_tokens import ClientTokens
from sandbox.gateway.faults import Fault, Faults
from sandbox.gateway.middleware import CutConnection
from sandbox.gateway.permissions import Permission
from sandbox.gateway.rendering import render
from sandbox.gateway.request_log import Entry, RequestLog
from sandbox.gateway.signatures import Gatekeeper, WireRequest
from sandbox.models.errors import ApiError, internal_error, missing, not_offered
from sandbox.state.cloud import CloudState
from sandbox.state.keys import AccessKey

# Parameters of the protocol: no action gets them and no log keeps them.
PROTOCOL_PARAMETERS = frozenset(
    {
        "AccessKeyId",
        "Action",
        "Format",
        "SecureTransport",
        "SecurityToken",
        "Signature",
        "SignatureMethod",
        "SignatureNonce",
        "SignatureType",
        "SignatureVersion",
        "SourceIp",
        "Timestamp",
        "Version",
    }
)

logger = logging.getLogger("sandbox")


class Gateway:
    """Answers API calls from the cloud's state."""

    def __init__(self, cloud: CloudState, faults: Faults, log: RequestLog) -> None:
        self._cloud = cloud
        self._faults = faults
        self._log = log
        self._gatekeeper = Gatekeeper(cloud.keys)
        self._tokens = ClientTokens()

    async def answer(self, http: Request) -> Response:
        """One call. A failure of our own is a 500 to the client; its traceback goes to standard error."""
        request = await _read(http)
        name = request.headers.get("x-acs-action") or request.parameters.get("Action")
        parameters = {key: value for key, value in request.parameters.items() if key not in PROTOCOL_PARAMETERS}
        product: Product | None = None
        key: AccessKey | None = None
        fault: Fault | None = None
        error: ApiError | None = None
        body: Answer = {}
        try:
            product, action = _looked_up(name, request)
            key = self._gatekeeper.admit(request)
            fault = self._faults.take(action.name, key.account.id)
            if not (fault and fault.kind == "cut-before"):
                body = self.perform(product, action, key, fault, parameters)
        except ApiError as refused:
            error = refused
        except Exception:
            logger.exception("The sandbox failed to answer %s", name)
            error = internal_error()
        cut = fault is not None and fault.kind in ("cut-before", "cut-after")
        self._log.add(
            Entry(
                time=self._cloud.clock.now(),
                account_id=key.account.id if key else None,
                profile=key.profile.name if key else None,
                product=product.name if product else None,
                action=name,
                region=parameters.get("RegionId"),
                parameters=parameters,
                http_status=None if cut else error.http_status if error else 200,
                error_code=error.code if error else None,
                fault=fault.kind if fault else None,
            )
        )
        if fault and fault.kind == "delay":
            await asyncio.sleep(fault.seconds)
        return CutConnection() if cut else _answered(request, name, product, body, error)

    def perform(
        self, product: Product, action: Action, key: AccessKey, fault: Fault | None, parameters: Mapping[str, str]
    ) -> Answer:
        """What an admitted call answers; raises ApiError where it is refused."""
        refusal = fault and fault.refusal()
        if refusal:
            raise refusal
        permission = Permission(key, product, action, self._cloud.world.denied_reads)
        permission.require()
        action.refuse_unknown(parameters)
        call = Call(self._cloud, self._cloud.accounts[key.account.id], key.profile, parameters)
        with self._cloud.lock:
            self._cloud.settle()
            answer = self._tokens.once(key.account.id, action.name, parameters, lambda: product.answer(action, call))
        return permission.of_listing(call, answer) if action.lists else answer


async def _read(http: Request) -> WireRequest:
    body = await http.body()
    is_form = "x-www-form-urlencoded" in http.headers.get("content-type", "")
    return WireRequest(
        method=http.method,
        path=http.url.path,
        query=_pairs(http.url.query),
        form=_pairs(body.decode(errors="replace")) if is_form else (),
        headers=dict(http.headers),
        body=body,
    )


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    # Some clients send and sign a blank SignatureType.
    return tuple(parse_qsl(text, keep_blank_values=True))


_OFFERED = {(product.version, action.name): (product, action) for product in PRODUCTS for action in product.actions}


def _looked_up(name: str | None, request: WireRequest) -> tuple[Product, Action]:
    """The action and its product, by the version: every product is answered at the same address."""
    version = request.headers.get("x-acs-version") or request.parameters.get("Version")
    if not name:
        raise missing("Action")
    if not version:
        raise missing("Version")
    offered = _OFFERED.get((version, name))
    if offered is None:
        versions, names = ({key[part] for key in _OFFERED} for part in (0, 1))
        if name in names and version not in versions:
            raise ApiError(400, "InvalidVersion", "Specified parameter Version is not valid.")
        raise not_offered()
    return offered


def _answered(
    request: WireRequest, name: str | None, product: Product | None, body: Answer, error: ApiError | None
) -> Response:
    request_id = str(uuid.uuid4()).upper()
    headers = {"x-acs-request-id": request_id}
    if error is None:
        return render(request, f"{name}Response", {"RequestId": request_id, **body}, 200, headers)
    query = {"q": error.code, "product": product.name if product else "", "requestId": request_id}
    fields = {
        "RequestId": request_id,
        "HostId": request.headers.get("host", ""),
        "Code": error.code,
        "Message": error.message,
        "Recommend": f"https://api.aliyun.com/troubleshoot?{urlencode(query)}",
        **error.fields,
    }
    return render(request, "Error", fields, error.http_status, headers | error.headers)
