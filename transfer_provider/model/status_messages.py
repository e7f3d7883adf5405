"""Every wording of `status_message`, the sentence that outputs show beside a status. Pure: no I/O, no cloud.

of_transfer             a transfer that Alibaba Cloud lists, by its status
console_…               a console transfer, by which account lists the instance
of_receipt              a receipt, by whether the recipient's account lists the instance
with_recipient_choice   a console transfer's steps, with the vSwitch and the security groups to choose
"""

from __future__ import annotations

from collections.abc import Sequence

from transfer_provider.model.lifecycle import Status
from transfer_provider.model.text import printable

CONFIRMATION = "24 hours"
USUAL = "about half an hour"


# Of a copy, where nothing more is known of it.
COPIES = {
    Status.IMAGING: "The source's image is being made.",
    Status.SHARED: "The image is shared with the recipient.",
    Status.COPYING: "The recipient's own image is being made.",
    Status.STARTING: "The recipient's instance is made, and not verified yet.",
    Status.COPIED: "The recipient's instance runs: a copy, with a bill of its own. The source's goes on.",
    Status.COPY_FAILED: "The copy failed, and nothing is tried again by itself.",
}


def of_transfer(status: Status, *, failure: str | None = None, accept_before: str | None = None) -> str:
    """What a status means; times are `YYYY-MM-DDThh:mm:ssZ`, `failure` is why it was rejected or expired."""
    failure = printable(failure).rstrip(".") if failure else None
    match status:
        case Status.AWAITING_INITIATION:
            return "Waiting for the source to initiate it in the console."
        case Status.UNDER_REVIEW:
            return "Alibaba Cloud is reviewing the request."
        case Status.APPROVED:
            until = f" before {accept_before}" if accept_before else ""
            return f"The recipient has to accept it{until}."
        case Status.TRANSFERRING:
            return "The recipient accepted; the instance is moving."
        case Status.COMPLETED:
            return "Alibaba Cloud reports the transfer complete; this was observed on the source's side."
        case Status.REJECTED:
            return f"The review refused the request: {failure or 'no reason was given'}."
        case Status.CANCELLED:
            return "The same request can't be submitted again; change the reason to submit a new request."
        case Status.EXPIRED:
            return f"It expired: {failure or 'the recipient did not accept in time'}."
        case _:
            return COPIES[status]


def of_receipt(*, arrived: bool) -> str:
    """What a receipt's status means: Completed where the instance arrived, else Transferring."""
    return "The recipient's account lists the instance." if arrived else of_transfer(Status.TRANSFERRING)


def console_steps(instance_id: str, region: str, source_account_id: str, recipient_account_id: str) -> str:
    """What two people have to do in the console, a sentence a step."""
    return (
        "Nothing is submitted yet; two people do it in the console, each with the account's own login, for RAM users "
        f"can't. 1. As the source {source_account_id}: user centre → 订单管理 → 过户管理 → 可过户资源, select "
        f"{instance_id} in {region}, 发起过户, enter the recipient's account {recipient_account_id}, accept the terms "
        f"of transfer, pass the identity check. 2. Within {CONFIRMATION}, or it expires, as the recipient "
        f"{recipient_account_id}: 过户管理 → 我确认的资源过户 → 确认接收过户, choose VPC, vSwitch and security groups, "
        f"accept the terms, pass the identity check. It then moves, which takes {USUAL} and can't be undone."
    )


def console_completed(recipient_account_id: str) -> str:
    """The recipient's account lists the instance."""
    return f"The recipient's account {recipient_account_id} lists the instance."


def console_left_source() -> str:
    """The source's account does not list the instance, and the recipient's credentials are not this stack's."""
    return "The source's account no longer lists the instance; only the recipient's can show that it arrived."


def console_moving() -> str:
    """Neither account lists the instance, for no longer than that usually takes."""
    return f"Neither account lists the instance: it is moving, which takes {USUAL}."


def console_moving_too_long(since: str) -> str:
    """Neither account lists the instance for longer than usual; `since` is `YYYY-MM-DDThh:mm:ssZ`."""
    return (
        f"Neither account lists the instance since {since}, and moving takes {USUAL}. Nothing is concluded from that: "
        "check the order in the console (user centre → 订单管理 → 过户管理), check that nobody released the instance, "
        "and ask Alibaba Cloud support with its id."
    )


def with_recipient_choice(status: str, message: str, vswitch_id: str, group_ids: Sequence[str]) -> str:
    """A console transfer's steps with what the recipient has to choose there; another status's message as it is."""
    if status != Status.AWAITING_INITIATION:
        return message
    return f"{message} The recipient chooses vSwitch {vswitch_id} and security group {', '.join(group_ids)}."
