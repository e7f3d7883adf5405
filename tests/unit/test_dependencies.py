"""What the wheel declares is what the library imports."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[2]
# A part of pydantic that is a distribution of its own, at pydantic's version.
BROUGHT_ALONG = {"pydantic-core"}


def imported() -> set[str]:
    trees = [ast.parse(path.read_text()) for path in (ROOT / "transfer_provider").rglob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
    return {name.split(".")[0] for name in names} - sys.stdlib_module_names - {"transfer_provider", "__future__"}


def test_every_import_is_a_declared_dependency_and_every_dependency_is_imported() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = {re.split(r"[<>=]", entry)[0].lower() for entry in project["dependencies"]}
    providers = packages_distributions()
    used = {providers[name][0].lower().replace("_", "-") for name in imported()}
    assert used - BROUGHT_ALONG == declared
