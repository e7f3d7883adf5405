"""A receive window, as users declare it: `recreate.window` in a handover's file, the stack's setting `window`, and the
argument `window` of `Handover`.

window: { days: [sat, sun], from: "22:00", to: "04:00", time_zone: Asia/Shanghai }
window: always      in a handover's file: no window, whatever the stack's is

What it means is in `model/windows.py`.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping
from datetime import time
from difflib import get_close_matches
from importlib.resources import files
from typing import Annotated, Any, Literal

import tzdata
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from transfer_provider.inputs.fields import STRICT, each_once, invalid
from transfer_provider.model.windows import DAYS, ReceiveWindow

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def _days(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _time(value: Any) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise invalid('is a number, as which some programs read 22:00; put the time in quotes: "22:00"')
    return value


@functools.cache
def time_zones() -> frozenset[str]:
    """The names of all time zones: the same on every machine with this package, unlike the machine's own files."""
    return frozenset(files(tzdata).joinpath("zones").read_text("utf-8").split())


def _time_zone(value: Any) -> Any:
    if isinstance(value, str) and value not in time_zones():
        close = _closest(value, time_zones())
        what_to_do = f"did you mean {' or '.join(close)}? Give" if close else "give"
        raise invalid(
            f"is no time zone; {what_to_do} a name of the IANA time zone database, such as Asia/Shanghai, "
            "Europe/Berlin or UTC"
        )
    return value


def _closest(name: str, known: Collection[str]) -> list[str]:
    """The zones that a misspelt or shortened name may mean, at most three."""
    written = name.casefold().replace(" ", "_")
    places: dict[str, str] = {}
    for zone in sorted(known, reverse=True):
        places |= {zone.casefold(): zone, zone.casefold().rpartition("/")[2]: zone}
    found = get_close_matches(written[:100], places, n=3, cutoff=0.75)
    return list(dict.fromkeys(places[place] for place in found))


Time = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$"), BeforeValidator(_time)]


class Window(BaseModel):
    """When the recipient takes the instance; outside of it an approved one waits.

        Window(days=["sat", "sun"], from_="22:00", to="04:00", time_zone="Asia/Shanghai")
        Window.always()    no window, whatever the stack's is

    `days` are the days on which it opens, of mon to sun; `from_` and `to` are hh:mm in the time zone.
    """

    model_config = ConfigDict(**STRICT, populate_by_name=True)

    days: Annotated[tuple[Day, ...], Field(min_length=1), BeforeValidator(_days), each_once("a day")] = Field(
        description="a list of the days on which the window opens, of mon, tue, wed, thu, fri, sat and sun"
    )
    from_: Time = Field(
        validation_alias="from", description='the time at which it opens, hh:mm from 00:00 to 23:59, such as "22:00"'
    )
    to: Time = Field(
        description='the time at which it closes, hh:mm such as "04:00": on the day after where it is not later than '
        "from; the same time is a whole day"
    )
    time_zone: Annotated[str, BeforeValidator(_time_zone)] = Field(
        description="the time zone of both, a name of the IANA time zone database such as Asia/Shanghai"
    )

    @classmethod
    def always(cls) -> Window:
        """A window that never closes."""
        return cls(days=DAYS, from_="00:00", to="00:00", time_zone="UTC")

    @property
    def receive_window(self) -> ReceiveWindow:
        """What it means."""
        return ReceiveWindow(self.days, time.fromisoformat(self.from_), time.fromisoformat(self.to), self.time_zone)


def _spelled_out(value: Any) -> Any:
    """`always` is short for a window that never closes. Python's `from_` is no key of a file."""
    if isinstance(value, str):
        if value != "always":
            raise invalid("is malformed; give always, or a mapping of days, from, to and time_zone")
        return Window.always()
    if isinstance(value, Mapping) and "from_" in value:
        raise invalid("has a key from_; write from")
    return value


WindowEntry = Annotated[
    Window,
    BeforeValidator(_spelled_out),
    WithJsonSchema({"anyOf": [{"const": "always"}, Window.model_json_schema()]}),
]


def effective(own: Window | None, stack: Window | None) -> ReceiveWindow | None:
    """The window of a handover: its own, else the stack's; None: it is received as soon as it is approved."""
    window = own or stack
    return window.receive_window if window else None
