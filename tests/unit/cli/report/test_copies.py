"""A handover by a copy in a report: what counts as done, and that nothing of it is called a transfer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.unit.cli.report.samples import LISTED, RECIPIENT, SOURCE, handover, report, standing
from transfer_provider.cli.follow.observed.case import Case
from transfer_provider.cli.follow.standing import Step
from transfer_provider.cli.report import copies, costs
from transfer_provider.cli.report.facts import Actor, CopyFacts, CostKind, Evidence, HandoverFacts, Outcome, Seen
from transfer_provider.cli.report.formats.as_json import as_json
from transfer_provider.cli.report.formats.markdown import markdown
from transfer_provider.cli.report.formats.page import page
from transfer_provider.handover.copying.state import HeldCopy
from transfer_provider.model.inventory import Instance
from transfer_provider.model.lifecycle import Status

WEB, NEW, IMAGE = "i-bp1web00000000000001", "i-bp1new00000000000001", "m-bp1image000000000001"
HELD = HeldCopy("web-01", WEB, "cn-hangzhou", RECIPIENT, Status.COPIED, image_id=IMAGE, new_instance_id=NEW)
RUNNING = CopyFacts(IMAGE, NEW, "Running", "10.20.0.9")


def case(**submitted: Any) -> Case:
    held = {"instance_id": WEB, "channel": "image", "status": "Copied", "source_account_id": SOURCE} | submitted
    return Case("web-01", None, by_file=True, held=True, submitted=held, received={}, bound=False)


def copied(**changes: Any) -> HandoverFacts:
    given: dict[str, Any] = {
        "standing": standing(channel="image", status=Status.COPIED, since=None, transfer_id=IMAGE),
        "moments": [],
        "at_source": LISTED,
        "submission": Actor(SOURCE, "begun"),
        "acceptance": Actor(None, None),
        "costs": list(costs.of_copy(RUNNING)),
        "copy": RUNNING,
    }
    return handover(**given | changes)


@pytest.mark.parametrize(
    ("status", "step", "seen", "power", "expected"),
    [
        (Status.COPIED, Step.NOTHING, Evidence.LISTED, "Running", Outcome.DONE),
        (Status.COPIED, Step.BIND, Evidence.LISTED, "Running", Outcome.RECEIVED),
        (Status.COPIED, Step.NOTHING, Evidence.LISTED, "Stopped", Outcome.NOT_RUNNING),
        (Status.COPIED, Step.NOTHING, Evidence.NOT_LISTED, None, Outcome.MISSING),
        (Status.COPIED, Step.NOTHING, Evidence.NO_ANSWER, None, Outcome.REPORTED),
        (Status.COPIED, Step.NOTHING, Evidence.NO_PERMISSION, None, Outcome.REPORTED),
        (Status.STARTING, Step.COPY, Evidence.LISTED, "Running", Outcome.UNDER_WAY),
        (Status.IMAGING, Step.MAKE_IMAGE, Evidence.NOT_QUERIED, None, Outcome.UNDER_WAY),
        (Status.COPY_FAILED, Step.DECIDE, Evidence.NOT_QUERIED, None, Outcome.FAILED),
        (None, Step.SUBMIT, Evidence.NOT_QUERIED, None, Outcome.NOT_SUBMITTED),
    ],
)
def test_it_is_done_only_where_the_new_instance_is_seen_running(
    status: Status | None, step: Step, seen: Evidence, power: str | None, expected: Outcome
) -> None:
    now = standing(channel="image", status=status, step=step)
    assert copies.outcome(replace(RUNNING, status=power), now, Seen(seen)) is expected


def test_what_could_not_be_queried_of_it_is_not_known() -> None:
    now = standing(channel="image", status=Status.COPYING, step=Step.QUERY_AGAIN, unknown="no answer")
    assert copies.outcome(RUNNING, now, Seen(Evidence.NOT_QUERIED)) is Outcome.UNKNOWN


def test_what_the_recipient_got_is_by_its_own_id() -> None:
    listed = {NEW: Instance(NEW, "copy", "cn-hangzhou", status="Running", private_ips=("10.20.0.9",))}
    assert copies.copy_facts(case(), HELD, listed) == RUNNING
    assert copies.copy_facts(case(), HELD, {}) == CopyFacts(IMAGE, NEW, None, None)
    assert copies.copy_facts(case(), None, listed) == CopyFacts(None, None)
    assert copies.copy_facts(case(channel="api", status="Completed"), None, listed) is None


def test_who_began_it_is_as_recorded() -> None:
    assert copies.begun_by(case()) == Actor(SOURCE, "begun")
    assert copies.begun_by(case(source_account_id=None)) == Actor(None, None)


def test_its_costs_are_a_second_bill_and_no_move() -> None:
    assert [cost.kind for cost in costs.of_copy(RUNNING)] == [CostKind.SECOND_BILL, CostKind.IMAGES]
    assert [cost.kind for cost in costs.of_copy(CopyFacts(None, None))] == [CostKind.SECOND_BILL_AHEAD]


def of_its_own(text: str) -> str:
    """What a report says of its handovers alone."""
    return text.split("Costs" if "Costs" in text else "费用")[0] + text.rsplit("web-01", 1)[1].split("RDS", 1)[0]


@pytest.mark.parametrize("write", [markdown, page])
def test_it_is_no_transfer_and_the_source_keeps_its_instance(write: Any) -> None:
    english, chinese = (write(report(handovers=[copied()]), language) for language in ("en", "zh"))
    assert "A copy: the source&#39;s instance goes on until" in english.replace("source's", "source&#39;s")
    assert "The times of a copy" in english
    assert NEW in english
    assert "Running, 10.20.0.9" in english
    assert "Done: copied" in english
    for absent in ("Transfer", "Accepted by", "Follows the instance", "follows the instance", "from the arrival on"):
        assert absent not in of_its_own(english), absent
    assert "转出方的原实例会一直保留" in chinese
    assert "接收操作方" not in chinese
    assert "过户申请编号" not in chinese


def test_json_has_the_new_instance() -> None:
    (found,) = as_json(report(handovers=[copied()]))["handovers"]
    assert found["copy"] == {
        "image_id": IMAGE, "new_instance_id": NEW, "status": "Running", "private_ip": "10.20.0.9",
    }  # fmt: skip
    (moved,) = as_json(report(handovers=[handover()]))["handovers"]
    assert moved["copy"] is None
