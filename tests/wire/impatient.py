"""Calls that are repeated without a wait; `python impatient.py …` is `python -m pulumi.dynamic …` that does so."""

from __future__ import annotations

import runpy
from typing import Any

from transfer_provider.cloud.client import Cloud

DEFAULTS: dict[str, Any] = Cloud.__init__.__kwdefaults__ or {}


def go_on(_: float) -> None:
    """Stand for `sleep`. How long is waited between two attempts is asserted in test_cloud_client.py."""


if __name__ == "__main__":
    DEFAULTS["sleep"] = go_on
    runpy.run_module("pulumi.dynamic", run_name="__main__", alter_sys=True)
