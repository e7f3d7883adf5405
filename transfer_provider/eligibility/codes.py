"""The codes of what is found about a handover: whether each blocks, and where its rule comes from.

The single table that the settings, the page of the documentation and the rules read; and what no API reports.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from transfer_provider.model.text import printable

OFFICIAL = "Alibaba Cloud, rules for transferring classic-network instances (2021)"
CONSOLE = "Alibaba Cloud, Resource transfer (help.aliyun.com/en/user-center/resource-transfer)"
MANUAL = "Alibaba Cloud, ECS transfer manual (help.aliyun.com/document_detail/281188.html)"
BINDING = "Alibaba Cloud, AssociateEipAddress: EIP_CAN_NOT_ASSOCIATE_WITH_PUBLIC_IP"
SHARING = "Alibaba Cloud, ModifyImageSharePermission"
IMAGES = "Alibaba Cloud, CreateImage"
RUN = "Alibaba Cloud, RunInstances"
ACCOUNT = "Alibaba Cloud, DescribeAccountAttributes"
FEES = "Alibaba Cloud, image billing: images derived from paid ones"
INFERRED = "inferred: it belongs to the source account"


def _article(number: str) -> str:
    return f"the source article, {number}"


@dataclass(frozen=True)
class Code:
    """What a code stands for: whether it blocks, and where the rule comes from."""

    blocks: bool
    source: str
    channels: Sequence[str] = ("api", "console")
    """Those that have it alone, where it is a code of its own; a copy has some of the others, too."""


CODES: Mapping[str, Code] = {
    "NotFound": Code(True, _article("S4")),
    "SameAccount": Code(True, f"{OFFICIAL}: source equals target"),
    "SourceNotVerified": Code(True, f"{CONSOLE}: real-name verified accounts only"),
    "RecipientNotVerified": Code(True, f"{_article('S15')}; {CONSOLE}"),
    "TransferInProgress": Code(True, f"{OFFICIAL}: in an unfinished transfer"),
    "CancelledBefore": Code(True, _article("S14")),
    "IncorrectStatus": Code(True, f"{_article('S1')}; {OFFICIAL}"),
    "Recycling": Code(True, f"{_article('S1')}: not releasing"),
    "Expired": Code(True, f"{_article('S1')}; {OFFICIAL}"),
    "Locked": Code(True, f"{OFFICIAL}: locked"),
    "Spot": Code(True, f"{OFFICIAL}: spot instances"),
    "EncryptedDisk": Code(True, f"{OFFICIAL}: encrypted disks"),
    "SharedDisk": Code(True, f"{OFFICIAL}: shared block storage"),
    "DiskNotAttached": Code(True, f"{_article('S8')}; {OFFICIAL}"),
    "CreatedRecently": Code(True, f"{OFFICIAL}: created less than 5 days ago"),
    "ScheduledMaintenance": Code(True, f"{OFFICIAL}: scheduled move to another host"),
    "FixedPublicAddress": Code(True, BINDING),
    "ExpiresSoon": Code(False, _article("S12")),
    "AutoRelease": Code(False, _article("S1")),
    "EipBound": Code(False, f"{_article('S2')}; {MANUAL}"),
    "Marketplace": Code(False, f"{_article('S2')} and S9"),
    "DedicatedHost": Code(False, INFERRED),
    "DeploymentSet": Code(False, INFERRED),
    "SecondaryInterfaces": Code(False, INFERRED),
    "DeletionProtection": Code(False, INFERRED),
    "MarketplaceImage": Code(True, f"{SHARING}: marketplace images", ("image",)),
    "ServiceKeyEncryption": Code(True, f"{SHARING}: encrypted images", ("image",)),
    "LocalDisk": Code(True, f"{IMAGES}: local disks", ("image",)),
    "UnknownDisk": Code(True, f"{RUN}: DataDisk.N.Device", ("image",)),
    "SmallerDisk": Code(True, f"{RUN}: sizes of disks", ("image",)),
    "VSwitchNotFound": Code(True, f"{SHARING}: the same region only", ("image",)),
    "TypeNotOffered": Code(True, f"{RUN}: OperationDenied.NoStock", ("image",)),
    "PrivateAddressOutside": Code(True, f"{RUN}: PrivateIpAddress", ("image",)),
    "PrivateAddressTaken": Code(True, f"{RUN}: InvalidPrivateIpAddress.Duplicated", ("image",)),
    "VcpuQuota": Code(True, f"{ACCOUNT}; {RUN}: QuotaExceed.ElasticQuota", ("image",)),
    "TooManyDisks": Code(True, f"{IMAGES}: at most 16 data disks", ("image",)),
    "DiskSize": Code(True, f"{RUN}: sizes of disks by category", ("image",)),
    "EncryptionKey": Code(False, f"{SHARING}: customer master keys only, since 2025-07-01", ("image",)),
    "SystemLicence": Code(False, FEES, ("image",)),
}

BLOCKERS = tuple(code for code, rule in CODES.items() if rule.blocks)


@dataclass(frozen=True)
class Finding:
    """A blocking or a warning finding about a handover.

    `subject` is the instance's id, or the account's where it holds for an account. `message` says what is wrong with
    the values observed, `remedy` what to do, each one sentence; `source` where the rule comes from.
    """

    code: str
    blocks: bool
    subject: str
    message: str
    remedy: str
    source: str


@dataclass(frozen=True)
class Check:
    """Something a person has to check, because no API reports it."""

    what: str
    source: str


CHECK_YOURSELF: Sequence[Check] = (
    Check(
        "No temporary upgrade of bandwidth or configuration is in effect, and no reserved change of it pending.",
        OFFICIAL,
    ),
    Check("It is not one of the promotional instances that can't be transferred.", OFFICIAL),
    Check("No order of it is unpaid, and neither account is in arrears.", OFFICIAL),
    Check("Both accounts are of the same site, China or international.", OFFICIAL),
    Check(
        "An enterprise hands over only to accounts of the same verified enterprise, and never to an individual.",
        CONSOLE,
    ),
    Check("The recipient's quotas of instances and security groups suffice.", OFFICIAL),
    Check(
        "For a copy, both accounts may have another image with its snapshots, and the recipient another subscription: "
        "these quotas are shown in the Quota Center alone.",
        IMAGES,
    ),
    Check("Neither account belongs to a reseller or is financially managed by another.", CONSOLE),
    Check("Its image does not rely on a static private address: without DHCP it would lose its network.", OFFICIAL),
    Check("DTS authorisations that name it are removed.", OFFICIAL),
    Check("It is backed up, and the move was tried with an instance that does not matter.", _article("S8")),
    Check("The recipient may manage and pay for it.", _article("S10")),
    Check(
        "Alibaba Cloud's page on transferring instances in a VPC sets no rule beyond these, which are those of 2021.",
        "Alibaba Cloud, rules for transferring VPC instances (help.aliyun.com, document 58064), not seen",
    ),
)


def finding(code: str, subject: str, message: str, remedy: str, *, blocks: bool | None = None) -> Finding:
    """A finding with its code's severity, unless `blocks` is given, and its code's source.

    Messages name what the account calls things, so both sentences are made printable here.
    """
    severity = CODES[code].blocks if blocks is None else blocks
    return Finding(code, severity, subject, printable(message), printable(remedy), CODES[code].source)
