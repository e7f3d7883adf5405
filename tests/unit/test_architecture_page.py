"""docs/architecture.md is true: what it names exists, and no room is missing on it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/architecture.md").read_text()
# Paths in code marks, from the root or from inside the library.
NAMED = sorted(set(re.findall(r"`([a-z_]+(?:/[\w.-]+)+/?|[a-z_]+\.(?:py|toml))`", PAGE)))


@pytest.mark.parametrize("path", NAMED)
def test_every_path_on_the_page_exists(path: str) -> None:
    assert any((folder / path).exists() for folder in (ROOT, ROOT / "transfer_provider"))


@pytest.mark.parametrize("distribution", ["transfer_provider", "sandbox"])
def test_every_package_is_on_the_page(distribution: str) -> None:
    packages = [path.parent.name for path in (ROOT / distribution).glob("*/__init__.py")]
    assert len(packages) >= 6
    assert [name for name in packages if not re.search(rf"\b{name}/", PAGE)] == []


@pytest.mark.parametrize("distribution", ["transfer_provider", "sandbox"])
def test_no_package_grows_past_what_a_newcomer_overlooks(distribution: str) -> None:
    for folder in {path.parent for path in (ROOT / distribution).rglob("*.py")}:
        assert len(list(folder.glob("*.py"))) <= 14, folder


def test_the_library_shows_a_few_big_ideas() -> None:
    entries = {path.name for path in (ROOT / "transfer_provider").iterdir()} - {
        "__pycache__",
        "__init__.py",
        "py.typed",
    }
    assert len(entries) <= 10
