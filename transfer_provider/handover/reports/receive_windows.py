"""What receive windows hold back, and what can't wait for them: lines of each run, for whoever reads its preview.

Handovers that are held back until the same time share a line; those by a copy have lines of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import pulumi

from transfer_provider.handover.plan import Due, Observed
from transfer_provider.model.lifecycle import Status, parse_time
from transfer_provider.model.text import printable
from transfer_provider.model.windows import ACCEPT_NOW, ReceiveWindow, in_how_long, next_receipt

NAMED = 3
"""How many handovers a line names."""

MADE = "the recipient's instance is made"
"""What a copy's receive window holds back."""

Decided = tuple[ReceiveWindow, Due, Observed]


def report(decided: Mapping[str, Decided], now: datetime) -> None:
    """Log it of these handovers, given by name, with the windows that hold for them."""
    if not decided:
        return
    for line in held_back(decided, now):
        pulumi.log.info(line)
    for line in (*outside(decided, now), *too_late(decided, now, pulumi.get_stack())):
        pulumi.log.warn(line)


def held_back(decided: Mapping[str, Decided], now: datetime) -> list[str]:
    """The approved ones that wait, and until when; and the copies."""
    return [
        f"{_named(names)}: {what} in the receive window, which opens {window.shown(opens)} "
        f"({in_how_long(opens - now)})."
        for some, what in ((_transfers(decided), "approved; accepted"), (_copies(decided), MADE))
        for window, opens, names in _together(
            {name: (window, plan.held_until) for name, (window, plan, _) in some.items() if plan.held_until}
        )
    ]


def outside(decided: Mapping[str, Decided], now: datetime) -> list[str]:
    """Those that this run accepts, or makes, all the same."""
    return [
        f"{_named(names)}: {what} by this run outside of the receive window, which opens "
        f"{window.shown(opens)} ({in_how_long(opens - now)}), as {ACCEPT_NOW} asks."
        for some, what in ((_transfers(decided), "approved; accepted"), (_copies(decided), MADE))
        for window, opens, names in _together(
            {name: (each, each.next_opening(now)) for name, (each, plan, _) in some.items() if plan.outside_window}
        )
    ]


def too_late(decided: Mapping[str, Decided], now: datetime, stack: str) -> list[str]:
    """Those whose acceptance expires before their window opens, with what to do; as soon as the deadline is known."""
    expiring: dict[str, tuple[ReceiveWindow, datetime]] = {}
    deadlines: dict[str, datetime] = {}
    for name, (window, plan, observed) in decided.items():
        opens, deadline = next_receipt(window, now), _deadline(observed)
        if opens is not None and deadline is not None and deadline <= opens and not plan.receipt:
            expiring[name], deadlines[name] = (window, opens), deadline
    return [
        _expires(names, window.shown(min(deadlines[name] for name in names)), window.shown(opens), stack)
        for window, opens, names in _together(expiring)
    ]


def _expires(names: Sequence[str], deadline: str, opens: str, stack: str) -> str:
    when, which = (deadline, names[0]) if len(names) == 1 else (f"from {deadline} on", "NAME")
    return (
        f"{_named(names)}: the time to accept ends {when}, before the receive window opens, {opens}; what expires has "
        "to be submitted and reviewed again. Widen the window in a reviewed commit; or accept outside of it, which "
        f"can't be undone: `handover accept {which} --now --stack {printable(stack)}`."
    )


def _deadline(observed: Observed) -> datetime | None:
    """Until when it has to be accepted, as far as that is reported; None where nothing waits."""
    transfer = observed.transfer
    if transfer is None or observed.arrived or transfer.status not in (Status.UNDER_REVIEW, Status.APPROVED):
        return None
    return parse_time(transfer.accept_before)


def _transfers(decided: Mapping[str, Decided]) -> Mapping[str, Decided]:
    return {name: each for name, each in decided.items() if each[1].receipt_channel != "image"}


def _copies(decided: Mapping[str, Decided]) -> Mapping[str, Decided]:
    return {name: each for name, each in decided.items() if each[1].receipt_channel == "image"}


def _together(
    waiting: Mapping[str, tuple[ReceiveWindow, datetime]],
) -> Iterator[tuple[ReceiveWindow, datetime, Sequence[str]]]:
    """Those whose windows open at the same time, by the same clock, with one of the windows; the earliest first."""
    groups: dict[tuple[datetime, str], list[str]] = {}
    for name, (window, opens) in sorted(waiting.items()):
        groups.setdefault((opens, window.time_zone), []).append(name)
    for (opens, _), names in sorted(groups.items()):
        yield waiting[names[0]][0], opens, names


def _named(names: Sequence[str]) -> str:
    first, more = list(names[:NAMED]), len(names) - NAMED
    if more > 0:
        first.append(f"{more} more")
    return f"{', '.join(first[:-1])} and {first[-1]}" if len(first) > 1 else first[0]
