"""What became of a handover by a copy: pure, of what the state holds and the recipient's account lists.

It is no transfer: the source's instance stays where it is, and what the recipient's account lists is another one.
"""

from __future__ import annotations

from collections.abc import Mapping

from transfer_provider.cli.follow.observed.case import Case
from transfer_provider.cli.follow.standing import Standing
from transfer_provider.cli.report.facts import Actor, CopyFacts, Evidence, Outcome, Seen
from transfer_provider.handover.copying.state import HeldCopy
from transfer_provider.model.inventory import Instance
from transfer_provider.model.lifecycle import Status


def copy_facts(case: Case, held: HeldCopy | None, listed: Mapping[str, Instance]) -> CopyFacts | None:
    """What the recipient got; None of a handover that is no copy. `listed` are the recipient's instances, by id."""
    if case.channel != "image":
        return None
    if held is None:
        return CopyFacts(None, None)
    instance = listed.get(held.new_instance_id)
    return CopyFacts(
        held.image_id or None,
        held.new_instance_id or None,
        instance.status if instance else None,
        (instance.private_ip if instance else None) or held.private_ip or None,
    )


def outcome(copy: CopyFacts, standing: Standing, arrived: Seen) -> Outcome:
    """Done only where the recipient's account lists the instance Running, and nothing is left to do."""
    if standing.status is Status.COPIED:
        if arrived.listed and copy.status != "Running":
            return Outcome.NOT_RUNNING
        if arrived.listed:
            return Outcome.DONE if standing.settled else Outcome.RECEIVED
        return Outcome.MISSING if arrived.evidence is Evidence.NOT_LISTED else Outcome.REPORTED
    if standing.status is Status.COPY_FAILED:
        return Outcome.FAILED
    if standing.unknown:
        return Outcome.UNKNOWN
    return Outcome.NOT_SUBMITTED if standing.status is None else Outcome.UNDER_WAY


def begun_by(case: Case) -> Actor:
    """Whose account made the image. The state does not hold which RAM identity did."""
    account_id = case.submitted.get("source_account_id")
    known = account_id if isinstance(account_id, str) and account_id else None
    return Actor(known, "begun" if known else None)
