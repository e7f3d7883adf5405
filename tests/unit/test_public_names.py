"""The public names, and what they must not cost."""

import subprocess
import sys

import transfer_provider


def test_the_public_names_are_these() -> None:
    assert transfer_provider.__all__ == [
        "Backup",
        "Eip",
        "Handover",
        "HandoverArgs",
        "InstanceReceipt",
        "InstanceTransfer",
        "Status",
        "declare_handovers",
    ]


def test_a_program_that_only_declares_does_not_load_the_clouds_sdk() -> None:
    loaded = "import sys, transfer_provider; print([m for m in sys.modules if m.startswith('alibabacloud')])"
    assert subprocess.check_output([sys.executable, "-c", loaded], text=True).strip() == "[]"
