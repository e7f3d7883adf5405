"""What a check is and what it reports, and how checks are run: each on its own, so that none hides another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from transfer_provider.cloud.errors import HandoverError
from transfer_provider.inputs.yaml_file import FilesRefused


class Outcome(StrEnum):
    """What a check came to. Only a problem keeps a stack from working."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"
    NOT_CHECKED = "not checked"


@dataclass(frozen=True)
class Told:
    """One thing that a check reports: what was observed, and what to do about it (empty: nothing)."""

    outcome: Outcome
    seen: str
    advice: str = ""


@dataclass(frozen=True)
class Result(Told):
    """The same with the check's name."""

    check: str = ""


@dataclass(frozen=True)
class Check:
    """A read-only check. It reports one thing or more."""

    name: str
    look: Callable[[], Iterable[Told]]


class Needs(Exception):
    """A check depends on another that has not succeeded."""

    def __init__(self, check: str) -> None:
        super().__init__(check)
        self.check = check


def ok(seen: str) -> Told:
    """All is well."""
    return Told(Outcome.OK, seen)


def warning(seen: str, advice: str) -> Told:
    """It works, but maybe not as meant."""
    return Told(Outcome.WARNING, seen, advice)


def problem(seen: str, advice: str) -> Told:
    """It can't work like this."""
    return Told(Outcome.PROBLEM, seen, advice)


def not_checked(seen: str, advice: str = "") -> Told:
    """It could not be checked, or need not be."""
    return Told(Outcome.NOT_CHECKED, seen, advice)


def run(checks: Iterable[Check], *, progress: Callable[[str], None] = lambda _: None) -> Iterator[Result]:
    """What all checks report, in their order. A check that fails reports that, and no other check is affected."""
    for check in checks:
        progress(f"Checking: {check.name}")
        for told in _told(check):
            yield Result(told.outcome, told.seen, told.advice, check.name)


def _told(check: Check) -> list[Told]:
    told: list[Told] = []
    try:
        for one in check.look():
            told.append(one)
    except Needs as needs:
        told.append(not_checked(f"It needs what is checked as {needs.check!r}."))
    except FilesRefused as refused:
        told += [problem(str(one), "Correct the file.") for one in refused.problems]
    except HandoverError as error:
        told.append(problem(str(error), ""))
    except OSError as error:
        told.append(not_checked(f"The machine refused it: {error.strerror or type(error).__name__}."))
    except Exception as error:  # noqa: BLE001  a fault of one check must not hide the others; its text may hold anything
        told.append(not_checked(f"The check itself failed ({type(error).__name__}), which is a fault of this command."))
    return told
