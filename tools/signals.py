"""What a program inherits of signals, made right for the processes it starts."""

from __future__ import annotations

import signal
import threading


def heed_interrupts() -> None:
    """Heed SIGINT also where this process was started ignoring it, as by `nohup` or by `&` in a script.

    Its children inherit that. Pulumi ends its plugins by SIGINT, and waits five seconds for each that ignores it.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.default_int_handler)
