"""The source's instance is stopped and started for its copy: nothing waits, and nothing is taken for done that is not.

An instance on its way to the other status refuses both: one that is being stopped can't be started yet.
"""

from __future__ import annotations

from collections.abc import Collection

from transfer_provider.cloud import instances
from transfer_provider.cloud.client import Cloud
from transfer_provider.cloud.copies import power
from transfer_provider.cloud.errors import TryAgain
from transfer_provider.model.text import printable

STOPS = ("Stopping", "Stopped")
RUNS = ("Starting", "Running")


def stop(cloud: Cloud, instance_id: str) -> None:
    """Begin to stop it; fine where it is stopped, or being stopped. Raises TryAgain while it starts."""
    if not power.stop(cloud, instance_id):
        _require(cloud, instance_id, "stop", but=RUNS)


def start(cloud: Cloud, instance_id: str) -> None:
    """Begin to start it; fine where it runs, or starts. Raises TryAgain while it is being stopped."""
    if not power.start(cloud, instance_id):
        _require(cloud, instance_id, "start", but=STOPS)


def _require(cloud: Cloud, instance_id: str, verb: str, *, but: Collection[str]) -> None:
    found = instances.query(cloud, [instance_id]).get(instance_id)
    if found is not None and found.status in but:
        raise TryAgain(
            f"Could not {verb} {instance_id} at the source: it is {printable(found.status)}, which does not allow that "
            "yet. Nothing is lost; run the same command again in a minute."
        )
