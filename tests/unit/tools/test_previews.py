"""The page of previews: the same text however the engine's messages arrive."""

from __future__ import annotations

from tools.previews import steady

STACK = " + pulumi:pulumi:Stack: (create)\n"
DB, WEB = (
    f"    + instance-handover:index:Handover: (create)\n        [urn=urn:p::p::t::{name}]\n" for name in ("db", "web")
)
WARNING = "warning: EipBound: Its EIP gets unbound.\n"
RESOURCES = "Resources:\n    + 3 to create\n"
EXITED = (
    "error: Detected that /home/somebody/plugins/alicloud exited prematurely.\n"
    "       This is *always* a bug in the provider.\n"
    "       To assist with debugging\n"
)


def test_a_message_of_the_engine_is_in_the_same_place_whenever_it_arrives() -> None:
    first = STACK + WARNING + DB + WEB + RESOURCES
    assert (
        steady(first)
        == steady(STACK + DB + WARNING + WEB + RESOURCES)
        == steady(STACK + WEB + DB + RESOURCES + WARNING)
    )


def test_a_plugin_that_stops_with_the_engine_is_not_part_of_the_page() -> None:
    text = STACK + DB + RESOURCES
    assert steady(text + EXITED) == steady(text)
