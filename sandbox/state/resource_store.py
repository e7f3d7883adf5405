"""What accounts own of one kind of thing, in the order in which it came."""

from __future__ import annotations

from typing import Generic, Protocol, TypeVar


class Thing(Protocol):
    """Something with an id, in a region."""

    @property
    def id(self) -> str: ...

    @property
    def region(self) -> str: ...


T = TypeVar("T", bound=Thing)


class ResourceStore(Generic[T]):
    """Things by id, each with its owner and a place in listings that never changes. Used under the cloud's lock."""

    def __init__(self) -> None:
        self._things: dict[str, T] = {}
        self._owners: dict[str, str] = {}
        self._places: dict[str, int] = {}
        self._last = 0

    def add(self, owner: str, thing: T) -> None:
        """Put in something new."""
        self._last += 1
        self._things[thing.id] = thing
        self._owners[thing.id] = owner
        self._places[thing.id] = self._last

    def put(self, thing: T) -> None:
        """Put in what has become of a thing; KeyError where there is none with its id."""
        if thing.id not in self._things:
            raise KeyError(thing.id)
        self._things[thing.id] = thing

    def remove(self, thing_id: str) -> None:
        """Take a thing away; KeyError where there is none."""
        for kept in (self._things, self._owners, self._places):
            del kept[thing_id]

    def get(self, thing_id: str, owner: str, region: str | None = None) -> T | None:
        """The thing, where the account owns it and it is in the region. Without a region it may be in any."""
        thing = self._things.get(thing_id)
        if thing is None or self._owners[thing_id] != owner or region not in (None, thing.region):
            return None
        return thing

    def owner_of(self, thing_id: str) -> str:
        """The account that owns the thing; KeyError where there is none."""
        return self._owners[thing_id]

    def of(self, owner: str, region: str | None = None) -> list[T]:
        """All that the account owns, in the region or in all, oldest first."""
        return [
            thing
            for thing in self._things.values()
            if self._owners[thing.id] == owner and region in (None, thing.region)
        ]

    def everything(self) -> list[T]:
        """All that anybody owns, oldest first."""
        return list(self._things.values())

    def place(self, thing: T) -> int:
        """Where it stands in listings."""
        return self._places[thing.id]
