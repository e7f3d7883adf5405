"""What declared handovers wait for before a run may take their next step, beside Alibaba Cloud and people."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from transfer_provider.handover.order.turns import StackAhead, waits_for
from transfer_provider.handover.plan import Wanted
from transfer_provider.handover.state import StackState
from transfer_provider.inputs.manifest import Declared
from transfer_provider.inputs.settings import Settings
from transfer_provider.inputs.window import effective
from transfer_provider.model.lifecycle import Status
from transfer_provider.model.windows import next_receipt


@dataclass(frozen=True)
class Waiting:
    """What one handover waits for."""

    window_opens: datetime | None = None
    """When its receipt is due next; None: at once, or without a receive window."""
    reasons: Sequence[str] = ()
    """Why it is not submitted yet, a sentence each."""


def waiting(
    settings: Settings,
    declared: Sequence[Declared],
    state: StackState,
    now: datetime,
    *,
    arrived: Collection[str] = (),
    statuses: Mapping[str, Status] | None = None,
    under_way: Collection[str] = (),
    stacks: Sequence[StackAhead] = (),
) -> Mapping[str, Waiting]:
    """What each declared handover waits for, by name; a handover that waits for nothing is missing.

    What was observed of their order is as in `waits_for` of `handover/order/turns.py`.
    """
    wanted = [
        Wanted(each.name, each.inputs.request(), channel=each.inputs.channel, copy=each.copy, after=each.after)
        for each in declared
    ]
    reasons = waits_for(wanted, settings, state, arrived=arrived, statuses=statuses, under_way=under_way, stacks=stacks)
    windows = {
        each.name: effective(each.recreate.window, settings.window) for each in declared if each.recreate is not None
    }
    opening = {name: next_receipt(window, now) for name, window in windows.items()}
    opening = {name: opens for name, opens in opening.items() if opens is not None}
    return {name: Waiting(opening.get(name), reasons.get(name, ())) for name in dict.fromkeys([*opening, *reasons])}
