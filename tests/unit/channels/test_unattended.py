"""An unattended run submits nothing and cancels nothing, whatever the program declares; reading and adopting go on."""

from __future__ import annotations

from typing import cast

import pytest

from tests.unit.channels.test_api import REQUEST, SOURCE, ScriptedCloud
from transfer_provider.channels.api import ApiChannel
from transfer_provider.channels.unattended import ASKED, VARIABLE, asked_for, unattended
from transfer_provider.cloud.client import Cloud
from transfer_provider.cloud.errors import Refused
from transfer_provider.handover.recipient.destroy_guard import DestroyGuardProvider
from transfer_provider.model.lifecycle import Status
from transfer_provider.model.transfer import Transfer
from transfer_provider.receipt import InstanceReceiptProvider
from transfer_provider.transfer import InstanceTransferProvider

TRACKED = Transfer(
    "it-1", REQUEST.instance_id, Status.UNDER_REVIEW, REQUEST.recipient_account_id, SOURCE, reason=REQUEST.reason
)


@pytest.fixture(autouse=True)
def _nobody_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "1")


@pytest.mark.parametrize(("value", "expected"), [("1", True), ("yes", True), (ASKED, True), ("0", False), ("", False)])
def test_the_variable_is_a_switch(monkeypatch: pytest.MonkeyPatch, value: str, expected: bool) -> None:
    monkeypatch.setenv(VARIABLE, value)
    assert unattended() is expected


@pytest.mark.parametrize(("value", "expected"), [(ASKED, True), ("0", True), ("", True), ("1", False), ("true", False)])
def test_a_person_asked_for_what_accept_starts(monkeypatch: pytest.MonkeyPatch, value: str, expected: bool) -> None:
    monkeypatch.setenv(VARIABLE, value)
    assert asked_for() is expected


@pytest.mark.parametrize("status", ["Completed", "Rejected", "Cancelled", "Expired"])
def test_what_has_ended_is_not_removed_from_state(status: str) -> None:
    with pytest.raises(Refused, match="stop tracking the transfer it-1 of i-1: an unattended run"):
        InstanceTransferProvider().delete("it-1", {"status": status, "instance_id": "i-1"})


def test_a_receipt_is_not_removed_from_state_and_no_stack_destroyed() -> None:
    with pytest.raises(Refused, match="stop tracking the receipt of i-1: an unattended run"):
        InstanceReceiptProvider().delete("i-1", {})
    with pytest.raises(Refused, match="Could not destroy the stack: an unattended run"):
        DestroyGuardProvider().delete("destroy-guard", {})


def test_nothing_is_submitted() -> None:
    cloud = ScriptedCloud()
    with pytest.raises(Refused, match=r"Could not submit the transfer of .* an unattended run submits nothing"):
        ApiChannel(cast(Cloud, cloud)).submit(REQUEST)
    assert "TransferInstance" not in cloud.calls


def test_nothing_is_cancelled() -> None:
    cloud = ScriptedCloud()
    cloud.add("it-1", Status.UNDER_REVIEW)
    with pytest.raises(Refused, match="an unattended run submits nothing, cancels nothing"):
        ApiChannel(cast(Cloud, cloud)).remove(TRACKED, REQUEST, None)
    assert "CancelInstanceTransfer" not in cloud.calls


def test_what_is_under_way_is_read() -> None:
    cloud = ScriptedCloud()
    cloud.add("it-1", Status.APPROVED)
    read = ApiChannel(cast(Cloud, cloud)).read(TRACKED, REQUEST)
    assert read is not None
    assert read.status is Status.APPROVED
