"""A request to the admin side, and who may make it: this machine's user that started the sandbox.

The server listens on loopback, which all local users reach, so each request carries the token of `home.py`'s file that
only this user reads. What a web page could make a browser send is refused by its Host or its content type.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError
from pydantic_core import to_jsonable_python
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.models.errors import SandboxError

TOKEN_HEADER = "x-sandbox-token"  # noqa: S105 (its name)

LARGEST_BODY = 1_000_000

_LOOPBACK = ("127.0.0.1", "localhost", "::1")

Body = TypeVar("Body", bound=BaseModel)


@dataclass(frozen=True)
class AdminRequest:
    """An admin request."""

    request: Request
    content: bytes

    @property
    def name(self) -> str:
        """The transfer, instance or other thing in the path."""
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


def mount(prefix: str, routes: list[Route], token: str) -> Mount:
    """The routes below a prefix; without the token none of them, nor whether there is such a route, is revealed."""
    return Mount(prefix, routes=routes, middleware=[Middleware(_TokenRequired, token=token)])


def route(method: str, path: str, handle: Callable[[AdminRequest], Any]) -> Route:
    """An admin route: what `handle` returns is answered as JSON, a SandboxError as 400."""

    async def endpoint(request: Request) -> Response:
        if _host(request) not in _LOOPBACK:
            return _refused(403, "The admin side only answers at a loopback address.")
        if method != "GET" and request.headers.get("content-type", "").partition(";")[0] != "application/json":
            return _refused(415, "Send the content type application/json.")
        content = await _content(request)
        if content is None:
            return _refused(413, f"A body has at most {LARGEST_BODY} bytes.")
        try:
            answer = handle(AdminRequest(request, content))
        except SandboxError as error:
            return _refused(400, str(error))
        return JSONResponse(to_jsonable_python(answer))

    return Route(path, endpoint, methods=[method])


class _TokenRequired:
    """Lets through what carries the token, and tells everybody else nothing."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._token = token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        given = Headers(scope=scope).get(TOKEN_HEADER, "").encode("latin-1")
        if hmac.compare_digest(given, self._token):
            await self._app(scope, receive, send)
        else:
            refused = _refused(401, f"Send the token of the file admin-token in the header {TOKEN_HEADER}.")
            await refused(scope, receive, send)


def _host(request: Request) -> str | None:
    try:
        return urlsplit(f"//{request.headers.get('host', '')}").hostname
    except ValueError:  # brackets that are none of an IPv6 address
        return None


async def _content(request: Request) -> bytes | None:
    """The body, or None where it is too large."""
    content = b""
    async for chunk in request.stream():
        content += chunk
        if len(content) > LARGEST_BODY:
            return None
    return content


def _refused(status: int, why: str) -> Response:
    return JSONResponse({"error": why}, status_code=status)
