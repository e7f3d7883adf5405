"""What a run says of a copy."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.unit.handover.copying.test_plan import COPYING, OWNED, due, wanted
from transfer_provider.handover.reports.copies import of_copy

SEALED = {"disks": [{"type": "system", "encrypted": True}]}
OPEN = {"disks": [{"type": "system", "encrypted": False}]}


def test_an_address_that_another_has_is_reported_with_what_to_do() -> None:
    declared = wanted(private_ip="10.20.0.7")
    held_back = due(declared, COPYING, replace(OWNED, in_use={"10.20.0.7": "i-2"}))
    (warning,) = of_copy(declared, held_back, replace(COPYING, original=OPEN))
    assert warning.startswith("web-01: ")
    assert "in use by i-2" in warning
    assert "Declare another copy.private_ip" in warning


@pytest.mark.parametrize(
    ("original", "shared", "warned"), [(SEALED, False, True), (SEALED, True, False), (OPEN, False, False)]
)
def test_what_sharing_may_be_refused_for_is_said_where_an_encrypted_image_is_to_be_shared(
    original: dict[str, Any], shared: bool, warned: bool
) -> None:
    held = replace(COPYING, original=original, shared=shared)
    warnings = of_copy(wanted(), due(wanted(), held, OWNED), held)
    assert bool(warnings) == warned
    assert all("OperationDeined.EncryptedSnapshot" in one and "AssumeRoleError" in one for one in warnings)


def test_a_copy_that_has_not_begun_says_nothing() -> None:
    assert of_copy(wanted(), due(wanted(), None), None) == []
