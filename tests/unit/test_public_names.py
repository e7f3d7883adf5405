"""The public names, and what they must not cost."""

import subprocess
import sys

import pytest

import transfer_provider


def test_the_public_names_are_these() -> None:
    assert transfer_provider.__all__ == [
        "Backup",
        "Copy",
        "Cutover",
        "DataDisk",
        "Eip",
        "Handover",
        "HandoverArgs",
        "InstanceReceipt",
        "InstanceTransfer",
        "Status",
        "SystemDisk",
        "Window",
        "declare_handovers",
    ]


def test_a_program_that_only_declares_does_not_load_the_clouds_sdk() -> None:
    loaded = "import sys, transfer_provider; print([m for m in sys.modules if m.startswith('alibabacloud')])"
    assert subprocess.check_output([sys.executable, "-c", loaded], text=True).strip() == "[]"


@pytest.mark.parametrize("name", transfer_provider.__all__)
def test_each_is_there(name: str) -> None:
    assert getattr(transfer_provider, name).__name__ == name


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'transfer_provider' has no attribute 'Handovers'"):
        transfer_provider.Handovers  # noqa: B018


def test_a_resources_module_brings_no_other_ones_plugin() -> None:
    """Pulumi's process for dynamic resources imports it by name, at each run."""
    loaded = (
        "import sys, transfer_provider.transfer; print([m for m in sys.modules if m.startswith('pulumi_alicloud')])"
    )
    assert subprocess.check_output([sys.executable, "-c", loaded], text=True).strip() == "[]"
