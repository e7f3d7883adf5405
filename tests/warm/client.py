"""What stands for `python` in tests: has the warm process do what it was started for, and ends as that ends.

It runs for each process that the engine starts, so it imports only what is built into the interpreter. What is not
like the warm process, or comes after its end, is done by the real interpreter.
"""

from __future__ import annotations

import _signal as signal  # type: ignore[import-not-found]
import _socket
import marshal
import posix
import sys
from typing import Any

NAME, *ARGUMENTS = sys.argv
LIST_ONCE = 'test -f "$1" || { "$0" -m pip list -v --format json >"$1.$$" && mv "$1.$$" "$1"; } && cat "$1"'
HARMLESS = (b"PYTHONDONTWRITEBYTECODE", b"PYTHONPATH", b"PYTHONPYCACHEPREFIX", b"PYTHONUNBUFFERED")
REPOSITORY = sys.path[0].rsplit("/", 2)[0].encode()
LOCALE = (b"LANG", b"LC_ALL", b"LC_CTYPE")


def main(real: str, at: str, packages: str) -> None:
    """Stand for `real`, with the warm process listening `at`, and `packages` what `pip list` says of it."""
    if ARGUMENTS == ["--version"]:
        sys.stdout.write(f"Python {sys.version.split()[0]}\n")
    elif ARGUMENTS == ["-m", "pip", "list", "-v", "--format", "json"]:
        posix.execv("/bin/sh", ["sh", "-c", LIST_ONCE, real, packages])
    elif is_like_the_warm_process():
        warm = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
        try:
            warm.connect(at)
        except OSError:
            in_the_cold(real)
        end_as_it_ends(warm)
    else:
        in_the_cold(real)


def is_like_the_warm_process() -> bool:
    """Whether it is started for a module or a script, and nothing changes how Python starts."""
    what = [each for each in ARGUMENTS if each not in ("-u", "-P")][:1]
    if not what or (what[0].startswith("-") and what[0] != "-m"):
        return False
    if any(name.startswith(b"PYTHON") and name not in HARMLESS for name in posix.environ):
        return False
    if posix.environ.get(b"PYTHONPATH", REPOSITORY) != REPOSITORY:
        return False
    return b"TZ" not in posix.environ and all(posix.environ.get(name, b"C.UTF-8") == b"C.UTF-8" for name in LOCALE)


def in_the_cold(real: str) -> None:
    posix.execv(real, [real, *ARGUMENTS])


def answer(warm: _socket.socket) -> bytes:
    """The four bytes of the exit code. Python handles a signal between two waits, so that none is left lying."""
    warm.settimeout(0.2)
    while True:
        try:
            return warm.recv(4) or b"\1"
        except TimeoutError:
            continue


def end_as_it_ends(warm: _socket.socket) -> None:
    """Send what a process inherits, pass signals on to the warm process's child, and end as it does."""
    ignored = [number for number in (signal.SIGINT, signal.SIGHUP) if signal.getsignal(number) is signal.SIG_IGN]
    leads = posix.getsid(0) == posix.getpid()
    request = marshal.dumps((ARGUMENTS, dict(posix.environ), posix.getcwd(), ignored, leads, NAME))
    streams = b"".join(number.to_bytes(4, sys.byteorder) for number in (0, 1, 2))
    warm.sendmsg([len(request).to_bytes(4, "big")], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, streams)])
    warm.sendall(request)
    child = int.from_bytes(warm.recv(4, _socket.MSG_WAITALL), "big")

    def pass_on(number: int, _: Any) -> None:
        try:  # noqa: SIM105
            posix.kill(child, number)
        except ProcessLookupError:
            pass

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number not in ignored:
            signal.signal(number, pass_on)
    code = int.from_bytes(answer(warm), "big", signed=True)
    if code < 0:
        if -code != signal.SIGKILL:
            signal.signal(-code, signal.SIG_DFL)
        posix.kill(posix.getpid(), -code)
    posix._exit(code)
