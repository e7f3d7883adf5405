"""A thousand of random sequences of edits, reviews, faults and kills: nothing is doubled, lost or ended by accident.

The fast twin of the campaign on the real engine: the provider classes and the library's rules against the sandbox, in
process. The same sequences each time; `TWIN_SEQUENCES=20000` runs so many others.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings

from tests.twin.machine import Handovers

OTHERS = int(os.environ.get("TWIN_SEQUENCES", "0"))

TestHandovers = Handovers.TestCase
TestHandovers.settings = settings(
    max_examples=OTHERS or 1_000,
    derandomize=not OTHERS,
    stateful_step_count=10,
    deadline=None,
    database=None,
    phases=(Phase.generate, Phase.shrink),
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)
