"""`copy:` and `cutover:` of a handover's file: what each key takes, and with which channel."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.inputs.test_manifest import GOOD, Stack
from transfer_provider import Copy, Cutover, DataDisk, SystemDisk

IMAGE = (
    GOOD + "channel: image\nrecreate: {vswitch_id: vsw-bp1orchid00000001, security_groups: [sg-bp1orchid000000web]}\n"
)


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    return Stack(tmp_path)


def problems(stack: Stack, text: str) -> list[str]:
    stack.write("web-01.yaml", text)
    return [problem.split("web-01.yaml:", 1)[1].split(": ", 1)[1] for problem in stack.problems()]


def test_a_copy_is_as_the_source_unless_more_is_said(stack: Stack) -> None:
    stack.write("web-01.yaml", IMAGE)
    (declared,) = stack.load()
    assert (declared.copy, declared.cutover) == (Copy(), Cutover())
    assert declared.inputs.channel == "image"


def test_every_key_has_its_place(stack: Stack) -> None:
    stack.write(
        "web-01.yaml",
        IMAGE + "copy:\n"
        "  instance_type: ecs.g7.large\n"
        "  private_ip: keep\n"
        "  system_disk: {category: cloud_essd, size_gib: 60}\n"
        "  data_disks: [{device: /dev/xvdb, size_gib: 100}]\n"
        "  charge_type: PrePaid\n"
        "  period: 12\n"
        "  key_pair: orchid\n"
        "  kms_key_id: key-0001\n"
        "  stop_source: true\n"
        "  leave_stopped: true\n"
        "  own_image: false\n"
        "  tags: false\n"
        "cutover: {source: stop}\n",
    )
    (declared,) = stack.load()
    assert declared.copy == Copy(
        instance_type="ecs.g7.large",
        private_ip="keep",
        system_disk=SystemDisk(category="cloud_essd", size_gib=60),
        data_disks=[DataDisk(device="/dev/xvdb", size_gib=100)],
        charge_type="PrePaid",
        period=12,
        key_pair="orchid",
        kms_key_id="key-0001",
        stop_source=True,
        leave_stopped=True,
        own_image=False,
        tags=False,
    )
    assert declared.cutover == Cutover(source="stop")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (GOOD + "copy: {tags: false}\n", "copy: has no effect with channel: api"),
        (GOOD + "channel: console\ncutover: {source: stop}\n", "cutover: has no effect with channel: console"),
        (GOOD + "channel: image\n", "recreate: is missing; channel: image makes an instance"),
        (IMAGE + "backup: snapshots\n", "backup: has no effect with channel: image"),
        (IMAGE + "copy: {password: hunter2}\n", "copy: holds a password; a password is never given here"),
        (IMAGE + "copy: {instance_type: large}\n", "copy.instance_type: is malformed; give the copy's instance type"),
        (IMAGE + "copy: {private_ip: 10.0.0}\n", "copy.private_ip: is malformed; give an address"),
        (IMAGE + "copy: {charge_type: PrePaid}\n", "copy.period: is missing; PrePaid needs a number of months"),
        (IMAGE + "copy: {period: 1}\n", "copy.period: goes with charge_type: PrePaid only"),
        (IMAGE + "copy: {charge_type: PrePaid, period: 11}\n", "copy.period: is no period that is offered"),
        (IMAGE + "copy: {system_disk: {size_gib: 10}}\n", "copy.system_disk.size_gib: is malformed"),
        (IMAGE + "copy: {data_disks: [{size_gib: 100}]}\n", "copy.data_disks.device: is missing"),
        (
            IMAGE + "copy: {data_disks: [{device: /dev/xvdb}, {device: /dev/xvdb}]}\n",
            "copy.data_disks: names a device twice",
        ),
        (IMAGE + "copy: {stop_source: maybe}\n", "copy.stop_source: has the wrong type"),
        (IMAGE + "copy: {leave_stopped: true}\n", "copy.leave_stopped: goes with stop_source: true only"),
        (IMAGE + "copy: {stop_source: false, leave_stopped: true}\n", "copy.leave_stopped: goes with stop_source"),
        (IMAGE + "cutover: {source: release}\n", "cutover.source: is malformed; give keep"),
        (IMAGE + "copy:\n", "copy: is empty"),
    ],
)
def test_what_is_wrong_is_named_with_its_key(stack: Stack, text: str, problem: str) -> None:
    (found,) = problems(stack, text)
    assert found.startswith(problem), found
    assert "hunter2" not in found


def test_copies_with_the_same_inputs_are_the_same() -> None:
    disks = [DataDisk(device="/dev/xvdb", size_gib=100)]
    assert len({Copy(data_disks=disks), Copy(data_disks=list(disks)), Copy()}) == 2
