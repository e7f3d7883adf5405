"""A call as the handlers of actions see it, and what a product's table of actions is made of."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.actions import answers
from sandbox.models.errors import ApiError, invalid, missing
from sandbox.models.world import Account, Profile
from sandbox.state.cloud import CloudState

MOST_IDS = 100

Answer = Mapping[str, Any]


@dataclass(frozen=True)
class Call:
    """A call that was let in: who makes it, with which parameters, on what."""

    cloud: CloudState
    account: Account
    profile: Profile
    parameters: Mapping[str, str]

    def text(self, name: str) -> str | None:
        """A parameter, or None where it is missing or empty."""
        return self.parameters.get(name) or None

    def required(self, name: str) -> str:
        """A parameter that has to be there."""
        value = self.text(name)
        if value is None:
            raise missing(name)
        return value

    def region(self) -> str:
        """RegionId, which has to be a region of this world."""
        self.required("RegionId")
        return str(self.region_if_given())

    def region_if_given(self) -> str | None:
        """The same where it need not be there; without it a thing may be in any region."""
        region = self.text("RegionId")
        if region is not None and region not in self.cloud.world.regions:
            raise ApiError(404, "InvalidRegionId.NotFound", "The specified RegionId does not exist.")
        return region

    def number(self, name: str, *, default: int, lowest: int = 1, highest: int | None = None) -> int:
        """A whole number within its bounds."""
        value = self.text(name)
        if value is None:
            return default
        if not re.fullmatch(r"[0-9]{1,9}", value) or int(value) < lowest:
            raise invalid(name, f"has to be a number of at least {lowest}")
        if highest is not None and int(value) > highest:
            raise invalid(name, f"has to be a number of at most {highest}")
        return int(value)

    def flag(self, name: str) -> bool:
        """`true` or `false`; false where it is missing."""
        value = (self.text(name) or "false").lower()
        if value not in ("true", "false"):
            raise invalid(name, "has to be true or false")
        return value == "true"

    def ids(self, name: str, *, malformed: str = "InvalidParameter") -> frozenset[str] | None:
        """A JSON array of ids, or None where it is missing. An empty array is a filter that nothing passes."""
        value = self.text(name)
        if value is None:
            return None
        try:
            ids = json.loads(value)
        except ValueError:
            ids = None
        if not isinstance(ids, list) or not all(isinstance(entry, str) for entry in ids):
            raise invalid(name, "has to be a JSON array of ids", code=malformed)
        if len(ids) > MOST_IDS:
            raise invalid(name, f"has more than {MOST_IDS} ids", code=f"InvalidParameter.{name}")
        return frozenset(ids)

    def choice(self, name: str, values: Sequence[str], *, code: str = "InvalidParameter") -> str | None:
        """One of these values, in whatever case it is written; None where it is missing."""
        given = self.text(name)
        if given is None:
            return None
        for value in values:
            if value.lower() == given.lower():
                return value
        raise invalid(name, f"has to be one of {', '.join(values)}", code=code)

    def comma_separated(self, name: str, *, most: int) -> frozenset[str] | None:
        """Ids with commas between, or None where it is missing."""
        value = self.text(name)
        if value is None:
            return None
        ids = frozenset(value.split(","))
        if len(ids) > most:
            raise invalid(name, f"has more than {most} ids")
        return ids

    def numbered(self, name: str, *, most: int) -> tuple[str, ...]:
        """`Name.1`, `Name.2`, … in their order."""
        found = self._by_position(name, r"()", most)
        return tuple(fields[""] for fields in found)

    def entries(self, name: str, *, most: int) -> tuple[Mapping[str, str], ...]:
        """`Name.1.Field`, `Name.1.Other`, `Name.2.Field`, …: the fields of each, in their order."""
        return self._by_position(name, r"\.(\w+)", most)

    def _by_position(self, name: str, rest: str, most: int) -> tuple[Mapping[str, str], ...]:
        found: dict[int, dict[str, str]] = {}
        for key, value in self.parameters.items():
            read = re.fullmatch(rf"{re.escape(name)}\.([0-9]+){rest}", key)
            if read:
                found.setdefault(int(read[1]), {})[read[2]] = value
        if any(position < 1 or position > most for position in found):
            raise invalid(f"{name}.N", f"takes N from 1 to {most}")
        return tuple(fields for _, fields in sorted(found.items()))


@dataclass(frozen=True)
class Action:
    """An action: its name, its handler, and the parameters that it heeds. `Name.N` stands for `Name.1`, `Name.2`, …"""

    name: str
    handler: Callable[[Call], Answer]
    parameters: tuple[str, ...]

    def refuse_unknown(self, parameters: Mapping[str, str]) -> None:
        """Raises 400 for a parameter the handler does not heed: ignoring a filter would answer wrongly."""
        for given, value in parameters.items():
            name = re.sub(r"\.[0-9]+", ".N", given)
            # Clients send a RegionId with every call, and blanks for what they leave open.
            if value and name not in self.parameters and name != "RegionId":
                raise ApiError(
                    400, f"InvalidParameter.{given}", f"The sandbox does not implement the parameter {given}."
                )


@dataclass(frozen=True)
class Product:
    """A product of Alibaba Cloud: what it is called, its API version, its actions."""

    name: str
    version: str
    actions: tuple[Action, ...]

    def answer(self, action: Action, call: Call) -> Answer:
        """What an action of the product answers, with every field published of it. Raises ApiError."""
        return answers.complete(self.name, action.name, action.handler(call))


def seconds(time: datetime | None) -> str | None:
    """A time as most APIs write it: `YYYY-MM-DDThh:mm:ssZ`."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ") if time else None


def minutes(time: datetime) -> str:
    """A time as DescribeInstances writes it: `YYYY-MM-DDThh:mmZ`."""
    return time.strftime("%Y-%m-%dT%H:%MZ")
