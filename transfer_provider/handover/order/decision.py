"""What one program run observes to decide whose turn it is, and the decision (`turns.py`)."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from transfer_provider.channels.unattended import unattended
from transfer_provider.cloud.errors import HandoverError, TryAgain
from transfer_provider.handover.order import turns
from transfer_provider.handover.order.turns import StackAhead, Turns
from transfer_provider.handover.plan import Wanted
from transfer_provider.handover.state import StackState
from transfer_provider.inputs.settings import Settings
from transfer_provider.model.lifecycle import Status

if TYPE_CHECKING:
    from transfer_provider.handover.preflight import Preflight
    from transfer_provider.handover.survey import Survey


class Order:
    """The order of one program run's handovers. `stacks` are those ahead that are unsettled."""

    def __init__(
        self, settings: Settings, state: StackState, survey: Survey, preflight: Preflight, stacks: Sequence[StackAhead]
    ) -> None:
        self._settings = settings
        self._state = state
        self._survey = survey
        self._preflight = preflight
        self._stacks = stacks

    def decide(
        self, handovers: Sequence[Wanted], known: Mapping[str, Wanted], arrived: Mapping[str, bool], *, every: bool
    ) -> Turns:
        """Which of these wait. `known` are all so far, by name, and `arrived` is whether those decided before were
        observed as arrived; `every`: these are all of the program's.

        Nothing is queried where nothing can wait. Raises as a call does.
        """
        ordered = any(wanted.after for wanted in handovers)
        alone = unattended()
        if not self._settings.runs_source or not (ordered or self._stacks or self._settings.waves or alone):
            return Turns()
        named = [known[name] for name in dict.fromkeys(name for wanted in handovers for name in wanted.after)]
        return turns.turns(
            handovers,
            self._settings,
            self._state,
            known=known,
            arrived={wanted.instance_id for wanted in named if self._arrived(wanted, arrived)},
            statuses=self._listed if ordered and not self._settings.runs_recipient else {},
            under_way=self._preflight.under_way(handovers, every=every),
            stacks=self._stacks,
            room=self._preflight.room(handovers) if self._settings.waves else None,
            unattended=alone,
        )

    def _arrived(self, wanted: Wanted, arrived: Mapping[str, bool]) -> bool:
        """Whether the recipient's account lists its instance. Where that fails, the handover's own check reports it."""
        if not self._settings.runs_recipient:
            return False
        if wanted.name in arrived:
            return arrived[wanted.name]
        try:
            return self._survey.of(wanted).arrived
        except TryAgain:
            raise
        except HandoverError:
            return False

    @functools.cached_property
    def _listed(self) -> Mapping[str, Status]:
        """The statuses of the state's unfinished transfers as the source's account lists them now, by instance."""
        unfinished = [transfer for transfer in self._state.submitted.values() if not transfer.status.terminal]
        return {found.instance_id: found.status for found in self._survey.listed(unfinished).values()}
