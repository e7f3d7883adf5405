"""Which addresses of a vSwitch an instance can have. Pure.

The first address of a vSwitch and the last three are Alibaba Cloud's own (RunInstances, PrivateIpAddress).
"""

from __future__ import annotations

from ipaddress import ip_address, ip_network

OWN_FIRST, OWN_LAST = 1, 3


def usable(address: str, address_range: str) -> bool:
    """Whether an instance can have the address in a vSwitch of this range, such as 172.16.0.0/24; not where either is
    malformed."""
    try:
        network, wanted = ip_network(address_range), ip_address(address)
    except ValueError:
        return False
    place = int(wanted) - int(network.network_address)
    return wanted.version == network.version and OWN_FIRST <= place < network.num_addresses - OWN_LAST
