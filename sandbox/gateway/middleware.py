"""What happens below the answers: the sandbox's time on each of them, and connections cut without one."""

from __future__ import annotations

from email.utils import format_datetime

from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.state.clock import Clock

_ABORT = "sandbox.abort"


class TransportMiddleware:
    """Wraps the application outermost, where uvicorn's own connection is still in reach."""

    def __init__(self, app: ASGIApp, clock: Clock) -> None:
        self._app = app
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Clients take the cloud's time from `Date`, so each answer carries that of the sandbox's clock."""

        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["date"] = format_datetime(self._clock.now(), usegmt=True)
            await send(message)

        # `send` is a method of uvicorn's request, which holds the transport.
        connection = getattr(send, "__self__", None)
        await self._app({**scope, _ABORT: connection and connection.transport.abort}, receive, dated)


class CutConnection(Response):
    """No answer: the connection breaks."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Return only once the connection is gone, so that the server does not answer in our place."""
        scope[_ABORT]()
        while (await receive())["type"] != "http.disconnect":
            pass
