"""The whole sandbox in a thread: for tests as a context manager, and what the command runs.

with Sandbox.running(world, directory=tmp_path) as cloud:
    client = …  # of cloud.endpoint, or with the variables cloud.environment()
    cloud.desk.approve("i-…")
    cloud.clock.advance(timedelta(hours=3))
"""

from __future__ import annotations

import asyncio
import errno
import os
import secrets
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route

from sandbox.gateway.faults import Faults
from sandbox.gateway.gateway import Gateway
from sandbox.gateway.middleware import TransportMiddleware
from sandbox.gateway.request_log import RequestLog
from sandbox.models.errors import SandboxError
from sandbox.models.world import World
from sandbox.people.console import Console
from sandbox.people.image_maker import ImageMaker
from sandbox.people.owner import Owner
from sandbox.people.review_desk import ReviewDesk
from sandbox.server import admin, certificates
from sandbox.server.home import LOOPBACK, Facts, Home
from sandbox.state.clock import Clock
from sandbox.state.cloud import CloudState


class Sandbox:
    """A local Alibaba Cloud created from a world. Everything public may be used from any thread while it runs."""

    def __init__(self, world: World, home: Home, facts: Facts) -> None:
        self.world = world
        self.home = home
        self.facts = facts
        self.clock = Clock()
        self.state = CloudState(world, self.clock)
        self.desk = ReviewDesk(self.state)
        self.console = Console(self.state)
        self.owner = Owner(self.state)
        self.images = ImageMaker(self.state)
        self.faults = Faults()
        self.log = RequestLog()

    @property
    def endpoint(self) -> str:
        """Where every product answers, `host:port`, over TLS."""
        return f"{LOOPBACK}:{self.facts.port}"

    def environment(self) -> dict[str, str]:
        """The variables that point Alibaba Cloud's clients here, to be added to a process's own."""
        return self.home.environment(self.facts.port)

    @classmethod
    @contextmanager
    def running(
        cls, world: World, *, directory: Path, port: int = 0, world_name: str = "made by a program"
    ) -> Iterator[Sandbox]:
        """Serve the world on loopback until the block ends. Port 0 takes a free port.

        Clients find what they need in `directory`; see `home.py`. Raises SandboxError where the port is taken, the
        folder can't be created, or another sandbox is running in it.
        """
        home = Home(directory)
        home.prepare()
        context, authority = certificates.create()
        with home.held(), _listening(port) as listener:
            facts = Facts(pid=os.getpid(), port=listener.getsockname()[1], started=datetime.now(UTC), world=world_name)
            sandbox = cls(world, home, facts)
            token = secrets.token_urlsafe(32)
            try:
                with _serving(sandbox._application(token), listener, context):
                    home.write(facts, authority, token, sandbox.state.keys.values(), world.regions[0])
                    yield sandbox
            finally:
                # Only once the server has ended: whoever waits for the files to go finds the port free.
                home.remove()

    def _application(self, token: str) -> TransportMiddleware:
        gateway = Gateway(self.state, self.faults, self.log)
        side = admin.Admin(
            self.state, self.desk, self.console, self.owner, self.images, self.faults, self.log, self.facts
        )
        app = Starlette(routes=[Route("/", gateway.answer, methods=["GET", "POST"]), side.mounted(token)])
        return TransportMiddleware(app, self.clock)


class _Server(uvicorn.Server):
    """uvicorn's server, which signals when it has started, and stops at once; uvicorn's takes 0.2 s."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop, self._stopped = asyncio.get_running_loop(), asyncio.Event()
        await super().startup(sockets)
        self.ready.set()

    async def main_loop(self) -> None:
        await self.on_tick(0)
        await self._stopped.wait()

    def stop(self) -> None:
        """End it, from another thread."""
        self.should_exit = True
        self._loop.call_soon_threadsafe(self._stopped.set)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for closed in (*self.servers, *(sockets or ())):
            closed.close()
        # Idle clients are not waited for, answers under way for a second.
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        if self.server_state.tasks:
            _, late = await asyncio.wait(self.server_state.tasks, timeout=1)
            for task in late:
                task.cancel()


@contextmanager
def _listening(port: int) -> Iterator[socket.socket]:
    # Named as TCP, or asyncio lets the end of each answer wait for the client's acknowledgement, which takes 40 ms.
    with socket.socket(proto=socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LOOPBACK, port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise SandboxError(
                    f"Could not listen on port {port}: {error.strerror}. Specify another with --port."
                ) from None
            raise SandboxError(
                f"Could not listen on port {port}: another program uses it. Specify another with --port."
            ) from None
        yield listener


@contextmanager
def _serving(app: TransportMiddleware, listener: socket.socket, context: ssl.SSLContext) -> Iterator[None]:
    server = _Server(
        uvicorn.Config(
            app,
            http="h11",
            ws="none",
            loop="asyncio",
            lifespan="off",
            log_config=None,
            log_level="warning",
            access_log=False,
            date_header=False,
            server_header=False,
            ssl_context_factory=lambda *_: context,
        )
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="alicloud-sandbox", daemon=True)
    thread.start()
    while not server.ready.wait(timeout=0.1):
        if not thread.is_alive():
            raise SandboxError("Could not start the sandbox's server. See standard error.")
    try:
        yield
    finally:
        server.stop()
        thread.join()
