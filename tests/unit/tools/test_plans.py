"""The page of plans: the same text whatever ids and times a run has."""

from __future__ import annotations

from tools.previews import steady_plan

TEXT = """sandbox: 1 handover; 1 accept.
    address 203.0.113.12 → 198.18.0.{0}; acceptance expires 2026-01-31
      09:{0}0 UTC
info: it-{1} of web-01: Approved. The recipient
  has to accept it.
info: it-{2} of db-01: Approved. The recipient
  has to accept it.
"""


def test_ids_and_times_do_not_change_the_page() -> None:
    first = TEXT.format(1, "a" * 20, "b" * 20)
    second = TEXT.format(2, "d" * 20, "c" * 20)
    assert steady_plan(first) == steady_plan(second)
    assert steady_plan(first) == (
        "sandbox: 1 handover; 1 accept.\n"
        "    address 203.0.113.12 → …; acceptance expires …\n"
        "info: it-… of db-01: Approved. The recipient\n"
        "  has to accept it.\n"
        "info: it-… of web-01: Approved. The recipient\n"
        "  has to accept it.\n"
    )
