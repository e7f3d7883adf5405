"""The S3 gateway of the tests: what is built is what its go.mod requires."""

from __future__ import annotations

import re

from tools.toolchain import s3_gateway
from tools.toolchain.engine import ENGINE
from tools.toolchain.go_build import GO_AT_LEAST


def test_its_package_is_a_tool_of_its_go_mod_and_no_newer_go_is_asked_for() -> None:
    (program,) = s3_gateway.GATEWAY.programs
    module = (program.folder / "go.mod").read_text()
    assert f"tool {program.package}\n" in module
    assert re.search(r"^\s+github.com/versity/versitygw v\d+\.\d+\.\d+ ", module, re.MULTILINE)
    asked = re.search(r"^go ([\d.]+)$", module, re.MULTILINE)
    assert asked
    assert tuple(map(int, asked[1].split("."))) <= GO_AT_LEAST


def test_it_shares_no_cache_with_the_engine() -> None:
    assert s3_gateway.GATEWAY.key() != ENGINE.key()
