"""Where do the calls go, are they answered, and do both clocks agree? Concluded from the calls made so far."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from functools import partial

from transfer_provider.cli.doctor.accounts import Accounts
from transfer_provider.cli.doctor.checkup import Check, Report, not_checked, ok, problem, warning

PRODUCTS = ("ecs", "sts", "vpc")
ALIBABA_CLOUD = ".aliyuncs.com"

# Alibaba Cloud refuses what was signed more than 15 minutes from its own time.
CLOCK_WARNS, CLOCK_FAILS = timedelta(minutes=5), timedelta(minutes=15)
NTP = "Set this machine's clock right (NTP)."


def checks(accounts: Accounts) -> list[Check]:
    """The checks, in their order; after all others that call something."""
    return [Check("endpoints", partial(_endpoints, accounts)), Check("clock", partial(_clock, accounts))]


def _endpoints(accounts: Accounts) -> Iterator[Report]:
    attempts = [attempt for side in accounts.sides.values() for attempt in side.attempts.values()]
    unanswered = {attempt.action.split(":")[0]: attempt.error for attempt in reversed(attempts) if attempt.unanswered}
    silent = sorted(unanswered)
    for product in silent:
        host = _named(product) or "the address of the region"
        yield problem(
            f"{product.upper()} does not answer at {host}: {unanswered[product]}",
            f"Check {_variable(product)}, the stack's region, and this machine's way to the network.",
        )
    elsewhere: dict[str, list[str]] = {}
    for product in PRODUCTS:
        host = _named(product).partition(":")[0]
        if product not in silent and host and not host.endswith(ALIBABA_CLOUD):
            elsewhere.setdefault(_named(product), []).append(product)
    for address, products in elsewhere.items():
        yield warning(
            f"Calls of {', '.join(product.upper() for product in products)} go to {address}.",
            f"Fine for a sandbox; for Alibaba Cloud's own unset {', '.join(map(_variable, products))}.",
        )
    if not silent and not elsewhere:
        answered = any(attempt.error is None or attempt.error.code for attempt in attempts)
        yield ok("Alibaba Cloud's own, and they answer.") if answered else not_checked("Nothing was called.")


def _clock(accounts: Accounts) -> Iterator[Report]:
    for side in accounts.sides.values():
        refused = next((attempt.error for attempt in side.attempts.values() if attempt.untimely), None)
        if refused is not None:
            yield problem(str(refused), NTP)
            return
        ahead = side.ahead
        if ahead is None:
            continue
        seconds = int(abs(ahead).total_seconds())
        observed = f"This machine is {seconds} s {'behind' if ahead > timedelta() else 'ahead of'} Alibaba Cloud."
        if abs(ahead) > CLOCK_FAILS:
            yield problem(f"{observed} It refuses what is signed more than 15 min off.", NTP)
        elif abs(ahead) > CLOCK_WARNS:
            yield warning(observed, NTP)
        else:
            yield ok(observed if seconds else "Both agree, to the second.")
        return
    yield not_checked("Nothing was answered, so there is no time to compare with.")


def _named(product: str) -> str:
    return os.environ.get(_variable(product), "")


def _variable(product: str) -> str:
    return f"ALIBABA_CLOUD_ENDPOINT_{product.upper()}"
