"""An instance is stopped and started: StopInstance and StartInstance of ECS 2014-05-26. Both return at once."""

from __future__ import annotations

from transfer_provider.cloud.client import Action, Cloud
from transfer_provider.cloud.errors import Refused

# Neither carries a client token; calling twice has the effect of calling once, but for the code of the second answer.
STOP_INSTANCE = Action("StopInstance", repeatable=True)
START_INSTANCE = Action("StartInstance", repeatable=True)

WRONG_STATUS = "IncorrectInstanceStatus"


def stop(cloud: Cloud, instance_id: str) -> bool:
    """Begin to stop a running instance; False where it is in another status, which refuses that.

    It keeps what it has (KeepCharging): stopped for less money, it would lose its fixed public address.
    """
    query = {"RegionId": cloud.region, "InstanceId": instance_id, "StoppedMode": "KeepCharging"}
    return _switched(cloud, STOP_INSTANCE, query, f"stop {instance_id}")


def start(cloud: Cloud, instance_id: str) -> bool:
    """Begin to start a stopped instance; False where it is in another status, which refuses that."""
    query = {"RegionId": cloud.region, "InstanceId": instance_id}
    return _switched(cloud, START_INSTANCE, query, f"start {instance_id}")


def _switched(cloud: Cloud, action: Action, query: dict[str, str], doing: str) -> bool:
    try:
        cloud.ask(action, query, doing=doing)
    except Refused as error:
        if error.code != WRONG_STATUS:
            raise
        return False
    return True
