"""Transfers under way to the stack's recipients that neither its declarations nor its state know.

A run that is killed between a submission and its state leaves such a transfer. With its file in place the next run
adopts it; with the file removed nobody would know of it, and it could be approved and accepted. Alibaba Cloud's listing
does not show who submitted a transfer, so those that another stack tracks are listed as well.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import pulumi

from transfer_provider.cloud import operations
from transfer_provider.cloud.client import Cloud
from transfer_provider.cloud.errors import HandoverError, NotAllowed, Unsupported
from transfer_provider.cloud.polls import RUNNING
from transfer_provider.handover.guards import differs
from transfer_provider.handover.state import StackState
from transfer_provider.inputs.settings import Settings
from transfer_provider.model.text import printable
from transfer_provider.model.transfer import Transfer, TransferRequest

LISTED = 10  # how many a run lists; the doctor lists all

WHAT_TO_DO = (
    "Where another stack tracks it, there is nothing to do here. To adopt it, declare its instance_id and "
    "recipient_account_id, without a reason, and run `pulumi up`; to cancel it, adopt it, then remove that declaration "
    "and run `pulumi up` again."
)


def warn(
    settings: Settings, state: StackState, requests: Sequence[TransferRequest], waiting: Collection[str] = ()
) -> None:
    """Warn of the untracked transfers in every region that the stack uses; one call a region and 100 transfers.

    `requests` are all that the program declares; `waiting` are the instances of those that are not submitted in this
    run, and so adopt nothing. A look that fails is no error of the run: an account that is not
    offered the action, or may not call it, gets no warning; without an answer the run reports that.
    """
    if not settings.runs_source:
        return
    found: list[Transfer] = []
    adopting = [request for request in requests if request.instance_id not in waiting]
    for region in regions(settings, requests):
        try:
            found += untracked(under_way(Cloud(settings.source_profile, region)), settings, state, adopting)
        except (NotAllowed, Unsupported):
            continue
        except HandoverError as error:
            pulumi.log.info(f"Transfers that nothing tracks were not checked in {region}: {error}")
    if found:
        pulumi.log.warn(_warning(found, pulumi.get_stack()))


def regions(settings: Settings, requests: Iterable[TransferRequest]) -> Collection[str]:
    """The stack's region and its handovers', each once."""
    return dict.fromkeys([settings.region, *(request.region for request in requests)])


def under_way(cloud: Cloud) -> list[Transfer]:
    """The unfinished transfers that the source's account lists in the region. Raises as a call does."""
    return list(operations.list_all(cloud, statuses=RUNNING))


def untracked(
    listed: Iterable[Transfer], settings: Settings, state: StackState, requests: Iterable[TransferRequest]
) -> list[Transfer]:
    """Those to a recipient of the stack that its state does not hold and that this run does not adopt either."""
    tracked = {transfer.transfer_id for transfer in state.submitted.values()}
    adopted = {request.instance_id for request in requests if _to_be_submitted(request, state)}
    return [
        transfer
        for transfer in listed
        if transfer.recipient_account_id in settings.recipients
        and transfer.transfer_id not in tracked
        and transfer.instance_id not in adopted
    ]


def described(transfer: Transfer) -> str:
    """A transfer with all that is needed to adopt it."""
    reason = f" with the reason {printable(repr(transfer.reason))}" if transfer.reason else ""
    until = f"; it can be cancelled until {transfer.cancellable_until}" if transfer.cancellable_until else ""
    return (
        f"{transfer.transfer_id} of {transfer.instance_id} to account {transfer.recipient_account_id}{reason}, "
        f"{transfer.status}, submitted at {transfer.submitted_at or 'an unknown time'}{until}"
    )


def _to_be_submitted(request: TransferRequest, state: StackState) -> bool:
    """Whether this run submits the request, and so adopts or refuses what is under way of its instance."""
    submitted = state.submitted.get(request.instance_id)
    return submitted is None or differs(submitted, request)


def _warning(found: Sequence[Transfer], stack: str) -> str:
    lines = [f"  {described(transfer)}" for transfer in found[:LISTED]]
    if len(found) > LISTED:
        lines.append(f"  and {len(found) - LISTED} more: `handover doctor --stack {stack}` lists all.")
    return "\n".join(
        [
            "Under way to a recipient of this stack, and known to neither its declarations nor its state, as a killed "
            "run leaves it:",
            *lines,
            WHAT_TO_DO,
        ]
    )
