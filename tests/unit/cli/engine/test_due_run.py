"""What an unattended run may take, and what keeps it from starting."""

from __future__ import annotations

from pathlib import Path

import pytest
from pulumi.automation.events import OpType

from transfer_provider import receipt, transfer
from transfer_provider.cli.engine.due_run import DueRun, Planned
from transfer_provider.cloud.errors import Refused

EIP = "alicloud:ecs/eipAddress:EipAddress"
GROUP = "alicloud:ecs/securityGroup:SecurityGroup"


@pytest.mark.parametrize("kind", [receipt.TYPE, EIP, "alicloud:ecs/eipAssociation:EipAssociation"])
@pytest.mark.parametrize("operation", OpType)
def test_of_what_is_received_only_making_it_is_due(kind: str, operation: OpType) -> None:
    assert Planned(operation, kind, "web-01").due is (operation in (OpType.CREATE, OpType.IMPORT))


@pytest.mark.parametrize("kind", [transfer.TYPE, GROUP, "alicloud:ecs/securityGroupRule:SecurityGroupRule", "own:a:B"])
@pytest.mark.parametrize("operation", OpType)
def test_of_anything_else_nothing_is(kind: str, operation: OpType) -> None:
    assert not Planned(operation, kind, "web-01").due


def test_without_an_engine_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Refused, match="it is not on PATH"):
        DueRun(tmp_path, "production")


def test_an_engine_of_another_age_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tmp_path / "pulumi"
    old.write_text("#!/bin/sh\necho v2.1.0\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(Refused, match="Could not run `pulumi`"):
        DueRun(tmp_path, "production")
