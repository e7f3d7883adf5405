"""What was paid for, and what may cost."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from transfer_provider.cli.report import costs
from transfer_provider.cli.report.costs import Left, Payer
from transfer_provider.cli.report.facts import Addresses, Binding, CostKind, Evidence, Seen
from transfer_provider.inputs.handover import Eip
from transfer_provider.model.inventory import Address, Disk, Image, Instance

INSTANCE = Instance("i-1", "web-01", "cn-hangzhou", "Running", image_id="m-1")
LEFT = Address("eip-1", "203.0.113.12", None, "", 5, "PostPaid", "PayByTraffic", "BGP")
MOVED = Addresses("203.0.113.12", "198.51.100.7", Binding.BOUND, Seen(Evidence.LISTED))


def test_the_time_that_was_paid_for_is_as_the_owner_lists_it() -> None:
    paid = Instance(
        "i-1", "", "cn-hangzhou", "Running", charge_type="PrePaid", expires=datetime(2027, 6, 30, tzinfo=UTC)
    )
    found = costs.payment(Payer("recipient", paid))
    assert (found.kind, found.values) == (CostKind.PAID_UNTIL, {"at": "2027-06-30T00:00:00Z", "side": "recipient"})
    assert costs.payment(Payer("source", INSTANCE)).kind is CostKind.PAY_AS_YOU_GO
    assert costs.payment(Payer("source", None)).kind is CostKind.PAYMENT_UNKNOWN


@pytest.mark.parametrize("evidence", Evidence)
def test_an_old_address_costs_where_it_is_listed_and_may_where_nobody_answered(evidence: Evidence) -> None:
    assert [found.kind for found in costs.old_address(MOVED, Left(LEFT, Seen(Evidence.LISTED)))] == [CostKind.OLD_EIP]
    unknown = [] if evidence.answered else [CostKind.OLD_EIP_UNKNOWN]
    assert [found.kind for found in costs.old_address(MOVED, Left(None, Seen(evidence)))] == unknown


def test_an_address_that_moves_with_its_instance_or_has_not_moved_costs_nothing_more() -> None:
    same = Addresses("203.0.113.12", "203.0.113.12", Binding.WITH_INSTANCE, Seen(Evidence.LISTED))
    assert list(costs.old_address(same, Left(None, Seen(Evidence.NO_ANSWER)))) == []
    assert list(costs.old_address(MOVED, None)) == []
    assert list(costs.new_address(same, Eip(), None)) == []


def test_a_new_address_costs_as_it_is_listed_else_as_it_is_declared() -> None:
    (listed,) = costs.new_address(MOVED, Eip(bandwidth=20), LEFT)
    (declared,) = costs.new_address(MOVED, Eip(bandwidth=20), None)
    assert (listed.values["bandwidth"], declared.values["bandwidth"]) == ("5", "20")


def test_marketplace_products_are_those_of_the_image_and_of_the_disks_or_not_known() -> None:
    disks = [Disk("d-1", "i-1", product_code="cmjj01"), Disk("d-2", "i-1")]
    images = {"m-1": Image("m-1", "marketplace", "cmjj02")}
    codes = costs.product_codes(INSTANCE, disks, images)
    assert codes == ["cmjj02", "cmjj01"]
    assert [found.kind for found in costs.marketplace(codes)] == [CostKind.MARKETPLACE]
    assert [found.kind for found in costs.marketplace(None)] == [CostKind.MARKETPLACE_UNKNOWN]
    assert list(costs.marketplace([])) == []
