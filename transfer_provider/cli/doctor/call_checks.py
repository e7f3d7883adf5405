"""Where do the calls go, are they answered, and do both clocks agree? Told from the calls made so far."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from functools import partial

from transfer_provider.cli.doctor.accounts import Accounts
from transfer_provider.cli.doctor.checkup import Check, Told, not_checked, ok, problem, warning

PRODUCTS = ("ecs", "sts", "vpc")
ALIBABA_CLOUD = ".aliyuncs.com"

# Alibaba Cloud refuses what was signed more than 15 minutes from its own time.
CLOCK_WARNS, CLOCK_FAILS = timedelta(minutes=5), timedelta(minutes=15)
NTP = "Set this machine's clock right (NTP)."


def checks(accounts: Accounts) -> list[Check]:
    """The checks, in their order; after all others that call something."""
    return [Check("endpoints", partial(_endpoints, accounts)), Check("clock", partial(_clock, accounts))]


def _endpoints(accounts: Accounts) -> Iterator[Told]:
    tries = [one for side in accounts.sides.values() for one in side.tries.values()]
    silent = sorted({one.action.split(":")[0] for one in tries if one.unanswered})
    for product in silent:
        error = next(one.error for one in tries if one.unanswered and one.action.startswith(product))
        yield problem(
            f"{product.upper()} does not answer at {_named(product) or 'the address of the region'}: {error}",
            f"Check {_variable(product)}, the stack's region, and this machine's way to the network.",
        )
    elsewhere: dict[str, list[str]] = {}
    for product in PRODUCTS:
        host = _named(product).partition(":")[0]
        if product not in silent and host and not host.endswith(ALIBABA_CLOUD):
            elsewhere.setdefault(_named(product), []).append(product)
    for address, products in elsewhere.items():
        yield warning(
            f"Calls of {', '.join(one.upper() for one in products)} go to {address}.",
            f"Fine for a sandbox; for Alibaba Cloud's own unset {', '.join(map(_variable, products))}.",
        )
    if not silent and not elsewhere:
        answered = any(one.error is None or one.error.code for one in tries)
        yield ok("Alibaba Cloud's own, and they answer.") if answered else not_checked("Nothing was called.")


def _clock(accounts: Accounts) -> Iterator[Told]:
    for side in accounts.sides.values():
        refused = next((one.error for one in side.tries.values() if one.untimely), None)
        if refused is not None:
            yield problem(str(refused), NTP)
            return
        ahead = side.ahead
        if ahead is None:
            continue
        seconds = int(abs(ahead).total_seconds())
        seen = f"This machine is {seconds} s {'behind' if ahead > timedelta() else 'ahead of'} Alibaba Cloud."
        if abs(ahead) > CLOCK_FAILS:
            yield problem(f"{seen} It refuses what is signed more than 15 min off.", NTP)
        elif abs(ahead) > CLOCK_WARNS:
            yield warning(seen, NTP)
        else:
            yield ok(seen if seconds else "Both agree, to the second.")
        return
    yield not_checked("Nothing was answered, so there is no time to compare with.")


def _named(product: str) -> str:
    return os.environ.get(_variable(product), "")


def _variable(product: str) -> str:
    return f"ALIBABA_CLOUD_ENDPOINT_{product.upper()}"
