"""A receive window, as users declare it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from transfer_provider.inputs import manifest, settings
from transfer_provider.inputs.settings import Settings
from transfer_provider.inputs.window import Window, effective, time_zones
from transfer_provider.inputs.yaml_file import FilesRefused

STACK = Settings(region="cn-hangzhou", sourceAccount="1000000000000001", recipients=("1000000000000002",))
WEEKEND = Window(days=["sat", "sun"], from_="22:00", to="04:00", time_zone="Asia/Shanghai")
FILE = """\
instance_id: i-bp1web00000000000001
recipient_account_id: "1000000000000002"
accept_terms: true
recreate:
  vswitch_id: vsw-bp1orchid00000001
  security_groups: [sg-bp1orchid00000001]
"""


def declared(root: Path, window: str, more: str = "") -> manifest.Declared:
    (root / "web-01.yaml").write_text(f"{more}{FILE}  {window}\n")
    (handover,) = manifest.load_folder(root, root, STACK).handovers
    return handover


def problems(root: Path, window: str, more: str = "") -> list[str]:
    with pytest.raises(FilesRefused) as refused:
        declared(root, window, more)
    return [str(problem) for problem in refused.value.problems]


def of_stack(root: Path, text: str, value: str) -> Settings:
    """The settings of a stack file with this window, which Pulumi gives as JSON."""
    file = root / "Pulumi.prod.yaml"
    file.write_text(f"config:\n  p:region: cn-hangzhou\n{text}")
    given = {
        "p:region": "cn-hangzhou",
        "p:sourceAccount": "1000000000000001",
        "p:recipients": '["1000000000000002"]',
        "p:window": value,
    }
    return settings.read(given, "p", file, root)


@pytest.mark.parametrize("quote", ['"', "'", ""], ids=["double", "single", "none"])
def test_times_are_read_with_and_without_quotes(tmp_path: Path, quote: str) -> None:
    text = f"window: {{days: [sat, sun], from: {quote}22:00{quote}, to: {quote}04:00{quote}, time_zone: Asia/Shanghai}}"
    recreate = declared(tmp_path, text).recreate
    assert recreate is not None
    assert recreate.window == WEEKEND


def test_without_a_window_of_its_own_it_is_the_stacks_and_always_is_none(tmp_path: Path) -> None:
    assert effective(None, WEEKEND) == WEEKEND.receive_window
    assert effective(None, None) is None
    recreate = declared(tmp_path, "window: always").recreate
    assert recreate is not None
    assert recreate.window == Window.always()
    assert effective(recreate.window, WEEKEND) == Window.always().receive_window


def test_everything_wrong_is_reported_at_its_line_with_what_to_do(tmp_path: Path) -> None:
    text = """\
window:
    days: [sat, saturday]
    from: 1320
    to: 24:00
    time_zone: Asia/Shangai
    zone: CST"""
    found = problems(tmp_path, text)
    assert [problem.partition("; ")[0] for problem in found] == [
        "web-01.yaml:8: recreate.window.days: is malformed",
        "web-01.yaml:9: recreate.window.from: is a number, as which some programs read 22:00",
        "web-01.yaml:10: recreate.window.to: is malformed",
        "web-01.yaml:11: recreate.window.time_zone: is no time zone",
        "web-01.yaml:12: recreate.window.zone: is not a key here",
    ]
    assert "did you mean Asia/Shanghai" in found[3]
    assert found[4].endswith("did you mean time_zone? Allowed: days, from, to, time_zone")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("window: none", "7: recreate.window: is malformed; give always, or a mapping of days, from, to and time_zone"),
        ("window:", "7: recreate.window: is empty; give "),
        ("window: [sat]", "7: recreate.window: has the wrong type; give "),
        ("window: {}", "7: recreate.window.days: is missing; give a list of the days"),
        ("window: {from_: '22:00'}", "7: recreate.window: has a key from_; write from"),
        ("window: {days: []}", "7: recreate.window.days: is malformed; give a list of the days"),
        ("window: {days: [sat, sat]}", "7: recreate.window.days: names a day twice"),
        ("window: {days: sat}", "7: recreate.window.days: has the wrong type"),
        ("window: {to: 4:00}", "7: recreate.window.to: is malformed; give the time at which it closes"),
        ("window: {to: }", "7: recreate.window.to: is empty; give the time at which it closes"),
        ("windows: {}", "7: recreate.windows: is not a key here; did you mean window?"),
    ],
)
def test_a_window_that_is_no_window_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    assert any(found.startswith(f"web-01.yaml:{problem}") for found in problems(tmp_path, text))


@pytest.mark.parametrize(
    "name", ["", "Beijing", "CST", "+08:00", "../../etc/passwd", "localtime", "posixrules", "asia/shanghai", "Asia"]
)
def test_only_names_of_the_time_zone_database_are_time_zones(tmp_path: Path, name: str) -> None:
    text = f'window: {{days: [sat], from: "22:00", to: "04:00", time_zone: "{name}"}}'
    (found,) = problems(tmp_path, text)
    assert "time_zone: is no time zone; " in found
    assert "a name of the IANA time zone database" in found


@pytest.mark.parametrize(("name", "meant"), [("Shanghai", "Asia/Shanghai"), ("new york", "America/New_York")])
def test_a_time_zone_is_found_by_its_place(tmp_path: Path, name: str, meant: str) -> None:
    (found,) = problems(tmp_path, f'window: {{days: [sat], from: "22:00", to: "04:00", time_zone: {name}}}')
    assert f"did you mean {meant}? " in found


@pytest.mark.parametrize("zone", sorted(time_zones()))
def test_every_time_zone_can_be_used(zone: str) -> None:
    window = Window(days=["mon"], from_="22:00", to="04:00", time_zone=zone).receive_window
    assert window.shown(window.opening(datetime(2027, 3, 1, tzinfo=UTC)).opens).endswith(zone)


def test_in_the_console_people_accept_so_a_window_there_is_refused(tmp_path: Path) -> None:
    for window in ("always", '{days: [sat], from: "22:00", to: "04:00", time_zone: UTC}'):
        (found,) = problems(tmp_path, f"window: {window}", "channel: console\n")
        assert found.startswith("web-01.yaml:8: recreate.window: has no effect with channel: console")


def test_the_stacks_window_is_read_from_the_json_that_pulumi_gives(tmp_path: Path) -> None:
    value = '{"days": ["sat", "sun"], "from": "22:00", "to": "04:00", "time_zone": "Asia/Shanghai"}'
    assert of_stack(tmp_path, "", value).window == WEEKEND
    assert of_stack(tmp_path, "", "{}").window is None
    assert STACK.window is None


def test_the_problems_of_the_stacks_window_carry_the_line_of_their_key(tmp_path: Path) -> None:
    text = "  p:window:\n    days: [sat]\n    from: 22\n    to: '04:00'\n    time_zone: Berlin\n"
    value = '{"days": ["sat"], "from": 22, "to": "04:00", "time_zone": "Berlin"}'
    with pytest.raises(FilesRefused) as refused:
        of_stack(tmp_path, text, value)
    assert [str(problem).partition("; ")[0] for problem in refused.value.problems] == [
        "Pulumi.prod.yaml:5: p:window.from: is a number, as which some programs read 22:00",
        "Pulumi.prod.yaml:7: p:window.time_zone: is no time zone",
    ]


@pytest.mark.parametrize("value", ["", "null", "always", '"always"', "[]", "5", '{"\\ud800": 1}', "[" * 5000])
def test_a_setting_that_is_no_window_is_refused(tmp_path: Path, value: str) -> None:
    with pytest.raises(FilesRefused, match=r"p:window: .*; give a mapping of days, from, to and time_zone"):
        of_stack(tmp_path, "", value)
