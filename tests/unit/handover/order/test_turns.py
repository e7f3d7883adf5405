"""Which handovers wait, by what is declared, what the state holds and what was observed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from transfer_provider import Copy
from transfer_provider.handover.copying.state import HeldCopy
from transfer_provider.handover.order import turns
from transfer_provider.handover.order.turns import Ahead, StackAhead, Turns, Wait, misnamed, out_of_turn, summary
from transfer_provider.handover.plan import Wanted
from transfer_provider.handover.state import Held, StackState
from transfer_provider.inputs.settings import Settings
from transfer_provider.model.lifecycle import Status
from transfer_provider.model.transfer import Transfer, TransferRequest

RECIPIENT = "1000000000000002"
STAGING = StackAhead("staging", [Ahead("db-01", Status.APPROVED)])


def settings(**more: Any) -> Settings:
    given = {"region": "cn-hangzhou", "sourceAccount": "1000000000000001", "recipients": (RECIPIENT,)}
    return Settings(**given | more)


def wanted(name: str, *after: str, reason: str = "moves", **more: Any) -> Wanted:
    request = TransferRequest(instance(name), "cn-hangzhou", RECIPIENT, reason=reason)
    return Wanted(name, request, after=after, **more)


def instance(name: str) -> str:
    return f"i-{name}"


def holding(arrived: tuple[str, ...] = (), **transfers: Status) -> StackState:
    """A state with these transfers; the names as `db`."""
    submitted = {
        instance(name): Transfer(f"it-{name}", instance(name), status, RECIPIENT, reason="moves")
        for name, status in transfers.items()
    }
    return StackState(
        submitted=submitted,
        completed=[instance_id for instance_id, found in submitted.items() if found.status is Status.COMPLETED],
        arrived=[instance(name) for name in arrived],
        handovers={name: Held(name, instance(name), submitted[instance(name)]) for name in transfers},
    )


def decided(*handovers: Wanted, state: StackState | None = None, chosen: Settings | None = None, **more: Any) -> Turns:
    given: dict[str, Any] = {"arrived": (), "statuses": {}, "under_way": (), "stacks": (), "room": None}
    known = {one.name: one for one in handovers}
    return turns.turns(handovers, chosen or settings(), state or StackState(), known=known, **given | more)


class TestAfterOthers:
    def test_a_handover_waits_until_all_of_the_others_have_arrived(self) -> None:
        web = wanted("web", "db", "cache")
        found = decided(wanted("db"), wanted("cache"), web, arrived=[instance("db")])
        assert found.waits == {"web": Wait([Ahead("cache")])}
        assert not found.kept
        assert not found.refused
        assert not decided(wanted("db"), wanted("cache"), web, arrived=[instance("db"), instance("cache")]).waits

    def test_an_arrival_that_the_state_holds_counts(self) -> None:
        state = holding(arrived=("db",), db=Status.COMPLETED)
        assert not decided(wanted("db"), wanted("web", "db"), state=state).waits

    def test_with_both_sides_a_completed_transfer_is_no_arrival_yet(self) -> None:
        found = decided(wanted("db"), wanted("web", "db"), state=holding(db=Status.COMPLETED))
        assert found.waits == {"web": Wait([Ahead("db", Status.COMPLETED)])}

    def test_the_sources_half_goes_by_the_transfer_as_it_is_listed_now(self) -> None:
        half = settings(side="source")
        pair = wanted("db"), wanted("web", "db")
        state = holding(db=Status.APPROVED)
        assert decided(*pair, state=state, chosen=half).waits == {"web": Wait([Ahead("db", Status.APPROVED)])}
        assert not decided(*pair, state=state, chosen=half, statuses={instance("db"): Status.COMPLETED}).waits
        assert not decided(*pair, state=holding(db=Status.COMPLETED), chosen=half).waits

    def test_on_the_recipients_half_nothing_waits(self) -> None:
        assert (
            decided(wanted("db"), wanted("web", "db"), chosen=settings(side="recipient"), stacks=[STAGING]) == Turns()
        )

    def test_what_ended_without_handing_over_is_not_there_and_needs_a_person(self) -> None:
        handovers = [wanted("db"), wanted("job"), wanted("web", "job", "db")]
        sentences = turns.waits_for(handovers, settings(), holding(db=Status.REJECTED))
        assert sentences == {
            "web": [
                "web waits for db, which is Rejected and has not arrived: settle db first, or remove it from `after`.",
                "web waits for job, which has not arrived (not submitted).",
            ]
        }

    def test_of_many_a_few_are_named(self) -> None:
        others = [wanted(f"db-{number}") for number in range(9)]
        found = turns.waits_for([*others, wanted("web", *(one.name for one in others))], settings(), StackState())
        assert len(found["web"]) == turns.LISTED + 1
        assert found["web"][-1] == "web waits for 4 more that have not arrived."


class TestACopy:
    def test_begins_in_its_turn_as_a_submission_does_and_goes_on_once_it_has_begun(self) -> None:
        copy = replace(wanted("web", "db"), channel="image", copy=Copy())
        assert "web" in decided(wanted("db"), copy).waits
        held = HeldCopy("web", instance("web"), "cn-hangzhou", "1000000000000002", Status.IMAGING)
        assert "web" not in decided(wanted("db"), copy, state=StackState(copies={instance("web"): held})).waits
        alone = replace(wanted("web"), channel="image", copy=Copy())
        assert decided(alone, unattended=True).waits["web"].person
        assert decided(replace(alone, name="a"), replace(alone, name="b"), room=1).waits.keys() == {"b"}

    def test_that_is_copied_has_arrived_for_others(self) -> None:
        state = StackState(arrived=[instance("db")])
        assert not decided(replace(wanted("db"), channel="image", copy=Copy()), wanted("web", "db"), state=state).waits


class TestWhatIsSubmitted:
    def test_a_transfer_that_the_state_holds_is_never_held_back(self) -> None:
        for status in Status:
            found = decided(wanted("db"), wanted("web", "db"), state=holding(web=status), stacks=[STAGING])
            assert "web" not in found.waits
            assert not found.refused

    def test_nor_is_one_whose_resource_holds_no_status(self) -> None:
        assert not decided(wanted("web"), state=StackState(tracked=[instance("web")]), stacks=[STAGING]).waits

    def test_the_same_request_under_way_is_adopted_and_takes_no_room_of_the_wave(self) -> None:
        found = decided(wanted("a"), wanted("b"), wanted("c"), under_way=[instance("a")], room=1)
        assert found.waits.keys() == {"c"}
        assert not decided(wanted("db"), wanted("web", "db"), under_way=[instance("web")]).waits

    def test_a_changed_request_after_a_failure_waits_and_its_resource_is_kept(self) -> None:
        state = holding(web=Status.REJECTED)
        found = decided(wanted("db"), wanted("web", "db", reason="other"), state=state)
        assert (set(found.waits), set(found.kept)) == ({"web"}, {"web"})
        in_wave = decided(wanted("db"), wanted("web", reason="other"), state=state, room=1)
        assert (in_wave.waits, set(in_wave.kept)) == ({"web": Wait(wave=20)}, {"web"})

    def test_a_changed_request_of_an_unfinished_transfer_is_refused_unless_it_has_ended_meanwhile(self) -> None:
        state = holding(web=Status.UNDER_REVIEW)
        handovers = [wanted("web", reason="other")]
        found = decided(*handovers, state=state, stacks=[STAGING])
        assert not found.waits
        (refusal,) = out_of_turn(handovers, found.refused, state)
        assert refusal == (
            "Could not change the request of web (i-web): its transfer would be cancelled, and the changed request has "
            "to wait. web waits for the stack staging, as its last run left it (unsettled there: db-01 (Approved)). "
            "Restore its request; to take it back, remove its declaration and run `pulumi up`, which cancels it for "
            "good."
        )
        assert out_of_turn(handovers, found.refused, holding(web=Status.REJECTED)) == []
        assert set(found.kept) == {"web"}

    def test_what_people_have_not_initiated_yet_is_not_submitted_by_another_channel_meanwhile(self) -> None:
        state = holding(web=Status.AWAITING_INITIATION)
        assert "web" in decided(wanted("web", channel="console"), state=state, stacks=[STAGING]).refused
        submitted = state.submitted[instance("web")]
        console = Transfer(**vars(submitted) | {"channel": "console"})
        same = StackState(submitted={instance("web"): console})
        assert not decided(wanted("web", channel="console"), state=same, stacks=[STAGING]).refused


class TestWaves:
    def test_the_first_by_name_of_those_in_turn_are_submitted(self) -> None:
        handovers = [wanted("c"), wanted("a", "c"), wanted("b"), wanted("d")]
        found = turns.waits_for(handovers, settings(waves=True, maxSubmissions=2), StackState())
        assert found == {
            "a": ["a waits for c, which has not arrived (not submitted)."],
            "d": ["d waits for the next wave: maxSubmissions is 2."],
        }

    def test_replaced_transfers_take_room_and_never_wait(self) -> None:
        handovers = [wanted("a"), wanted("b", reason="other")]
        state = holding(b=Status.UNDER_REVIEW)
        assert turns.waits_for(handovers, settings(waves=True, maxSubmissions=1), state).keys() == {"a"}
        assert decided(*handovers, state=state, room=-3).waits.keys() == {"a"}

    def test_without_waves_none_waits(self) -> None:
        assert turns.waits_for([wanted("a"), wanted("b")], settings(maxSubmissions=1), StackState()) == {}


class TestStacks:
    def test_all_wait_for_a_stack_that_is_not_settled(self) -> None:
        found = turns.waits_for([wanted("a"), wanted("b")], settings(), StackState(), stacks=[StackAhead("staging")])
        assert found == {
            name: [f"{name} waits for the stack staging, as its last run left it (it holds no handover yet)."]
            for name in ("a", "b")
        }


def test_all_that_waits_is_one_line_with_a_few_of_many_named() -> None:
    waits = {f"web-{number}": Wait([Ahead("db", Status.APPROVED)]) for number in range(8)}
    text = summary(waits | {"a": Wait(stacks=[STAGING]), "b": Wait(wave=20), "c": Wait(wave=20)})
    assert text == (
        "Not submitted in this run: 8 handovers wait for others of the stack: web-0 for db (Approved); "
        "web-1 for db (Approved); web-2 for db (Approved); web-3 for db (Approved); web-4 for db (Approved) and 3 "
        "more. "
        "1 handover waits for the stack staging, as its last run left it (unsettled there: db-01 (Approved)): a. "
        "2 more wait for the next wave: maxSubmissions is 20."
    )
    assert summary({}) is None


def test_names_of_a_program_that_are_unknown_or_circular_are_refused_by_what_is_known() -> None:
    web, db = wanted("web", "db", "bd\n", "web"), wanted("db", "web")
    known = {"web": web, "db": db}
    assert misnamed([web, db], known, every=True) == [
        "web: `after` names bd\\n, which is not declared. Correct it, or remove it.",
        "web: `after` names the handover itself. Remove it.",
        "db: `after` goes in a circle: db after web after db, so that none is ever submitted. Remove one of these.",
    ]
    (unknown,) = misnamed([db], {"db": db}, every=False)
    assert unknown == (
        "db: `after` names web, which is not declared before it. Correct it, or declare that handover first, or all at "
        "once by declare_handovers."
    )


def test_a_thousand_may_come_after_a_thousand() -> None:
    first = [wanted(f"a-{number}") for number in range(1000)]
    names = tuple(one.name for one in first)
    then = [wanted(f"b-{number}", *names) for number in range(1000)]
    found = turns.waits_for([*first, *then], settings(), StackState())
    assert found.keys() == {one.name for one in then}


class TestUnattended:
    def test_a_run_without_a_person_submits_and_adopts_nothing(self) -> None:
        found = decided(wanted("a"), wanted("b"), wanted("c", "b"), under_way=[instance("a")], unattended=True)
        assert [found.waits[name].person for name in "abc"] == [True, True, False]
        assert found.waits["a"].sentences("a") == [
            "a waits for a person's `pulumi up`: an unattended run submits nothing."
        ]
        assert (summary(found.waits) or "").endswith("2 handovers wait for a person's `pulumi up`: a, b.")

    def test_what_the_state_holds_goes_on_and_a_failed_one_is_kept_as_it_is(self) -> None:
        state = holding(a=Status.APPROVED, b=Status.REJECTED)
        found = decided(wanted("a"), wanted("b", reason="other"), state=state, room=1, unattended=True)
        assert (set(found.waits), set(found.kept), found.refused) == ({"b"}, {"b"}, {})
