"""The addresses of a vSwitch that are in use, by DescribeNetworkInterfaces of ECS 2014-05-26."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from transfer_provider.cloud.client import Cloud
from transfer_provider.cloud.errors import no_answer
from transfer_provider.cloud.paging import UNREADABLE, all_tokens, listed
from transfer_provider.cloud.sdk import models

LARGEST_PAGE = 500


def in_use(cloud: Cloud, vswitch_id: str) -> Mapping[str, str]:
    """Who has each address of the vSwitch's interfaces, primary or secondary: an instance, else the interface; 500
    interfaces a call.

    Not all are listed: other services may use addresses, too. Raises as a call does.
    """
    return {address: holder for found in all_tokens(partial(_page, cloud, vswitch_id)) for address, holder in found}


def _page(cloud: Cloud, vswitch_id: str, token: str | None) -> tuple[Sequence[Sequence[tuple[str, str]]], str | None]:
    request = models.DescribeNetworkInterfacesRequest(
        region_id=cloud.region, v_switch_id=vswitch_id, max_results=LARGEST_PAGE, next_token=token
    )
    doing = f"look up the addresses in use in {vswitch_id} with {cloud}"
    body = cloud.read(lambda ecs, runtime: ecs.describe_network_interfaces_with_options(request, runtime), doing=doing)
    try:
        entries = body.network_interface_sets.network_interface_set
        return [_addresses(entry) for entry in entries], body.next_token or None
    except UNREADABLE:
        raise no_answer(doing, "not the requested list") from None


def _addresses(entry: Any) -> Sequence[tuple[str, str]]:
    holder = str(entry.instance_id or entry.network_interface_id)
    every = [
        entry.private_ip_address,
        *(one.private_ip_address for one in listed(entry.private_ip_sets, "private_ip_set")),
    ]
    return [(str(address), holder) for address in dict.fromkeys(every) if address]
