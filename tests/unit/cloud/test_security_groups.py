"""Security groups as an account lists them: what an answer of another shape comes to."""

from __future__ import annotations

from typing import Any, cast

import pytest
from alibabacloud_ecs20140526 import models

from transfer_provider.cloud import security_groups
from transfer_provider.cloud.client import Cloud
from transfer_provider.cloud.errors import NotAllowed, TryAgain

GROUP = "sg-bp1acme0000000web"


class Account:
    """An account with one group, whose rules are answered as they are given here."""

    region = "cn-hangzhou"

    def __init__(
        self,
        *permissions: models.DescribeSecurityGroupAttributeResponseBodyPermissionsPermission,
        named: str | None = GROUP,
    ) -> None:
        rules = models.DescribeSecurityGroupAttributeResponseBody(
            security_group_id=named,
            permissions=models.DescribeSecurityGroupAttributeResponseBodyPermissions(permission=list(permissions)),
        )
        group = models.DescribeSecurityGroupsResponseBodySecurityGroupsSecurityGroup(security_group_id=GROUP)
        groups = models.DescribeSecurityGroupsResponseBody(
            security_groups=models.DescribeSecurityGroupsResponseBodySecurityGroups(security_group=[group])
        )
        self._answers = [groups, rules]

    def read(self, _call: Any, *, doing: str) -> Any:
        assert doing
        return self._answers.pop(0)


def test_a_rule_without_another_end_is_no_usable_answer() -> None:
    rule = models.DescribeSecurityGroupAttributeResponseBodyPermissionsPermission(
        direction="ingress", ip_protocol="TCP", port_range="443/443", policy="Accept", priority="1"
    )
    with pytest.raises(TryAgain, match="not the requested rules"):
        security_groups.query(cast(Cloud, Account(rule)), [GROUP], lambda _: None)


def test_no_rules_are_only_believed_where_the_answer_names_the_group() -> None:
    (group,) = security_groups.query(cast(Cloud, Account()), [GROUP], lambda _: None).values()
    assert group.rules == ()
    with pytest.raises(NotAllowed, match="allow ecs:DescribeSecurityGroupAttribute"):
        security_groups.query(cast(Cloud, Account(named=None)), [GROUP], lambda _: None)
