"""What the demo shows of an `up`."""

from __future__ import annotations

from tools import summary

PRINTED = """\
Updating (sandbox):

 +  instance-handover:index:Handover web-01 creating (0s) warning: EipBound: Its EIP gets unbound.
Diagnostics:
  pulumi:pulumi:Stack (instance-handover-sandbox):
    info: Submitted it-1.
    info: Submitted it-2.

  instance-handover:index:Handover (web-01):
    \x1b[33mwarning: \x1b[0mEipBound: Its EIP gets unbound.

Outputs:
    handovers: {
        status_message: "info: nothing of this"
    }

Resources:
    + 18 created
    2 unchanged

Duration: 13s
"""


def test_of_an_up_its_messages_and_its_counts_are_shown() -> None:
    assert summary.of_up(PRINTED).splitlines() == [
        "  info: Submitted it-1.",
        "  info: Submitted it-2.",
        "  \x1b[33mwarning: \x1b[0mEipBound: Its EIP gets unbound.",
        "  + 18 created",
        "  2 unchanged",
    ]
