"""`make campaign`: `python -m tests.campaign [--minutes M] [--seed S] [--sequences N] [--replay FILE] [--json]`."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from tests.campaign.campaign import Campaign
from tests.campaign.steps import parsed


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.campaign", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10, help="how long new sequences are begun (default: 10)")
    parser.add_argument("--seed", type=int, default=1, help="the first sequence's seed; the next are counted up")
    parser.add_argument("--sequences", type=int, default=None, help="at most so many sequences")
    parser.add_argument("--replay", type=Path, help="run this list of steps, as a failure printed it, instead")
    parser.add_argument("--shrink-runs", type=int, default=25, help="at most so many sequences to shrink a failure by")
    parser.add_argument("--tolerate", action="append", default=[], help="an invariant that is only counted; repeatable")
    parser.add_argument("--keep-going", action="store_true", help="go on with the next seed after a failure")
    parser.add_argument("--verbose", action="store_true", help="print every run's output")
    parser.add_argument("--json", action="store_true", help="print the counts as JSON at the end")
    given = parser.parse_args()
    # In the background a shell has both ignored, by the engine's runs too.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    campaign = Campaign(
        shrink_runs=given.shrink_runs,
        keep_going=given.keep_going,
        verbose=given.verbose,
        as_json=given.json,
        tolerated=given.tolerate,
    )
    if given.replay is not None:
        return campaign.replay(parsed(given.replay.read_text()))
    return campaign.run(given.seed, given.minutes, given.sequences)


sys.exit(main())
