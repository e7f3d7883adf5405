"""What differs from the published models on purpose, with the reason. A test fails for an entry that is no longer true.

Published fields that an answer leaves out are in `sandbox/actions/answers.py`: LEFT_OUT.
"""

from __future__ import annotations

_ASSUMED = "in no SDK; what this project assumes of it"

# Actions that Alibaba Cloud does not publish.
UNPUBLISHED_ACTIONS = {
    ("Ecs", "TransferInstance"): _ASSUMED,
    ("Ecs", "DescribeInstanceTransfers"): _ASSUMED,
    ("Ecs", "AcceptInstanceTransfer"): _ASSUMED,
    ("Ecs", "CancelInstanceTransfer"): _ASSUMED,
}

# Fields of answers that the current models no longer have.
UNPUBLISHED_FIELDS = {
    "DescribeEipAddresses.EipAddresses.EipAddress.AvailableRegions": "the alicloud plugin's data source reads it",
    "DescribeEipAddresses.EipAddresses.EipAddress.Descritpion": "the alicloud plugin's data source reads it",
}
