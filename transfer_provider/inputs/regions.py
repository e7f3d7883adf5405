"""Alibaba Cloud's public regions, so that a misspelt region or a zone is found before anything is declared.

The ids are those of ECS's public endpoints, https://api.aliyun.com/product/Ecs, and of "Regions and zones" in the ECS
documentation. A region that is newer than this list is named by the stack's setting `regions`.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from transfer_provider.inputs.fields import nearest

KNOWN = (
    # China
    "cn-qingdao",
    "cn-beijing",
    "cn-zhangjiakou",
    "cn-huhehaote",
    "cn-wulanchabu",
    "cn-hangzhou",
    "cn-shanghai",
    "cn-nanjing",
    "cn-fuzhou",
    "cn-shenzhen",
    "cn-heyuan",
    "cn-guangzhou",
    "cn-wuhan-lr",
    "cn-zhengzhou-jva",
    "cn-zhongwei",
    "cn-chengdu",
    "cn-hongkong",
    # for finance and government
    "cn-hangzhou-finance",
    "cn-shanghai-finance-1",
    "cn-shenzhen-finance-1",
    "cn-beijing-finance-1",
    "cn-north-2-gov-1",
    "cn-heyuan-acdr-1",
    # elsewhere
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-south-1",
    "us-west-1",
    "us-east-1",
    "us-southeast-1",
    "na-south-1",
    "eu-west-1",
    "eu-central-1",
    "me-east-1",
    "me-central-1",
)
# A zone is its region and a letter: cn-hangzhou-h, ap-southeast-1a.
ZONE = re.compile(r"(.+?)-?[a-z]")


def refusal_of_region(region: str, more: Collection[str]) -> str | None:
    """Why this is no region to work in, or None; `more` are the regions that the stack's settings add."""
    known = (*KNOWN, *more)
    if region in known:
        return None
    zone = ZONE.fullmatch(region)
    if zone and zone[1] in known:
        return f"is a zone; give its region, {zone[1]}"
    return (
        f"is no known region; {nearest(region, known)}A region newer than this program is named by the stack's setting "
        "`regions`"
    )
