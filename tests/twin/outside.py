"""What has to hold after every run, seen from outside: by what Alibaba Cloud holds, and by the state as written.

The library's own words are not trusted for any of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from sandbox.models.transfers import Status, Transfer
from sandbox.state.cloud import CloudState
from tests.twin.engine import Resource
from tests.twin.program import File
from tests.twin.world import RECIPIENT, SOURCE
from transfer_provider import receipt, transfer


@dataclass(frozen=True)
class Moment:
    """What there was at one time."""

    transfers: Mapping[str, Transfer]
    state: tuple[Resource, ...]

    @property
    def tracked(self) -> set[str]:
        """The transfers that the state tracks."""
        return {
            held.id
            for held in self.state
            if held.type == transfer.TYPE and not (held.pending_replacement or held.delete)
        }


def moment(cloud: CloudState, state: tuple[Resource, ...]) -> Moment:
    """As it is now."""
    return Moment({each.id: each for each in cloud.transfers()}, tuple(sorted(state, key=lambda held: held.urn)))


def requested(transfer: Transfer, files: Iterable[File]) -> bool:
    """Whether a file declares this very request."""
    return any(
        (file.instance_id, file.recipient, file.reason)
        == (transfer.instance_id, transfer.recipient_account_id, transfer.reason)
        for file in files
    )


def happened(before: Moment, after: Moment) -> set[str]:
    """What a run did, for Hypothesis' statistics."""
    found = {
        f"a run made a transfer {now.status}"
        for transfer_id, now in after.transfers.items()
        if (then := before.transfers.get(transfer_id)) is None or then.status is not now.status
    }
    if any(held.pending_replacement for held in after.state):
        found.add("a run ended between cancelling and submitting")
    if any(held.type == receipt.TYPE and held.outputs["status"] == "Completed" for held in after.state):
        found.add("an arrival was observed")
    return found


def check_run(before: Moment, after: Moment, files: Collection[File]) -> None:
    """What one run may have done at Alibaba Cloud, whatever befell it."""
    for transfer_id, now in after.transfers.items():
        then = before.transfers.get(transfer_id)
        if then is None:
            assert requested(now, files), f"a transfer nobody declared was submitted: {now}"
        elif then.status is not now.status:
            _check_step(then, now, files)
    unfinished = Counter(each.instance_id for each in after.transfers.values() if not each.status.terminal)
    assert all(count == 1 for count in unfinished.values()), (
        f"several unfinished transfers of an instance: {unfinished}"
    )
    lost = {
        transfer_id
        for transfer_id in before.tracked - after.tracked
        if not after.transfers[transfer_id].status.terminal
    }
    assert not lost, f"unfinished transfers were dropped from the state: {lost}"
    tracked = Counter(
        held.id for held in after.state if held.type == transfer.TYPE and not (held.pending_replacement or held.delete)
    )
    assert all(count == 1 for count in tracked.values()), f"the state tracks a transfer twice: {tracked}"


def _check_step(then: Transfer, now: Transfer, files: Collection[File]) -> None:
    match now.status:
        case Status.CANCELLED:
            assert not requested(now, files), f"cancelled although it is declared: {now}"
        case Status.TRANSFERRING:
            assert then.status is Status.APPROVED, f"accepted without approval: {now}"
            declared = [file for file in files if file.instance_id == now.instance_id and file.groups]
            assert declared, f"accepted without a declared recreate: {now}"
            assert requested(now, declared), f"accepted although another request is declared: {now}"
        case _:
            raise AssertionError(f"a run made a {then.status} transfer {now.status}")


def check_claims(cloud: CloudState, after: Moment) -> None:
    """The state claims no arrival that the recipient does not list, and no end that the cloud does not report."""
    for held in after.state:
        if held.outputs.get("status") != "Completed":
            continue
        owner = cloud.owner_of(str(held.outputs["instance_id"]))
        assert owner != SOURCE, f"the state claims that {held.name} moved: {held}"
        if held.type == receipt.TYPE:
            assert owner == RECIPIENT, f"the state claims an arrival: {held}"


def check_success(after: Moment, files: Collection[File], logged: Collection[str]) -> None:
    """After a run that went well everything declared is tracked, each instance by one resource; the rest is named."""
    instances = Counter(held.outputs["instance_id"] for held in after.state if held.type == transfer.TYPE)
    assert set(instances) == {file.instance_id for file in files}
    assert all(count == 1 for count in instances.values()), f"several resources of an instance: {instances}"
    text = "\n".join(logged)
    for each in after.transfers.values():
        if not each.status.terminal and each.id not in after.tracked:
            # The look at what is under way may fail without failing the run, which says so.
            assert each.id in text or "were not checked" in text, f"under way, neither tracked nor named: {each}"
