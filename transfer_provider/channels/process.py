"""What a process owes the engine that started it: to end with it, and to answer with an error's own words.

No operation depends on either. Whatever the process was doing when it ended is found by the next run.
"""

from __future__ import annotations

import functools
import os
import select
import stat
import sys
import threading
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import grpc

from transfer_provider.cloud.errors import HandoverError

SECONDS = 1  # how often a process looks for its engine

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")


@functools.cache
def end_with_engine() -> None:
    """End this process once its engine is gone; a `kill -9` of `pulumi` reaches only `pulumi` itself.

    The engine reads what its processes print. So a pipe that nobody reads any more shows that it is gone, whatever is
    between both: a shell script, the language host. A process that prints elsewhere is left alone.
    """
    pipes = [descriptor for descriptor in (1, 2) if _is_pipe(descriptor)]
    if pipes and hasattr(select, "poll"):
        threading.Thread(target=_watch, args=(pipes,), name="engine-watch", daemon=True).start()


def in_its_own_words(operation: Callable[Arguments, Answer]) -> Callable[Arguments, Answer]:
    """A provider's operation whose HandoverError reaches the user without a prefix of gRPC's.

    gRPC reports any exception as "Exception calling application: …", unless its call has details of its own.
    """

    @functools.wraps(operation)
    def reported(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Answer:
        try:
            return operation(*args, **kwargs)
        except HandoverError as error:
            call = _call()
            if call is not None:
                call.set_details(str(error))
            raise

    return reported


def _call() -> grpc.ServicerContext | None:
    """The call that is being answered. Pulumi's servicer does not hand it on, so it is found among the callers."""
    frame = sys._getframe(1)
    while frame.f_back is not None:
        frame = frame.f_back
        candidate = frame.f_locals.get("context")
        if isinstance(candidate, grpc.ServicerContext):
            return candidate
    return None


def _watch(pipes: list[int]) -> None:
    while not all(map(_unread, pipes)):
        time.sleep(SECONDS)
    # Nobody waits for an answer any more, and threads that wait for one don't keep it alive.
    os._exit(1)


def _unread(pipe: int) -> bool:
    """Whether no process has the pipe's other end open."""
    poll = select.poll()
    poll.register(pipe, 0)  # errors only, which are always reported
    return bool(poll.poll(0))


def _is_pipe(descriptor: int) -> bool:
    try:
        return stat.S_ISFIFO(os.fstat(descriptor).st_mode)
    except OSError:
        return False
