"""What comes after what, by names: the cycles in it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping


def cycles(after: Mapping[str, Collection[str]]) -> list[list[str]]:
    """Names that come after each other, so that none can be first: of each such circle its names, in order.

    `after` names for each name those it comes after; names that are no keys come after nothing. A circle begins with
    the first of its names; circles that share a name with one that was found are left out.
    """
    found: list[list[str]] = []
    reported: set[str] = set()
    finished: set[str] = set()
    for start in sorted(after):
        path: dict[str, Iterator[str]] = {}  # The names on the way from the start, in order, with what is left of each.
        if start not in finished:
            path[start] = iter(sorted(after[start]))
        while path:
            name, others = next(reversed(path.items()))
            following = next(others, None)
            if following is None:
                finished.add(name)
                del path[name]
            elif following in path:
                if reported.isdisjoint((name, following)):
                    way = list(path)
                    found.append(_from_first(way[way.index(following) :]))
                    reported.update(found[-1])
            elif following not in finished and following in after:
                path[following] = iter(sorted(after[following]))
    return found


def spelled_out(cycle: list[str]) -> str:
    """A circle as a text: `db-01 after web-01 after db-01`."""
    return " after ".join([*cycle, cycle[0]])


def _from_first(cycle: list[str]) -> list[str]:
    start = cycle.index(min(cycle))
    return cycle[start:] + cycle[:start]
