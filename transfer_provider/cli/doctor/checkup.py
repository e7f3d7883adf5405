"""What a check is and what it reports, and how checks are run: each on its own, so that none hides another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from transfer_provider.cli.engine.command import NotReady
from transfer_provider.cloud.errors import HandoverError
from transfer_provider.inputs.yaml_file import FilesRefused


class Outcome(StrEnum):
    """What a check came to. Only a problem keeps a stack from working."""

    OK = "ok"
    WARNING = "warning"
    DRIFT = "drift"
    PROBLEM = "problem"
    NOT_CHECKED = "not checked"


@dataclass(frozen=True)
class Report:
    """One thing that a check reports: what was observed, and what to do about it (empty: nothing)."""

    outcome: Outcome
    observed: str
    advice: str = ""


@dataclass(frozen=True)
class Result(Report):
    """The same with the check's name."""

    check: str = ""


@dataclass(frozen=True)
class Check:
    """A read-only check. It reports one thing or more."""

    name: str
    reports: Callable[[], Iterable[Report]]


def ok(observed: str) -> Report:
    """All is well."""
    return Report(Outcome.OK, observed)


def warning(observed: str, advice: str) -> Report:
    """It works, but maybe not as meant."""
    return Report(Outcome.WARNING, observed, advice)


def drift(observed: str, advice: str) -> Report:
    """What is at Alibaba Cloud is not what is declared, and no run restores it by itself."""
    return Report(Outcome.DRIFT, observed, advice)


def problem(observed: str, advice: str) -> Report:
    """It can't work like this."""
    return Report(Outcome.PROBLEM, observed, advice)


def not_checked(observed: str, advice: str = "") -> Report:
    """It could not be checked, or need not be."""
    return Report(Outcome.NOT_CHECKED, observed, advice)


def run(checks: Iterable[Check], *, progress: Callable[[str], None] = lambda _: None) -> Iterator[Result]:
    """What all checks report, in their order. A check that fails reports that, and no other check is affected."""
    for check in checks:
        progress(f"Checking: {check.name}")
        for report in _reports(check):
            yield Result(report.outcome, report.observed, report.advice, check.name)


def _reports(check: Check) -> list[Report]:
    reports: list[Report] = []
    try:
        # One by one: what was reported before a failure is kept.
        for report in check.reports():
            reports.append(report)
    except NotReady as missing:
        reports.append(not_checked(f"It depends on the check {missing.check!r}."))
    except FilesRefused as refused:
        reports += [problem(str(wrong), "Correct the file.") for wrong in refused.problems]
    except HandoverError as error:
        reports.append(problem(str(error), ""))
    except OSError as error:
        reports.append(not_checked(f"The machine refused it: {error.strerror or type(error).__name__}."))
    except Exception as error:  # noqa: BLE001  a fault of one check must not hide the others; its text may hold anything
        reports.append(
            not_checked(f"The check itself failed ({type(error).__name__}), which is a fault of this command.")
        )
    return reports
