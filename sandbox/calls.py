"""A call as the handlers of actions see it, and what a product's table of actions is made of."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.errors import ApiError, invalid, missing
from sandbox.state import CloudState
from sandbox.world import Account, Profile

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
        region = self.required("RegionId")
        if region not in self.cloud.world.regions:
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
        if not isinstance(ids, list) or not all(isinstance(one, str) for one in ids):
            raise invalid(name, "has to be a JSON array of ids", code=malformed)
        if len(ids) > MOST_IDS:
            raise invalid(name, f"has more than {MOST_IDS} ids", code=f"InvalidParameter.{name}")
        return frozenset(ids)

    def numbered(self, name: str, *, most: int) -> tuple[str, ...]:
        """`Name.1`, `Name.2`, … in their order."""
        found = {
            int(key.removeprefix(f"{name}.")): value
            for key, value in self.parameters.items()
            if re.fullmatch(rf"{re.escape(name)}\.[0-9]+", key)
        }
        if any(position < 1 or position > most for position in found):
            raise invalid(f"{name}.N", f"takes N from 1 to {most}")
        return tuple(value for _, value in sorted(found.items()))


@dataclass(frozen=True)
class Action:
    """An action: its name, its handler, and the parameters that it heeds. `Name.N` stands for `Name.1`, `Name.2`, …"""

    name: str
    handler: Callable[[Call], Answer]
    parameters: tuple[str, ...]

    def refuse_unknown(self, parameters: Mapping[str, str]) -> None:
        """Raises 400 for a parameter the handler does not heed: ignoring a filter would answer wrongly."""
        for given in parameters:
            name = re.sub(r"\.[0-9]+", ".N", given)
            # Clients send a RegionId with every call.
            if name not in self.parameters and name != "RegionId":
                raise ApiError(
                    400, f"InvalidParameter.{given}", f"The sandbox does not implement the parameter {given}."
                )


@dataclass(frozen=True)
class Product:
    """A product of Alibaba Cloud: what it is called, its API version, its actions."""

    name: str
    version: str
    actions: tuple[Action, ...]


def seconds(time: datetime | None) -> str | None:
    """A time as most APIs write it: `YYYY-MM-DDThh:mm:ssZ`."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ") if time else None


def minutes(time: datetime) -> str:
    """A time as DescribeInstances writes it: `YYYY-MM-DDThh:mmZ`."""
    return time.strftime("%Y-%m-%dT%H:%MZ")
