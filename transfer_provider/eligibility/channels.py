"""Which channel can take an instance, and what keeps the others from it: the three side by side. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from transfer_provider.eligibility.codes import Finding

# What a channel needs beside an instance that is fit for it.
NEEDS = {
    "api": "an account that is offered TransferInstance; a review",
    "console": "two real-name verified main accounts of the same entity; two people in the console",
    "image": "a copy: another id and private address, a bill of its own; the source's instance goes on",
}


@dataclass(frozen=True)
class Verdict:
    """Whether a channel can take an instance."""

    channel: str
    blocking: Sequence[Finding]
    warnings: Sequence[Finding]

    @property
    def row(self) -> tuple[str, str, str]:
        """The channel, yes or no, and why not, or else what it needs."""
        codes = ", ".join(dict.fromkeys(finding.code for finding in self.blocking))
        return self.channel, "no" if self.blocking else "yes", codes or f"nothing. It needs {NEEDS[self.channel]}"

    def as_json(self) -> dict[str, Any]:
        """The same for a script."""
        return {
            "can_take_it": not self.blocking,
            "blocking": [finding.code for finding in self.blocking],
            "warnings": [finding.code for finding in self.warnings],
            "needs": NEEDS[self.channel],
        }


def compared(
    instance_ids: Sequence[str], of_transfers: Sequence[Finding], of_copies: Sequence[Finding]
) -> Mapping[str, Sequence[Verdict]]:
    """The verdicts by instance. What is found of an account counts for each of its instances."""
    return {
        instance_id: [
            _verdict("api", instance_id, instance_ids, of_transfers),
            _verdict("console", instance_id, instance_ids, of_transfers),
            _verdict("image", instance_id, instance_ids, of_copies),
        ]
        for instance_id in instance_ids
    }


def _verdict(channel: str, instance_id: str, instance_ids: Sequence[str], findings: Sequence[Finding]) -> Verdict:
    own = [finding for finding in findings if finding.subject == instance_id or finding.subject not in instance_ids]
    return Verdict(
        channel, [finding for finding in own if finding.blocks], [finding for finding in own if not finding.blocks]
    )
