"""Which handovers a run accepts outside of their receive window: by the environment, and only by declared names."""

from __future__ import annotations

import pytest

from transfer_provider.handover.accept_now import ACCEPT_NOW, accepted_now, undeclared


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (None, []),
        ("", []),
        (" , ,", []),
        ("web-01", ["web-01"]),
        ("web-01, db-01 ,web-01", ["web-01", "db-01"]),
        ("*", ["*"]),
        ("web-01 db-01", ["web-01 db-01"]),
    ],
)
def test_the_names_are_those_between_commas(text: str | None, names: list[str]) -> None:
    assert accepted_now({} if text is None else {"HANDOVER_ACCEPT_NOW": text}) == set(names)
    assert ACCEPT_NOW == "HANDOVER_ACCEPT_NOW"


def test_a_name_of_no_declared_handover_is_a_slip() -> None:
    assert undeclared(["web-01"], ["web-01", "web-02"]) == []
    (problem,) = undeclared(["web-1"], ["web-01", "db-01"])
    assert problem == (
        "Could not accept web-1 outside of its receive window: HANDOVER_ACCEPT_NOW names it, and no handover of that "
        "name is declared; did you mean web-01? Correct the name, or unset HANDOVER_ACCEPT_NOW."
    )
    assert [problem.split()[3] for problem in undeclared(["*", "all", "a\x1b[2J"], ["web-01"])] == [
        "*",
        "a\\x1b[2J",
        "all",
    ]
