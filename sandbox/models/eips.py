"""Elastic addresses: what is allowed, and which one is given next. Pure, no I/O and no API."""

from __future__ import annotations

import itertools
from collections.abc import Collection
from ipaddress import IPv4Network

ISPS = (
    "BGP",
    "BGP_PRO",
    "ChinaTelecom",
    "ChinaUnicom",
    "ChinaMobile",
    "ChinaTelecom_L2",
    "ChinaUnicom_L2",
    "ChinaMobile_L2",
    "BGP_FinanceCloud",
    "BGP_International",
)
# In Mbit/s: by what the address is paid for, https://www.alibabacloud.com/help/en/eip/limits
HIGHEST_BANDWIDTH = {"PayByTraffic": 200, "PayByBandwidth": 500}

# For tests, so nobody on the internet has them (RFC 2544).
_POOL = IPv4Network("198.18.0.0/15")


def next_address(given: Collection[str]) -> str:
    """An address that nobody has: of the pool, the first one free."""
    # Counted from the number given, so that a long list is not walked for each one more.
    candidates = (str(_POOL[1 + number]) for number in itertools.count(len(given)))
    return next(address for address in candidates if address not in given)
