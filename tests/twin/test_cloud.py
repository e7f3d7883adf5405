"""The sandbox in process answers as the sandbox over HTTPS does: the same objects, the same errors, word for word."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.gateway.faults import Fault
from sandbox.server.server import Sandbox
from tests.twin.cloud import LocalCloud, Trouble
from tests.twin.world import GROUPS, INSTANCES, RECIPIENT, RECIPIENT_PROFILE, REGION, SOURCE_PROFILE, VSWITCH, WORLD
from transfer_provider.cloud import addresses, instances, inventory, operations
from transfer_provider.cloud.client import ATTEMPTS, Cloud
from transfer_provider.cloud.errors import HandoverError
from transfer_provider.model.transfer import TransferRequest

REQUEST = TransferRequest(INSTANCES[0], REGION, RECIPIENT, reason="Orchid")
ACTIONS = ("TransferInstance", "DescribeInstances")
KINDS = ("cut-before", "cut-after", "throttle", "error")


def conversation(meets: Callable[[str, str], None]) -> list[str]:
    """What both accounts get to hear, with ids and times left out. `meets` makes every attempt meet a fault."""
    source = Cloud(SOURCE_PROFILE, REGION, sleep=lambda _: None)
    recipient = Cloud(RECIPIENT_PROFILE, REGION, sleep=lambda _: None)
    heard: list[str] = []

    def hear(asking: Callable[[], object]) -> None:
        try:
            heard.append(_without_ids_and_times(repr(asking())))
        except HandoverError as error:
            heard.append(_without_ids_and_times(f"{type(error).__name__} {error.code}: {error}"))

    def unfinished() -> str:
        return next(each.transfer_id for each in operations.list_all(source) if not each.status.terminal)

    hear(source.account_id)
    hear(lambda: instances.query(source, [*INSTANCES, "i-bp1nowhere0000000000"]))
    hear(lambda: inventory.query(source, list(INSTANCES)))
    hear(lambda: addresses.unbound(recipient))
    hear(lambda: operations.submit(source, TransferRequest("i-bp1nowhere0000000000", REGION, RECIPIENT), "token"))
    for kind in KINDS:
        for action in ACTIONS:
            meets(kind, action)
            hear(lambda: operations.submit(source, REQUEST, "token"))
            hear(lambda: instances.query(source, [INSTANCES[0]]))
    hear(lambda: list(operations.list_all(source)))
    hear(lambda: operations.submit(source, REQUEST, "another token"))
    hear(lambda: operations.dry_run(source, REQUEST))
    hear(
        lambda: operations.accept(recipient, unfinished(), vswitch_id=VSWITCH, security_group_ids=GROUPS),
    )
    hear(lambda: operations.cancel(source, unfinished(), REQUEST.instance_id))
    hear(lambda: operations.submit(source, REQUEST, "a third token"))
    return heard


def _without_ids_and_times(text: str) -> str:
    text = re.sub(r"it-[0-9a-z]{20}|RequestId [0-9A-Z-]{36}|\d{4}-\d\d-\d\d[T ][\d:]+Z?", "…", text)
    return re.sub(r"datetime\.datetime\([^)]*\)", "…", text)


def test_in_process_everything_is_answered_as_over_https(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    local = LocalCloud(WORLD)
    with local.reached():
        in_process = conversation(lambda kind, action: local.faults.plan.append(Trouble(kind, action, times=ATTEMPTS)))
    with Sandbox.running(WORLD, directory=tmp_path) as sandbox:
        for name, value in sandbox.environment().items():
            monkeypatch.setenv(name, value)
        over_https = conversation(lambda kind, action: sandbox.faults.add(_fault(kind, action)))
    assert in_process == over_https
    assert sum("no usable answer" in each for each in in_process) == 2 * len(ACTIONS)


def _fault(kind: str, action: str) -> Fault:
    return Fault.model_validate({"kind": kind, "action": action, "times": ATTEMPTS})
