"""What is planned for a handover by a copy, and what it costs, by the engine's steps for its resources."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.cli.plan.given import step
from transfer_provider.cli.engine.preview import EnginePreview, PlannedStep
from transfer_provider.cli.plan.assemble import assemble
from transfer_provider.cli.plan.cases import cases
from transfer_provider.cli.plan.decisions import Decision, planned
from transfer_provider.cli.plan.facts import Facts
from transfer_provider.cli.plan.reviewed import Plan, Row, Verdict
from transfer_provider.handover.copying import own_image, source_image
from transfer_provider.handover.copying.state import INSTANCE, SHARE
from transfer_provider.handover.recipient.state import EIP_ASSOCIATION

DB, IMAGE, OWN, NEW = (
    "i-bp1db000000000000001",
    "m-bp1image000000000001",
    "m-bp1own000000000000001",
    "i-bp1new0000000000001",
)
GIVEN = {"instance_id": DB, "region": "cn-hangzhou", "recipient_account_id": "1000000000000002", "channel": "image"}
BEGUN = GIVEN | {"status": "Imaging", "take_image": True, "source": "as it is", "image_id": IMAGE, "was_running": True}
MAKES: dict[str, Any] = {"inputs": {"instanceType": "ecs.g7.large", "instanceChargeType": "PostPaid"}}
KEPT = {"retainOnDelete": True}


def source(op: str = "update", old: dict[str, Any] | None = None, **new: Any) -> PlannedStep:
    was = None if op == "create" else BEGUN | (old or {})
    return step(op, source_image.TYPE, old=was, inputs={**(was or GIVEN), **new})


def made(kind: str, **more: Any) -> PlannedStep:
    return step("create", kind, **more)


def removed(kind: str, old: dict[str, Any], **more: Any) -> PlannedStep:
    return step("delete", kind, old=old, **more)


def plan(*steps: PlannedStep) -> Plan:
    read = EnginePreview(steps, (), refused=False)
    return assemble("orchid", read, cases(read, None), None, {}, Facts())


def row(*steps: PlannedStep) -> Row:
    (only,) = plan(*steps).rows
    return only


@pytest.mark.parametrize(
    ("steps", "decision", "also"),
    [
        ([source("create", take_image=True, source="as it is", status="Imaging")], Decision.COPY, ["make the image"]),
        (
            [source("create", take_image=False, source="stopped for the image", status="Imaging")],
            Decision.COPY,
            ["stop the source's instance for the image"],
        ),
        (
            [source(old={"take_image": False, "image_id": "", "source": "stopped for the image"}, take_image=True)],
            Decision.GO_ON,
            ["make the image"],
        ),
        (
            [
                source(old={"source": "stopped for the image"}, source="started again", status="Copying"),
                made(SHARE),
                made(own_image.TYPE),
            ],
            Decision.GO_ON,
            [
                "share the image with the recipient",
                "copy the image for the recipient",
                "start the source's instance again",
            ],
        ),
        ([source(status="Starting"), made(INSTANCE, **MAKES)], Decision.MAKE_INSTANCE, []),
        ([source(status="Starting"), step("import", INSTANCE)], Decision.GO_ON, ["take over the recipient's instance"]),
        (
            [source(status="Copied", source="stopped for good")],
            Decision.CUT_OVER,
            ["record that it is verified"],
        ),
        ([source(status="Copied"), made(EIP_ASSOCIATION)], Decision.BIND, ["record that it is verified"]),
        ([source(status="CopyFailed", why="The image is gone.")], Decision.RECORD, ["record the failure"]),
        ([source(status="Shared")], Decision.RECORD, ["record that it is Shared"]),
        ([source(copy={"tags": False})], Decision.CHANGE, ["change what is declared of the copy"]),
        ([step("update", INSTANCE, old={})], Decision.CHANGE, ["change the recipient's instance"]),
    ],
)
def test_each_step_of_a_copy_is_named_and_none_is_irreversible(
    steps: list[PlannedStep], decision: Decision, also: list[str]
) -> None:
    found = planned(steps)
    assert (found.decision, list(found.also)) == (decision, also)
    assert plan(*steps).verdict is Verdict.CHANGES


def test_an_instance_that_was_stopped_before_is_not_started_again() -> None:
    stopped = {"source": "stopped for the image", "was_running": False}
    assert planned([source(old=stopped, source="started again", status="Shared")]).decision is Decision.RECORD


class TestARemovedFile:
    def test_deletes_the_images_and_their_snapshots_for_good(self) -> None:
        steps = [
            removed(own_image.TYPE, {"image_id": OWN}),
            removed(SHARE, {}),
            removed(source_image.TYPE, BEGUN | {"source": "stopped for the image"}),
        ]
        found = row(*steps)
        assert (found.decision, found.irreversible) == (Decision.CLEAN_UP, True)
        assert found.also == [
            f"delete the recipient's own image {OWN} and its snapshots, as far as nothing needs them",
            f"delete the source's image {IMAGE} and its snapshots, as far as nothing needs them",
            "share the image with the recipient no longer",
            "start the source's instance again",
        ]
        assert plan(*steps).verdict is Verdict.IRREVERSIBLE

    def test_deletes_nothing_where_it_is_certain_that_no_image_was_made(self) -> None:
        assert planned([removed(source_image.TYPE, BEGUN | {"image_id": ""})]).irreversible is False
        unknown = {key: value for key, value in BEGUN.items() if key != "image_id"}
        assert planned([removed(source_image.TYPE, unknown)]).irreversible

    def test_leaves_the_recipients_instance_which_is_only_tracked_no_more(self) -> None:
        kept = planned([removed(INSTANCE, {}, id=NEW, **KEPT)])
        assert (kept.decision, kept.also) == (
            Decision.STOP_TRACKING,
            [f"stop tracking the recipient's instance {NEW}, which stays"],
        )
        assert planned([removed(INSTANCE, {}, id=NEW)]).decision is Decision.DESTROY

    def test_of_what_stays_in_the_cloud_deletes_nothing(self) -> None:
        assert planned([removed(source_image.TYPE, BEGUN, **KEPT)]).decision is Decision.STOP_TRACKING

    def test_another_instance_of_the_same_name_cleans_up_first(self) -> None:
        found = planned([source("replace", instance_id="i-bp1web00000000000001")])
        assert found.decision is Decision.CLEAN_UP


class TestCosts:
    def test_the_recipients_instance_is_a_second_bill(self) -> None:
        (cost,) = row(source(status="Starting"), made(INSTANCE, **MAKES)).costs
        assert cost.startswith("A second bill: the recipient pays for its instance (ecs.g7.large, PostPaid) from now")

    def test_images_cost_both_sides(self) -> None:
        begun = row(source("create", take_image=True, source="as it is", status="Imaging"))
        assert begun.costs == [
            "The source pays for the image's snapshots until they are deleted.",
            "Once the recipient's instance is made, it is a second bill.",
        ]
        assert len(row(made(own_image.TYPE)).costs) == 1

    def test_what_is_stopped_goes_on_costing(self) -> None:
        (cost,) = row(source(status="Copied", source="stopped for good")).costs
        assert "goes on costing" in cost


def test_the_row_has_what_a_copy_is_declared_with() -> None:
    found = row(source("create", take_image=True, source="as it is", status="Imaging"))
    assert (found.instance_id, found.region, found.channel) == (DB, "cn-hangzhou", "image")
    assert found.recipient_account == "1000000000000002"
