"""Receive windows by the real engine: what a preview shows and an `up` does, as the cloud's clock goes on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from sandbox.models.world import World
from sandbox.server.server import Sandbox
from tests.engine.project import DB_01, WEB_01, WEB_02, Project, Run

RECREATE: dict[str, Any] = {"vswitch_id": "vsw-bp1orchid00000001", "security_groups": ["web"]}
GROUP = {
    "web": {
        "vpc_id": "vpc-bp1orchid00000001",
        "rules": {"https": {"direction": "ingress", "protocol": "tcp", "ports": 443, "source": "0.0.0.0/0"}},
    }
}
SATURDAY_NIGHT = {"days": ["sat"], "from": "22:00", "to": "04:00", "time_zone": "Asia/Shanghai"}


@pytest.fixture
def world(world: World) -> World:
    """One in which an instance is seen moving."""
    return world.model_copy(update={"times": world.times.model_copy(update={"transferring": timedelta(minutes=5)})})


def go_to(cloud: Sandbox, when: datetime) -> None:
    """Move the cloud's clock to this time."""
    cloud.clock.advance(when - cloud.clock.now())


def coming_saturday(cloud: Sandbox) -> datetime:
    """Midnight of a Saturday in Shanghai, days from now."""
    now = cloud.clock.now().astimezone(ZoneInfo("Asia/Shanghai"))
    return (now + timedelta(days=(5 - now.weekday()) % 7 + 7)).replace(hour=0, minute=0, second=0)


def use(project: Project, instances: dict[str, str], windows: dict[str, Any], **config: Any) -> Project:
    project.use("sandbox", side="both", recipientProfile="sandbox-recipient", **config)
    for name, instance in instances.items():
        own = {"window": windows[name]} if name in windows else {}
        project.declare(name, instance, recreate=RECREATE | own)
    (project.folder / "stacks/sandbox/security-groups.yaml").write_text(yaml.safe_dump(GROUP))
    return project


def succeeds(run: Run) -> str:
    assert run.ok, run.text
    return run.text


def statuses(cloud: Sandbox) -> dict[str, str]:
    return {transfer.instance_id: str(transfer.status) for transfer in cloud.desk.transfers()}


def receipts(text: str) -> int:
    return text.count("+ pulumi-python:dynamic/receipt:InstanceReceipt: (create)")


def accepting(project: Project, names: str) -> Run:
    """An `up` that accepts these handovers outside of their window."""
    return project.pulumi(
        "up", "--yes", "--skip-preview", "--suppress-progress", environment={"HANDOVER_ACCEPT_NOW": names}
    )


def test_over_midnight_the_stacks_window_holds_back_what_does_not_opt_out(project: Project, cloud: Sandbox) -> None:
    instances = {"web-01": WEB_01, "web-02": WEB_02, "db-01": DB_01}
    stack = use(project, instances, {"db-01": "always"}, window=SATURDAY_NIGHT)
    saturday = coming_saturday(cloud)
    go_to(cloud, saturday - timedelta(hours=12))
    succeeds(stack.up())
    go_to(cloud, saturday + timedelta(hours=12))
    for instance in instances.values():
        cloud.desk.approve(instance)

    shown = succeeds(stack.preview())
    assert receipts(shown) == 1
    opens = f"which opens {saturday:%Y-%m-%d} 22:00 Asia/Shanghai (in 9 hours)."
    assert f"web-01 and web-02: approved; accepted in the receive window, {opens}" in shown
    succeeds(stack.up())
    assert statuses(cloud) == {WEB_01: "Approved", WEB_02: "Approved", DB_01: "Transferring"}

    # By name, and in one run alone, one is accepted all the same; a slip accepts nothing.
    slip = accepting(stack, "web-02,web-1")
    assert (slip.ok, "Could not accept web-1 outside of its receive window" in slip.text) == (False, True), slip.text
    assert statuses(cloud)[WEB_02] == "Approved"
    assert "web-02: approved; accepted by this run outside of the receive window" in succeeds(
        accepting(stack, "web-02")
    )
    assert statuses(cloud) == {WEB_01: "Approved", WEB_02: "Transferring", DB_01: "Transferring"}
    waiting = stack.handover("status").text
    assert waiting.count("it is accepted when the receive window opens") == 1, waiting

    # An unattended run records what has arrived; what a shell still has set makes it accept nothing.
    go_to(cloud, saturday + timedelta(hours=13))
    stack.environment["HANDOVER_ACCEPT_NOW"] = "web-01"
    watched = stack.handover("watch", "--up", "--once")
    del stack.environment["HANDOVER_ACCEPT_NOW"]
    assert "Running `pulumi up`: " in watched.text
    assert statuses(cloud) == {WEB_01: "Approved", WEB_02: "Completed", DB_01: "Completed"}

    # Open until four in the morning of Sunday; what was accepted stays declared.
    go_to(cloud, saturday + timedelta(hours=27, minutes=50))
    assert receipts(succeeds(stack.preview())) == 1
    go_to(cloud, saturday + timedelta(hours=28))
    closed = succeeds(stack.preview())
    assert receipts(closed) == 0
    next_week = saturday + timedelta(days=7)
    assert f"which opens {next_week:%Y-%m-%d} 22:00 Asia/Shanghai (in 6 days)." in closed
    # The sandbox gives a day to accept.
    assert "web-01: the time to accept ends " in closed
    assert "InstanceReceipt: (delete)" not in closed
    succeeds(accepting(stack, "web-01"))
    go_to(cloud, saturday + timedelta(hours=30))
    succeeds(stack.up())
    succeeds(stack.up("--expect-no-changes"))
    assert set(statuses(cloud).values()) == {"Completed"}


def change_of_spring(zone: ZoneInfo, after: datetime) -> datetime:
    """When the zone's clocks are put forward next."""
    hours = (after.astimezone(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=n) for n in count(48))
    return next(
        hour
        for hour in hours
        if (hour - timedelta(hours=1)).astimezone(zone).utcoffset() < hour.astimezone(zone).utcoffset()  # type: ignore[operator]
    )


def test_where_the_clocks_are_put_forward_windows_go_by_the_wall_clock(project: Project, cloud: Sandbox) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    sunday = change_of_spring(berlin, cloud.clock.now())  # 02:00 becomes 03:00
    windows = {
        "web-01": {"days": ["sun"], "from": "02:30", "to": "06:00", "time_zone": "Europe/Berlin"},
        "web-02": {"days": ["sat"], "from": "22:00", "to": "04:00", "time_zone": "Europe/Berlin"},
    }
    stack = use(project, {"web-01": WEB_01, "web-02": WEB_02}, windows)
    go_to(cloud, sunday - timedelta(hours=13, minutes=30))
    succeeds(stack.up())
    cloud.desk.approve(WEB_01)
    cloud.desk.approve(WEB_02)
    shown = succeeds(stack.preview())
    assert receipts(shown) == 0
    saturday, local = (sunday - timedelta(hours=3)).astimezone(berlin), sunday.astimezone(berlin)
    assert (
        f"web-01: approved; accepted in the receive window, which opens {local:%Y-%m-%d} 03:00 Europe/Berlin (" in shown
    )
    assert f"web-02: approved; accepted in the receive window, which opens {saturday:%Y-%m-%d} 22:00 Europe/" in shown

    go_to(cloud, sunday - timedelta(minutes=5))
    assert receipts(succeeds(stack.preview())) == 1
    go_to(cloud, sunday + timedelta(minutes=5))
    assert receipts(succeeds(stack.preview())) == 2
    # 04:05 of summer time, five hours after it opened: by the time of the evening before it would still be 03:05.
    go_to(cloud, sunday + timedelta(minutes=65))
    shown = succeeds(stack.preview())
    assert receipts(shown) == 1
    assert f"which opens {saturday + timedelta(days=7):%Y-%m-%d} 22:00 Europe/Berlin (in 6 days)." in shown
    assert "web-02: the time to accept ends " in shown
    assert "`handover accept web-02 --now`" in shown
    succeeds(stack.up())
    assert statuses(cloud) == {WEB_01: "Transferring", WEB_02: "Approved"}


PROGRAM = """\
from transfer_provider import Handover, Window

Handover(
    "web-01",
    instance_id="i-bp1web00000000000001",
    region="cn-hangzhou",
    recipient_account_id="1000000000000002",
    accept_terms=True,
    vswitch_id="vsw-bp1orchid00000001",
    security_group_ids=["sg-bp1orchid000000web"],
    window=Window(days=["sat"], from_="22:00", to="04:00", time_zone="Asia/Shanghai"),
)
"""


def test_a_program_of_ones_own_has_windows_and_an_unknown_name_fails_it(project: Project, cloud: Sandbox) -> None:
    project.use("sandbox", side="both", recipientProfile="sandbox-recipient")
    (project.folder / "__main__.py").write_text(PROGRAM)
    go_to(cloud, coming_saturday(cloud))
    succeeds(project.up())
    cloud.desk.approve(WEB_01)
    assert "web-01: approved; accepted in the receive window, which opens " in succeeds(project.up())
    failed = accepting(project, "web-1")
    assert not failed.ok
    assert "Could not accept web-1 outside of its receive window" in failed.text
    assert "Traceback" not in failed.text
    assert statuses(cloud) == {WEB_01: "Approved"}
