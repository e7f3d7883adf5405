"""The warm process: has imported what processes of the library and of the sandbox import, and forks them.

It gets requests from `client.py`: arguments, environment, folder, ignored signals, session, and the three standard
streams. The child is as the interpreter would have started it, but for the imports. A client that is gone takes its
child along, and the end of standard input, which is the end of the tests, takes all.
"""

from __future__ import annotations

import array
import atexit
import contextlib
import gc
import importlib
import io
import marshal
import os
import pkgutil
import re
import runpy
import selectors
import signal
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

PACKAGES = ("transfer_provider", "sandbox")
MODULES = ("pulumi.dynamic", "concurrent.futures.thread", "encodings.utf_8_sig", "grpc._server", "grpc._channel")
# These keep what they found in the environment when they were imported.
OF_THE_ENVIRONMENT = ("alibabacloud_credentials.utils.auth_util", "alibabacloud_credentials.utils.auth_constant")


def warm_up() -> None:
    """Import whatever the library and the sandbox import, also what they import where they first use it."""
    for name in PACKAGES:
        for module in pkgutil.walk_packages(importlib.import_module(name).__path__, f"{name}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    for name in MODULES + OF_THE_ENVIRONMENT:
        importlib.import_module(name)
    models = importlib.import_module("transfer_provider.cloud.sdk").models
    for source in Path(importlib.import_module("transfer_provider.cloud").__path__[0]).glob("*.py"):
        for model in re.findall(r"\bmodels\.(\w+)Request\b", source.read_text()):
            getattr(models, f"{model}Request")
            getattr(models, f"{model}Response")
            getattr(models, f"{model}ResponseBody")
    # Both import most of what they are at their first use.
    getattr(importlib.import_module("pulumi_alicloud.ecs"), "SecurityGroup")  # noqa: B009
    importlib.import_module("apprise").Apprise.instantiate("json://127.0.0.1")
    gc.collect()
    gc.freeze()
    assert sum(1 for _ in Path("/proc/self/task").iterdir()) == 1, "a process with threads can't be forked"


class Server:
    """Takes requests at a socket; `serve` returns in each child."""

    def __init__(self, path: str) -> None:
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(64)
        self.woken, self.waking = socket.socketpair()
        for end in (self.woken, self.waking):
            end.setblocking(False)
        signal.set_wakeup_fd(self.waking.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self.selector = selectors.DefaultSelector()
        for readable in (sys.stdin.buffer, self.listener, self.woken):
            self.selector.register(readable, selectors.EVENT_READ)
        self.clients: dict[int, socket.socket] = {}  # by the child's process

    def serve(self) -> None:
        while True:
            for key, _ in self.selector.select():
                if key.fileobj is sys.stdin.buffer:
                    self.end()
                elif key.fileobj is self.woken:
                    self.woken.recv(4096)
                    self.report_ended()
                elif key.fileobj is not self.listener:
                    self.selector.unregister(key.fileobj)
                    if self.clients.get(key.data) is key.fileobj:
                        os.kill(key.data, signal.SIGKILL)
                elif self.fork():
                    return

    def fork(self) -> bool:
        """Whether this is the child."""
        client, _ = self.listener.accept()
        streams, content = _request(client)
        child = os.fork()
        if child == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self.selector.close()
            for end in (self.listener, self.woken, self.waking, client, *self.clients.values()):
                end.close()
            _become(streams, *content)
            return True
        for descriptor in streams:
            os.close(descriptor)
        self.clients[child] = client
        self.selector.register(client, selectors.EVENT_READ, child)
        with contextlib.suppress(OSError):
            client.sendall(child.to_bytes(4, "big"))
        return False

    def report_ended(self) -> None:
        while self.clients:
            child, status = os.waitpid(-1, os.WNOHANG)
            if child == 0:
                return
            client = self.clients.pop(child)
            with contextlib.suppress(KeyError):
                self.selector.unregister(client)
            with contextlib.suppress(OSError):
                client.sendall(os.waitstatus_to_exitcode(status).to_bytes(4, "big", signed=True))
            client.close()

    def end(self) -> NoReturn:
        for child in self.clients:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        os._exit(0)


def _request(client: socket.socket) -> tuple[list[int], Any]:
    streams = array.array("i")
    size, ancillary, _, _ = client.recvmsg(4, socket.CMSG_LEN(3 * streams.itemsize))
    for _, _, data in ancillary:
        streams.frombytes(data)
    return list(streams), marshal.loads(client.recv(int.from_bytes(size, "big"), socket.MSG_WAITALL))


def _become(
    streams: list[int],
    arguments: list[str],
    environment: dict[bytes, bytes],
    folder: str,
    ignored: list[int],
    leads_session: bool,
    name: str,
) -> None:
    """Be the process that was asked for."""
    signal.signal(signal.SIGINT, signal.SIG_IGN if signal.SIGINT in ignored else signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_IGN if signal.SIGHUP in ignored else signal.SIG_DFL)
    if leads_session:
        os.setsid()
    for number, descriptor in enumerate(streams):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.environ.clear()
    os.environb.update(environment)
    os.environ.setdefault("LC_CTYPE", "C.UTF-8")  # as Python itself does where no locale is set
    os.chdir(folder)
    for module in OF_THE_ENVIRONMENT:
        importlib.reload(sys.modules[module])
    sys.dont_write_bytecode = bool(os.environ.get("PYTHONDONTWRITEBYTECODE"))
    sys.executable = name
    sys.orig_argv = [name, *arguments]
    options = set()
    while arguments[0] in ("-u", "-P"):
        options.add(arguments.pop(0))
    sys.argv = arguments
    del sys.path[0]
    if "PYTHONPATH" in os.environ:
        sys.path.insert(0, os.environ["PYTHONPATH"])
    if "-P" not in options:
        sys.path.insert(0, folder if arguments[0] == "-m" else str(Path(arguments[0]).resolve().parent))
    unbuffered = "-u" in options or "PYTHONUNBUFFERED" in os.environ
    sys.stdin, sys.stdout, sys.stderr = (_stream(number, unbuffered) for number in (0, 1, 2))
    vars(sys).update(__stdin__=sys.stdin, __stdout__=sys.stdout, __stderr__=sys.stderr)


def _stream(number: int, unbuffered: bool) -> io.TextIOWrapper:
    """A standard stream as Python opens it where no locale is set."""
    raw = io.FileIO(number, "w" if number else "r", closefd=False)
    buffered: Any = io.BufferedReader(raw) if number == 0 else raw if unbuffered else io.BufferedWriter(raw)
    return io.TextIOWrapper(
        buffered,
        encoding="utf-8",
        errors="backslashreplace" if number == 2 else "surrogateescape",
        line_buffering=number == 2 or raw.isatty(),
        write_through=unbuffered and number > 0,
    )


def run() -> None:
    """What the child was asked to be: a module or a script."""
    if sys.argv[0] == "-m":
        module = sys.argv[1]
        sys.argv = sys.argv[1:]
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    else:
        runpy.run_path(sys.argv[0], run_name="__main__")


def end_after(child: Callable[[], None]) -> NoReturn:
    """End as the interpreter ends after this, but for freeing all that was imported."""
    code = 0
    try:
        child()
    except SystemExit as asked:
        if isinstance(asked.code, str):
            sys.stderr.write(f"{asked.code}\n")
        code = asked.code if isinstance(asked.code, int) else int(asked.code is not None)
    except BaseException as error:  # noqa: BLE001
        sys.excepthook(type(error), error, error.__traceback__)
        code = -signal.SIGINT if isinstance(error, KeyboardInterrupt) else 1
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code & 255)


if __name__ == "__main__":
    warm_up()
    server = Server(sys.argv[1])
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    server.serve()
    end_after(run)
