"""The runs that the sequences make: undisturbed, killed, or met by faults, each with an order of its own."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from hypothesis import strategies as st

from tests.twin.cloud import READS, Trouble


@dataclass(frozen=True)
class Attempt:
    """A run of `pulumi`: the order of what nothing orders, the faults it meets, and after how many writes (of the cloud
    or of the state) it is killed; 0: it is not."""

    command: str = "up"
    order: int = 0
    troubles: tuple[Trouble, ...] = ()
    killed_after: int = 0


# Drawn as a whole, for that is fast: a third are undisturbed, a third killed, a third meet faults.
TROUBLES = [
    (Trouble(kind, action, spared, times),)
    for kind, action, spared, times in product(
        ("cut-after", "cut-before", "throttle", "error"),
        ("TransferInstance", "CancelInstanceTransfer", "AcceptInstanceTransfer", *READS, "*"),
        (0, 1, 2),
        (1, 5),
    )
]
UNDISTURBED = [None, *(Attempt(order=order) for order in range(8)), Attempt("refresh")] * 15
KILLED = [
    Attempt(command, order, killed_after=after)
    for command in ("up", "up", "refresh")
    for order in range(8)
    for after in range(1, 7)
]
DISTURBED = [Attempt(order=number % 8, troubles=troubles) for number, troubles in enumerate(TROUBLES)]
ATTEMPTS = st.sampled_from([*UNDISTURBED, *KILLED, *DISTURBED])
