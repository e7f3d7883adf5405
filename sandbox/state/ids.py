"""Ids of new resources, in Alibaba Cloud's format: a kind, the region's letters, seventeen random characters."""

from __future__ import annotations

import string

from sandbox.state.keys import random_text

_REGIONS = {"cn-hangzhou": "bp1", "cn-shanghai": "uf6", "ap-southeast-1": "t4n"}
_ELSEWHERE = "j6c"


def new_id(kind: str, region: str) -> str:
    """A new id, such as `sg-bp1…`."""
    return f"{kind}-{_REGIONS.get(region, _ELSEWHERE)}{random_text(17, string.ascii_lowercase + string.digits)}"
